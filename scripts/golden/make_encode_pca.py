#!/usr/bin/env python3
"""Writes scikit-learn's PCA of scaled and whitened points, for the tests of the crate pca.

    python scripts/golden/make_encode_pca.py

Writes crates/libraries/pca/tests/golden/encoder.json. The file names the version of scikit-learn
that made it. Scores are those of `StandardScaler`, if points are standardized, and `PCA` with the
full solver. Points are rounded to multiples of 1/1024, which single precision holds.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

GOLDEN = Path(__file__).parents[2] / "crates/libraries/pca/tests/golden/encoder.json"


def drawn(n, d, constant=None):
    """Points of features in different units, far from zero, with a few causes."""
    random = np.random.default_rng(n + d)
    causes = random.standard_normal((n, 4)) @ random.standard_normal((4, d))
    points = causes * np.logspace(-1, 1, d) + random.standard_normal((n, d)) * 0.1 + 100
    if constant is not None:
        points[:, constant] = 7
    return np.round(points * 1024) / 1024


def case(name, points, keep, standardize, whiten):
    scaled = StandardScaler().fit_transform(points) if standardize else points
    model = PCA(keep, whiten=whiten, svd_solver="full").fit(scaled)
    return {
        "name": name,
        "keep": keep,
        "standardize": standardize,
        "whiten": whiten,
        "n": points.shape[0],
        "d": points.shape[1],
        "points": points.ravel().tolist(),
        "explained_variance": model.explained_variance_.tolist(),
        "ratio": float(model.explained_variance_ratio_.sum()),
        "scores": model.transform(scaled).ravel().tolist(),
    }


def main():
    cases = [
        case("plain", drawn(40, 8), 3, False, False),
        case("whitened", drawn(40, 8), 3, False, True),
        case("standardized", drawn(40, 8, constant=2), 4, True, False),
        case("both, by variance", drawn(40, 8), 0.9, True, True),
        case("by variance", drawn(30, 12), 0.999, False, False),
        case("fewer points than features", drawn(10, 25), 5, True, True),
    ]
    GOLDEN.write_text(json.dumps({"scikit-learn": sklearn.__version__, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
