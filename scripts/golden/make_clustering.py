#!/usr/bin/env python3
"""Writes the golden files of crates/libraries/clustering/tests/golden/ with scikit-learn.

    python3 scripts/golden/make_clustering.py

Made with scikit-learn 1.9.1 and numpy; run again only to change what is tested. Arrays of points
are .npy, everything expected of them is .json (floats with all their digits).
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris, make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise_distances_argmin, silhouette_score
from sklearn.mixture import GaussianMixture

GOLDEN = (
    Path(__file__).resolve().parents[2] / "crates" / "libraries" / "clustering" / "tests" / "golden"
)
COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")


class MixtureFromLabels(GaussianMixture):
    """A mixture that starts from hard assignments to the nearest of `starting_means`."""

    starting_means = None

    def _initialize_parameters(self, X, random_state, xp=None):
        responsibilities = np.eye(self.n_components)[
            pairwise_distances_argmin(X, self.starting_means)
        ]
        self._initialize(X, responsibilities)


def save(name, points):
    np.save(GOLDEN / f"{name}.npy", points)
    return points.astype(np.float64)


def kmeans_case(points, initial, **params):
    """Returns the result of k-means on `points` from the centroids `initial`."""
    params = {"max_iter": 350, "tol": 1e-10} | params
    fit = KMeans(len(initial), init=initial, n_init=1, **params).fit(points)
    return params | {
        "initial": initial.tolist(),
        "centroids": fit.cluster_centers_.tolist(),
        "assignments": fit.labels_.tolist(),
        "inertia": fit.inertia_,
        "iterations": fit.n_iter_,
    }


def silhouettes(points, cases):
    """Returns the mean silhouette of the assignments of each case."""
    return {name: silhouette_score(points, case["assignments"]) for name, case in cases.items()}


def kmeans_cases(name, points, k):
    rng = np.random.default_rng(0)
    # Not the points themselves: iris and digits are measured so coarsely that many points lie
    # exactly between two others.
    initial = points[rng.choice(len(points), k, replace=False)] + rng.normal(
        scale=1e-2, size=(k, points.shape[1])
    )
    far = initial.copy()
    far[1] += 1e3  # nothing is near: empty after the first assignment
    far[3] -= 1e3
    cases = {
        "converged": kmeans_case(points, initial),
        "loose tolerance": kmeans_case(points, initial, tol=1e-2),
        "cut short": kmeans_case(points, initial, max_iter=3),
        "empty clusters": kmeans_case(points, far),
    }
    return {
        "points": name,
        "best_of_10": KMeans(k, n_init=10, tol=1e-10, max_iter=350, random_state=0)
        .fit(points)
        .inertia_,
        "cases": cases,
        "silhouettes": silhouettes(points, cases),
    }


def gmm_case(points, means, covariance_type, iterations):
    """Returns the parameters after so many iterations from hard assignments to `means`."""
    mixture = MixtureFromLabels(
        len(means), covariance_type=covariance_type, tol=0.0, max_iter=iterations
    )
    mixture.starting_means = means
    mixture.fit(points)
    assert mixture.n_iter_ == iterations
    return {
        "weights": mixture.weights_.tolist(),
        "means": mixture.means_.tolist(),
        "covariances": mixture.covariances_.ravel().tolist(),
        "log_likelihood": mixture.score(points),
        "bic": mixture.bic(points),
        "aic": mixture.aic(points),
        "assignments": mixture.predict(points).tolist(),
    }


def gmm_cases(name, points, k):
    means = points[np.random.default_rng(1).choice(len(points), k, replace=False)]
    best = {
        kind: GaussianMixture(
            k, covariance_type=kind, n_init=10, tol=1e-6, max_iter=500, random_state=0
        )
        .fit(points)
        .score(points)
        for kind in COVARIANCE_TYPES
    }
    cases = {
        kind: {
            str(iterations): gmm_case(points, means, kind, iterations) for iterations in (1, 5, 20)
        }
        for kind in COVARIANCE_TYPES
    }
    return {"points": name, "means": means.tolist(), "best_of_10": best, "cases": cases}


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    GOLDEN.mkdir(parents=True, exist_ok=True)
    blobs, _ = make_blobs(500, 5, centers=6, cluster_std=3.0, center_box=(-10, 10), random_state=0)
    blobs = save("blobs", blobs)
    iris = save("iris", load_iris().data)
    digits = save("digits", load_digits().data.astype(np.uint8))
    golden = {
        "scikit-learn": sklearn.__version__,
        "kmeans": [
            kmeans_cases("blobs", blobs, 6),
            kmeans_cases("iris", iris, 4),
            kmeans_cases("digits", digits, 10),
        ],
        "gmm": [gmm_cases("blobs", blobs, 4), gmm_cases("iris", iris, 3)],
    }
    (GOLDEN / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
