#!/usr/bin/env python3
"""Writes the golden scores against labels of the crate metrics, by Python libraries.

    python scripts/golden/make_metrics.py

Writes crates/libraries/metrics/tests/golden/scores.json. Needs scikit-learn, which brings SciPy and
NumPy. The committed file names the versions that made it; the same versions make the same file
again.

Each case is a table of counts, since no score depends on the order of the points: row i holds the
points of class `classes[i]`, column j those of cluster `clusters[j]`; cluster -1 is noise.
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    completeness_score,
    fowlkes_mallows_score,
    homogeneity_score,
    normalized_mutual_info_score,
    v_measure_score,
)

GOLDEN = Path(__file__).parents[2] / "crates/libraries/metrics/tests/golden/scores.json"
NOISE = -1

# Two confusion matrices of S. Tella, "Cluster Analysis on Fashion-MNIST Dataset using Unsupervised
# Learning" (rows: true class), read as tables of classes against clusters. The report gives their
# purity, as accuracy.
REPORT_KMEANS = [
    [4271, 374, 49, 1118, 31, 0, 0, 15, 135, 7],
    [41, 5699, 0, 109, 116, 0, 0, 28, 4, 3],
    [278, 23, 3008, 139, 2422, 0, 0, 6, 118, 6],
    [184, 3157, 36, 2524, 42, 0, 0, 21, 32, 4],
    [37, 29, 1443, 1293, 2936, 0, 0, 4, 252, 6],
    [13, 19, 69, 0, 4, 0, 0, 2744, 39, 3112],
    [1422, 125, 2484, 874, 816, 0, 0, 10, 254, 15],
    [0, 0, 0, 0, 0, 0, 0, 4676, 8, 1316],
    [140, 78, 2, 41, 24, 0, 0, 77, 5553, 85],
    [0, 5, 0, 1, 0, 0, 0, 55, 20, 5919],
]
REPORT_GMM = [
    [4699, 373, 123, 607, 36, 3, 0, 1, 157, 1],
    [137, 5660, 8, 84, 103, 0, 0, 4, 4, 0],
    [168, 7, 3545, 126, 2087, 0, 0, 1, 66, 0],
    [493, 2820, 63, 2516, 50, 1, 0, 1, 56, 0],
    [86, 15, 1165, 1163, 3542, 0, 0, 0, 29, 0],
    [25, 0, 25, 1, 10, 2250, 0, 2449, 32, 1208],
    [1525, 172, 2783, 535, 774, 0, 0, 1, 209, 1],
    [1, 0, 0, 0, 0, 1366, 0, 4552, 21, 60],
    [144, 52, 52, 28, 43, 17, 0, 16, 5643, 5],
    [5, 0, 5, 5, 4, 2114, 0, 45, 14, 3808],
]


def expand(classes, clusters, counts):
    """Returns labels (n,) and assignments (n,) with a given table of counts."""
    counts = np.asarray(counts).ravel()
    labels = np.repeat(np.repeat(classes, len(clusters)), counts)
    assignments = np.repeat(np.tile(clusters, len(classes)), counts)
    return labels, assignments


def scores(classes, clusters, counts):
    """Returns the scores of a table of counts by the Python libraries.

    Purity and ACC leave the column of noise out but not its points.
    """
    labels, assignments = expand(classes, clusters, counts)
    proper = np.asarray(counts)[:, np.asarray(clusters) != NOISE]
    rows, columns = linear_sum_assignment(proper, maximize=True)
    return {
        "purity": float(proper.max(axis=0).sum() / len(labels)),
        "acc": float(proper[rows, columns].sum() / len(labels)),
        "nmi": float(normalized_mutual_info_score(labels, assignments)),
        "ami": float(adjusted_mutual_info_score(labels, assignments)),
        "ari": float(adjusted_rand_score(labels, assignments)),
        "homogeneity": float(homogeneity_score(labels, assignments)),
        "completeness": float(completeness_score(labels, assignments)),
        "v_measure": float(v_measure_score(labels, assignments)),
        "fowlkes_mallows": float(fowlkes_mallows_score(labels, assignments)),
    }


def case(name, counts, classes=None, clusters=None):
    counts = np.asarray(counts)
    classes = list(range(counts.shape[0])) if classes is None else classes
    clusters = list(range(counts.shape[1])) if clusters is None else clusters
    return {
        "name": name,
        "classes": classes,
        "clusters": clusters,
        "counts": counts.tolist(),
        "expected": scores(classes, clusters, counts),
    }


def random_table(rng, n, k_classes, k_clusters, strength):
    """Draws a table of n points.

    The larger `strength`, the more a class keeps to its own clusters (0: independent).
    """
    class_shares = rng.dirichlet(np.full(k_classes, 5.0))[:, None]
    shares = class_shares * np.exp(strength * rng.random((k_classes, k_clusters)))
    return rng.multinomial(n, (shares / shares.sum()).ravel()).reshape(k_classes, k_clusters)


def cases(rng):
    yield case("report, autoencoder and k-means", REPORT_KMEANS)
    yield case("report, autoencoder and GMM", REPORT_GMM)

    yield case("independent, n 60000", random_table(rng, 60_000, 10, 10, 0.0))
    yield case("related, n 60000", random_table(rng, 60_000, 10, 10, 6.0))
    yield case("fewer clusters than classes", random_table(rng, 60_000, 10, 4, 5.0))
    yield case("more clusters than classes", random_table(rng, 60_000, 10, 37, 5.0))
    yield case("many clusters, independent", random_table(rng, 60_000, 10, 150, 0.0))
    yield case("many classes and clusters, few points", random_table(rng, 300, 25, 30, 4.0))
    yield case("two by two, small", [[3, 1], [2, 5]])
    yield case("worse than chance", [[1, 9], [9, 1], [5, 5]])

    gaps = random_table(rng, 5_000, 4, 5, 4.0)
    yield case("gaps in ids", gaps, classes=[1, 5, 6, 1_000], clusters=[0, 3, 10**6, 10**12, 2**62])
    yield case("noise", random_table(rng, 60_000, 10, 13, 5.0), clusters=[NOISE, *range(12)])
    yield case("noise above all", [[50, 9, 0], [40, 0, 8]], clusters=[NOISE, 0, 1])
    yield case("noise alone", [[5], [7], [1]], clusters=[NOISE])

    yield case("single cluster", [[30], [20], [10]])
    yield case("single class", [[30, 20, 10]])
    yield case("single class in a single cluster", [[12]])
    yield case("one point", [[1]])
    yield case("perfect, other ids", [[0, 0, 40], [25, 0, 0], [0, 31, 0]])
    yield case("every point a cluster", np.kron(np.eye(3, dtype=int), np.ones((1, 15), dtype=int)))
    yield case("every point a class", np.kron(np.eye(3, dtype=int), np.ones((15, 1), dtype=int)))
    yield case("every point a class and a cluster", np.eye(30, dtype=int))


def main():
    lines = ",\n".join(json.dumps(each) for each in cases(np.random.default_rng(0)))
    made_with = {
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN.write_text(f'{{"made_with": {json.dumps(made_with)},\n"cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
