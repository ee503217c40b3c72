#!/usr/bin/env python3
"""Writes distances of points to centroids, and cosine distances, by scikit-learn.

    python scripts/golden/make_distances.py

Writes crates/libraries/clustering/tests/golden/distances.json, with scikit-learn 1.9.1 and numpy,
from the points and the fits of scripts/golden/make_clustering.py. `euclidean` is KMeans.transform
of a fit that begins with the centroids of the case "converged" and moves them no more; `cosine` is
cosine_distances to the same centroids. Both are of every tenth point of iris, and of every
hundredth of the others.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.metrics.pairwise import cosine_distances

GOLDEN = (
    Path(__file__).resolve().parents[2] / "crates" / "libraries" / "clustering" / "tests" / "golden"
)


def distances(fit):
    """Returns the distances of some points to the centroids of a fit of `golden.json`."""
    name = fit["points"]
    points = np.load(GOLDEN / f"{name}.npy").astype(np.float64)
    centroids = np.array(fit["cases"]["converged"]["centroids"])
    model = KMeans(len(centroids), init=centroids, n_init=1).fit(centroids)
    # The fit to the centroids themselves leaves these as they are, up to their order.
    order = model.predict(centroids)
    step = 10 if name == "iris" else 100
    return {
        "points": name,
        "step": step,
        "centroids": centroids.tolist(),
        "euclidean": model.transform(points[::step])[:, order].tolist(),
        "cosine": cosine_distances(points[::step], centroids).tolist(),
    }


def main():
    fits = json.loads((GOLDEN / "golden.json").read_text())["kmeans"]
    golden = {"scikit-learn": sklearn.__version__, "cases": [distances(fit) for fit in fits]}
    text = json.dumps(golden, separators=(",", ":"))
    (GOLDEN / "distances.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
