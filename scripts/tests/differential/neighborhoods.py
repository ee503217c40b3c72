"""Grouped points, their nearest neighbors, and how many of these an embedding keeps."""

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from .lloyd import squared_distances

# Neighbors by which embeddings are compared.
NEAREST = 10


def blobs(case, k, d, each, bits=10, separation=None):
    """Whole numbers (n, d) in k groups, and the group of each."""
    rng = case.rng
    centers = rng.normal(size=(k, d)) * (separation or rng.choice([1.0, 3.0]))
    groups = rng.permutation(np.arange(k * each) % k)
    values = centers[groups] + 0.15 * rng.normal(size=(k * each, d))
    return np.round(values / np.abs(values).max() * (2.0**bits - 1)), groups


def nearest(points, count, cosine=False):
    """The `count` nearest others of each point (n, count), and all distances."""
    if cosine:
        lengths = np.sqrt((points**2).sum(axis=1, keepdims=True))
        unit = points / np.where(lengths > 0, lengths, 1)
        distances = 1 - unit @ unit.T
    else:
        distances = squared_distances(points, points)
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :count], distances


def recall(points, embedding, cosine=False):
    """Share of the nearest others of each point, (n,), that are as near in the embedding as in the
    points."""
    near, distances = nearest(points, NEAREST, cosine)
    found, _ = nearest(embedding.astype("f8"), NEAREST)
    # Equally near ones are as good.
    limit = np.take_along_axis(distances, near[:, -1:], axis=1) * (1 + 1e-9) + 1e-12
    return (np.take_along_axis(distances, found, axis=1) <= limit).mean(axis=1)


def span(embedding):
    return float((embedding.max(axis=0) - embedding.min(axis=0)).max())


def components(distances, k):
    """Least and most parts that the graph of the k nearest may have, as far as rounding in f32 can
    tell who is nearest."""
    kth = np.partition(distances, k - 1, axis=1)[:, k - 1 : k]
    close = 1e-4 * distances[np.isfinite(distances)].max() * 1e-2
    parts = [
        connected_components(csr_matrix(distances <= limit), directed=False)[0]
        for limit in (kth + close, kth - close)
    ]
    return min(parts), max(parts)
