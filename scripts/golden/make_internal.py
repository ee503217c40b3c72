#!/usr/bin/env python3
"""Writes the golden scores without labels of the crate metrics, by scikit-learn and SciPy.

    python scripts/golden/make_internal.py

Writes crates/libraries/metrics/tests/golden/internal.json. Needs scikit-learn, which brings SciPy
and NumPy. The committed file names the versions that made it. Noise (-1) is left out before
scikit-learn sees the points, since it would take it for a cluster: the list `each` has a silhouette
for each of the other points.
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.stats import spearmanr
from sklearn.metrics import (
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_samples,
    silhouette_score,
)

GOLDEN = Path(__file__).parents[2] / "crates/libraries/metrics/tests/golden/internal.json"


def formula(n):
    """Returns n points (n, 3) in three clusters that overlap, and their clusters.

    They are whole numbers of a formula, so that the tests make them again instead of reading them.
    """
    i, j = np.arange(n)[:, None], np.arange(3)
    points = (i * (37 + 22 * j) + 11 * j) % 101 + 60 * (i % 3 == j)
    return points.astype(float), np.arange(n) % 3


def silhouette(name, points, assignments):
    clustered = assignments >= 0
    return {
        "name": name,
        "points": points.tolist(),
        "assignments": assignments.tolist(),
        "expected": float(silhouette_score(points[clustered], assignments[clustered])),
        "each": silhouette_samples(points[clustered], assignments[clustered]).tolist(),
        "davies_bouldin": float(davies_bouldin_score(points[clustered], assignments[clustered])),
        "calinski_harabasz": float(
            calinski_harabasz_score(points[clustered], assignments[clustered])
        ),
    }


def silhouettes(rng):
    centers = rng.normal(scale=4, size=(5, 4))
    assignments = rng.integers(5, size=300)
    points = centers[assignments] + rng.normal(size=(300, 4))
    yield silhouette("blobs", points.round(6), assignments)
    yield silhouette(
        "gaps in ids", points[:60].round(6), np.array([0, 7, 10**12, 3, 2**40])[assignments[:60]]
    )
    yield silhouette(
        "noise", points[:80].round(6), np.where(rng.random(80) < 0.3, -1, assignments[:80])
    )
    yield silhouette("no structure", rng.random((90, 2)).round(6), rng.integers(4, size=90))
    alone = np.array([0, 0, 0, 1, 2, 2, 2, 2, 3, 0])
    yield silhouette("points alone", rng.normal(size=(10, 17)).round(6), alone)
    yield silhouette("gray levels", rng.integers(256, size=(40, 20)), rng.integers(3, size=40))


def correlations(rng):
    for n, ties in [(4, False), (12, False), (40, True), (60, False)]:
        x = rng.normal(size=n)
        y = x + rng.normal(scale=1.5, size=n)
        if ties:
            x, y = x.round(), y.round()
        found = spearmanr(x, y)
        yield {
            "x": x.round(6).tolist(),
            "y": y.round(6).tolist(),
            "rho": float(found.statistic),
            "p": float(found.pvalue),
        }


def main():
    rng = np.random.default_rng(0)
    points, assignments = formula(6_000)
    golden = {
        "made_with": {
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "silhouettes": list(silhouettes(rng)),
        "formula": {"n": len(points), "expected": float(silhouette_score(points, assignments))},
        "correlations": list(correlations(rng)),
    }
    GOLDEN.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
