#!/usr/bin/env python3
"""Writes the clusterings that scikit-learn's HDBSCAN finds in some points.

    python scripts/golden/make_hdbscan.py

Writes crates/libraries/hdbscan/tests/golden/clusters.json. Made with scikit-learn 1.9 and NumPy
2.3: with NumPy 2.4 its cluster_selection_epsilon ends in an error.

Where several distances are equal, scikit-learn's clusters may depend on the order of the points.
A case is written only if 40 shuffled orders give the same clusters and probabilities; the seed of
the points goes up until they do.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import HDBSCAN
from sklearn.datasets import make_moons

GOLDEN = (
    Path(__file__).resolve().parents[2] / "crates" / "libraries" / "hdbscan" / "tests" / "golden"
)
TRIES, ORDERS = 500, 40


def unequal(rng, d=2):
    """Returns blobs whose densities differ by a hundred, among noise."""
    parts = [
        rng.normal(size=(60, d)) * 0.1,
        rng.normal(size=(80, d)) + 6,
        rng.normal(size=(40, d)) * 0.3 + [6 if j % 2 else -6 for j in range(d)],
        rng.uniform(-12, 12, size=(25, d)),
    ]
    return np.vstack(parts)


def nested(rng):
    """Returns two pairs of blobs, the blobs of a pair close together."""
    centers = np.array([[0, 0], [2.5, 0], [20, 0], [22.5, 0]])
    return centers[np.arange(200) % 4] + rng.normal(size=(200, 2)) * 0.5


def copied(rng):
    """Returns blobs in which a third of the points are copies, of which one has many."""
    points = unequal(rng)
    rows = rng.permutation(len(points))
    points[rows[:60]] = points[rows[60:120]]
    points[rows[120:140]] = points[rows[60]]
    return points


def directions(rng):
    """Returns directions around three axes, of any length."""
    axes = np.eye(5)[:3]
    points = axes[np.arange(150) % 3] + rng.normal(size=(150, 5)) * 0.15
    return points * rng.uniform(0.1, 10, size=(150, 1))


def moons(rng):
    return make_moons(200, noise=0.06, random_state=int(rng.integers(1 << 30)))[0]


CASES = [
    ("unequal density", unequal, {"min_cluster_size": 10}),
    ("defaults", unequal, {}),
    ("five features", lambda rng: unequal(rng, 5), {"min_cluster_size": 8, "min_samples": 4}),
    ("moons", moons, {"min_cluster_size": 15, "min_samples": 5}),
    ("uniform noise", lambda rng: rng.random((150, 2)), {"min_cluster_size": 20}),
    ("copies", copied, {"min_cluster_size": 10, "min_samples": 6}),
    ("one cluster", lambda rng: rng.normal(size=(120, 2)), {"allow_single_cluster": True}),
    (
        "one cluster within epsilon",
        lambda rng: rng.normal(size=(120, 2)),
        {
            "allow_single_cluster": True,
            "cluster_selection_epsilon": 0.4,
            "min_cluster_size": 30,
            "min_samples": 5,
        },
    ),
    ("no cluster", lambda rng: rng.normal(size=(60, 2)), {"min_cluster_size": 40}),
    ("leaf", nested, {"cluster_selection_method": "leaf", "min_cluster_size": 12}),
    (
        "leaf without leaves",
        lambda rng: rng.normal(size=(60, 2)),
        {"cluster_selection_method": "leaf", "min_cluster_size": 40},
    ),
    ("epsilon", nested, {"cluster_selection_epsilon": 1.5, "min_cluster_size": 6}),
    (
        "leaf and epsilon",
        nested,
        {
            "cluster_selection_method": "leaf",
            "cluster_selection_epsilon": 0.8,
            "min_cluster_size": 5,
            "min_samples": 3,
        },
    ),
    (
        "epsilon up to the root",
        nested,
        {"cluster_selection_epsilon": 50.0, "min_cluster_size": 6, "allow_single_cluster": True},
    ),
    ("largest size", nested, {"max_cluster_size": 60, "min_cluster_size": 12}),
    ("alpha", unequal, {"alpha": 1.5, "min_cluster_size": 10}),
    ("alpha below one", unequal, {"alpha": 0.5, "min_cluster_size": 10}),
    ("one sample", unequal, {"min_cluster_size": 10, "min_samples": 1}),
    ("many samples", unequal, {"min_cluster_size": 5, "min_samples": 30}),
    ("cosine", directions, {"metric": "cosine", "min_cluster_size": 10}),
]


def canonical(labels):
    """Numbers labels by their first point."""
    names = {-1: -1}
    return [names.setdefault(label, len(names) - 1) for label in labels.tolist()]


def cluster(points, params):
    model = HDBSCAN(copy=True, **params).fit(points)
    return canonical(model.labels_), model.probabilities_


def stable(points, params, rng):
    """Returns the clusters and probabilities if they do not depend on the order, else None."""
    labels, probabilities = cluster(points, params)
    for _ in range(ORDERS):
        order = rng.permutation(len(points))
        back = np.argsort(order)
        model = HDBSCAN(copy=True, **params).fit(points[order])
        if canonical(model.labels_[back]) != labels or not np.allclose(
            model.probabilities_[back], probabilities, rtol=0, atol=1e-9
        ):
            return None
    return labels, probabilities


def main():
    warnings.simplefilter("ignore")
    cases = []
    for name, make, params in CASES:
        for seed in range(TRIES):
            rng = np.random.default_rng(seed)
            # Values of few digits, so that the file is small.
            points = make(rng).round(4)
            found = stable(points, params, rng)
            if found:
                break
        else:
            raise SystemExit(f"make_hdbscan.py: {name}: no points of which the order is no matter")
        labels, probabilities = found
        print(f"{name}: seed {seed}, {max(labels) + 1} clusters, {labels.count(-1)} noise")
        cases.append(
            {
                "name": name,
                "params": params,
                "points": points.tolist(),
                "labels": labels,
                "probabilities": probabilities.tolist(),
            }
        )
    golden = {"made_with": {"scikit-learn": sklearn.__version__, "numpy": np.__version__}}
    GOLDEN.mkdir(parents=True, exist_ok=True)
    text = json.dumps(golden | {"cases": cases})
    (GOLDEN / "clusters.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
