#!/usr/bin/env python3
"""Writes scikit-learn's local outlier factors, for the tests of the crate neighborhoods.

    python scripts/golden/make_neighborhoods.py

Writes crates/libraries/neighborhoods/tests/golden/local_outlier_factor.json. The file names the
version of scikit-learn that made it. Factors are `-negative_outlier_factor_` of
`LocalOutlierFactor` with the algorithm brute. Points are rounded to multiples of 1/1024, which
single precision holds.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.neighbors import LocalOutlierFactor

GOLDEN = (
    Path(__file__).parents[2]
    / "crates/libraries/neighborhoods/tests/golden/local_outlier_factor.json"
)


def drawn(seed, n, d):
    return np.random.default_rng(seed).standard_normal((n, d))


def clusters():
    """Two clusters of unequal density, and three points of neither."""
    far = np.array([[9.0, 9.0, 9.0], [-7.0, 3.0, 0.0], [1.5, 1.5, 1.5]])
    return np.concatenate([drawn(1, 60, 3), 0.1 * drawn(2, 60, 3) + 3, far])


def case(name, points, n_neighbors, metric="euclidean"):
    points = np.round(points * 1024) / 1024
    model = LocalOutlierFactor(n_neighbors=n_neighbors, metric=metric, algorithm="brute")
    factors = -model.fit(points).negative_outlier_factor_
    return {
        "name": name,
        "metric": metric,
        "n_neighbors": n_neighbors,
        "n": points.shape[0],
        "d": points.shape[1],
        "points": points.ravel().tolist(),
        "factors": factors.tolist(),
    }


def main():
    cases = [
        case("normal", drawn(0, 80, 5), 10),
        case("two densities", clusters(), 19),
        case("two densities, few neighbors", clusters(), 5),
        case("all others", drawn(3, 20, 2), 19),
        case("directions", drawn(4, 80, 6) + 0.5, 10, "cosine"),
    ]
    GOLDEN.write_text(json.dumps({"scikit-learn": sklearn.__version__, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
