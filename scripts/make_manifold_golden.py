#!/usr/bin/env python3
"""Write crates/manifold/tests/golden/graph.json with umap-learn: the fuzzy graph of some points, in both metrics.

    python3 scripts/make_manifold_golden.py

Made with umap-learn 0.5.12 and numpy; run again only to change what is tested.
"""

import json
from pathlib import Path

import numpy as np
from umap.umap_ import find_ab_params, fuzzy_simplicial_set

GOLDEN = Path(__file__).resolve().parent.parent / "crates" / "manifold" / "tests" / "golden"
N, D, NEIGHBORS = 150, 5, 12


def main():
    rng = np.random.default_rng(0)
    points = (rng.normal(size=(N, D)) * 0.7 + 3 * rng.normal(size=(3, D))[np.arange(N) % 3]).astype("f4")
    cases = []
    for metric in ["euclidean", "cosine"]:
        graph, *_ = fuzzy_simplicial_set(points, NEIGHBORS, np.random.RandomState(0), metric)
        graph = graph.tocsr()
        graph.sort_indices()
        graph.eliminate_zeros()
        cases.append({"metric": metric, "starts": graph.indptr.tolist(), "heads": graph.indices.tolist(),
                      "weights": [float(weight) for weight in graph.data]})
    curves = [[min_dist, *map(float, find_ab_params(1.0, min_dist))] for min_dist in [0.0, 0.1, 0.5, 0.99]]
    golden = {"neighbors": NEIGHBORS, "points": points.tolist(), "cases": cases, "curves": curves}
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / "graph.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
