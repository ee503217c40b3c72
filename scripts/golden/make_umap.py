#!/usr/bin/env python3
"""Writes the fuzzy graphs that umap-learn makes of some points and of new points among them.

    python3 scripts/golden/make_umap.py

Writes crates/libraries/umap/tests/golden/graph.json, in both metrics. Made with umap-learn 0.5.12
and numpy; run again only to change what is tested.
"""

import json
from pathlib import Path

import numpy as np
from umap import UMAP
from umap.umap_ import find_ab_params, fuzzy_simplicial_set

GOLDEN = Path(__file__).resolve().parents[2] / "crates" / "libraries" / "umap" / "tests" / "golden"
N, D, NEIGHBORS = 150, 5, 12


def transformed(points, new, metric):
    reducer = UMAP(
        n_neighbors=NEIGHBORS, metric=metric, transform_mode="graph", random_state=0
    ).fit(points)
    graph = reducer.transform(new).tocsr()
    graph.sort_indices()
    return {
        "heads": graph.indices.reshape(len(new), NEIGHBORS).tolist(),
        "weights": graph.data.reshape(len(new), NEIGHBORS).astype("f8").tolist(),
    }


def main():
    rng = np.random.default_rng(0)
    points = (rng.normal(size=(N, D)) * 0.7 + 3 * rng.normal(size=(3, D))[np.arange(N) % 3]).astype(
        "f4"
    )
    # The last three: one of the points, one between two of them, one far from all.
    new = np.vstack(
        [
            points[:27] + rng.normal(size=(27, D)),
            points[5],
            (points[0] + points[1]) / 2,
            4 * points[2],
        ]
    )
    new = new.astype("f4")
    cases = []
    for metric in ["euclidean", "cosine"]:
        graph, *_ = fuzzy_simplicial_set(points, NEIGHBORS, np.random.RandomState(0), metric)
        graph = graph.tocsr()
        graph.sort_indices()
        graph.eliminate_zeros()
        cases.append(
            {
                "metric": metric,
                "starts": graph.indptr.tolist(),
                "heads": graph.indices.tolist(),
                "weights": [float(weight) for weight in graph.data],
                "transform": transformed(points, new, metric),
            }
        )
    curves = [
        [min_dist, *map(float, find_ab_params(1.0, min_dist))] for min_dist in [0.0, 0.1, 0.5, 0.99]
    ]
    golden = {
        "neighbors": NEIGHBORS,
        "points": points.tolist(),
        "new": new.tolist(),
        "cases": cases,
        "curves": curves,
    }
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / "graph.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
