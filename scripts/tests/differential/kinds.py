"""The kinds of cases, and how many of each the short form draws."""

from . import codes, embedding, images, kmeans, kmeans_given
from . import mixtures, mixtures_given, scores, votes

KINDS = {
    "kmeans-given": (kmeans_given.given_centroids, 150),
    "kmeans-predict": (kmeans.predict, 60),
    "kmeans-starts": (kmeans.own_starts, 60),
    "kmeans-batches": (kmeans.batches, 30),
    "kmeans-select": (kmeans.selection, 30),
    "gmm-given": (mixtures_given.given, 90),
    "gmm-predict": (mixtures.predict, 80),
    "gmm-starts": (mixtures.own_starts, 30),
    "scores-labels": (scores.with_labels, 100),
    "scores-points": (scores.without_labels, 90),
    "scores-many": (scores.of_many_points, 4),
    "consensus": (votes.agreeing, 60),
    "scattering-components": (images.components, 30),
    "scattering-scales": (images.scaled, 30),
    "encode": (codes.encoded, 16),
    "umap-anywhere": (embedding.anywhere, 20),
    "umap-transform": (embedding.new_points, 20),
    "umap-hubs": (embedding.hubs, 30),
    "umap-cosine": (embedding.angles, 20),
}
