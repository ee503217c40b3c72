"""Writes crates/libraries/pca/tests/golden/pca.json: scikit-learn's PCA of the digits.

    python scripts/golden/make_pca.py

Variances and components (`directions` in the file) are those of the full solver. `randomized` is
the error of scikit-learn's randomized solver, the accuracy to hold: one minus the smallest cosine
between a component of the one solver and the same component of the other.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

ROOT = Path(__file__).resolve().parents[2]
COUNT = 10


def products(x):
    """Returns the pixels, and each pixel times one of its neighbors, as the test of pca does."""
    return np.concatenate([x] + [x * np.roll(x, -shift, axis=1) for shift in (1, 8, 9)], axis=1)


def case(points):
    exact = PCA(COUNT, svd_solver="full").fit(points)
    found = PCA(COUNT, svd_solver="randomized", random_state=0).fit(points)
    cosines = np.abs(np.sum(exact.components_ * found.components_, axis=1))
    return {
        "variances": exact.explained_variance_.tolist(),
        "directions": exact.components_.tolist(),
        "randomized": float(1 - cosines.min()),
    }


def main():
    digits = np.load(ROOT / "crates/libraries/clustering/tests/golden/digits.npy").astype(float)
    digits = digits.reshape(len(digits), -1)
    cases = {"digits": case(digits), "products": case(products(digits))}
    out = ROOT / "crates/libraries/pca/tests/golden/pca.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
