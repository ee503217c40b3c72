#!/usr/bin/env python3
"""Writes how the Python package hdbscan assigns new points to the clusters that it found.

    python scripts/golden/make_hdbscan_predict.py

Writes crates/libraries/hdbscan/tests/golden/predict.json. Made with hdbscan 0.8.44, which is in no
environment of this project: pip install hdbscan. Run again only to change what is tested.

The points are some that scikit-learn, which counts a point among its own samples, clusters in the
same way with one sample more, whatever their order.
"""

import json
from pathlib import Path

import numpy as np
from hdbscan import HDBSCAN, approximate_predict
from make_hdbscan import GOLDEN, TRIES, canonical, nested, stable, unequal

CASES = [
    ("unequal density", unequal, 12, {"min_cluster_size": 10}),
    ("few samples", unequal, 12, {"min_cluster_size": 10, "min_samples": 3}),
    ("leaf", nested, 26, {"min_cluster_size": 12, "cluster_selection_method": "leaf"}),
]


def main():
    cases = []
    for name, make, extent, params in CASES:
        samples = params.get("min_samples", params["min_cluster_size"])
        for seed in range(TRIES):
            rng = np.random.default_rng(seed)
            points = make(rng).round(4)
            model = HDBSCAN(prediction_data=True, approx_min_span_tree=False, **params).fit(points)
            found = stable(points, params | {"min_samples": samples + 1}, rng)
            if found and found[0] == canonical(model.labels_):
                break
        else:
            raise SystemExit(f"make_hdbscan_predict.py: {name}: no points of which both agree")
        new = np.vstack(
            [
                points[rng.permutation(len(points))[:40]] + rng.normal(size=(40, 2)) * 0.3,
                rng.uniform(-extent, extent, size=(40, 2)),
            ]
        ).round(4)
        labels, probabilities = approximate_predict(model, new)
        # Labels are numbered by the first point that was clustered with them.
        both = canonical(np.concatenate([model.labels_, labels]))
        print(f"{name}: {max(both) + 1} clusters, {(labels < 0).sum()} of {len(new)} noise")
        cases.append(
            {
                "name": name,
                "params": params,
                "points": points.tolist(),
                "new": new.tolist(),
                "labels": both[: len(points)],
                "new_labels": both[len(points) :],
                "new_probabilities": probabilities.tolist(),
            }
        )
    Path(GOLDEN / "predict.json").write_text(json.dumps(cases) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
