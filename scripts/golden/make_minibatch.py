#!/usr/bin/env python3
"""Writes the centroids that scikit-learn's MiniBatchKMeans has after given batches.

    python3 scripts/golden/make_minibatch.py

Writes crates/libraries/clustering/tests/golden/minibatch.json. Made with scikit-learn 1.9.1 and
numpy; run again only to change what is tested. The points are those of
scripts/golden/make_clustering.py. Nothing is reassigned, since that is drawn at random.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.cluster import MiniBatchKMeans

GOLDEN = (
    Path(__file__).resolve().parents[2] / "crates" / "libraries" / "clustering" / "tests" / "golden"
)
K, BATCH, BATCHES = 7, 150, 12


def case(name, weighted):
    points = np.load(GOLDEN / f"{name}.npy").astype(np.float64)
    rng = np.random.default_rng(0)
    # Off the points and in units that no two distances share, so that no rounding decides between
    # equals.
    initial = points[rng.choice(len(points), K, replace=False)] + rng.normal(
        scale=1e-2, size=(K, points.shape[1])
    )
    model = MiniBatchKMeans(K, init=initial, n_init=1, reassignment_ratio=0)
    steps = []
    for _ in range(BATCHES):
        rows = rng.choice(len(points), min(BATCH, len(points)), replace=False)
        weights = rng.integers(0, 4, len(rows)).astype(float) if weighted else np.ones(len(rows))
        model.partial_fit(points[rows], sample_weight=weights)
        steps.append(
            {
                "rows": rows.tolist(),
                "weights": weights.tolist(),
                "centroids": model.cluster_centers_.tolist(),
            }
        )
    return {"points": name, "weighted": weighted, "initial": initial.tolist(), "steps": steps}


def main():
    cases = [case("iris", False), case("iris", True), case("blobs", True)]
    for one in cases:
        # The last centroids tell of all the steps before.
        for step in one["steps"][1:-1]:
            del step["centroids"]
    path = GOLDEN / "minibatch.json"
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
