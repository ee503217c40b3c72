#!/usr/bin/env python3
"""Stands in for embed-umap, with umap-learn: the same flags, the same files.

    make bench-umap    # installs umap-learn, among others
    make all EMBED_UMAP='.venv-bench/bin/python scripts/standins/embed_umap.py'

A seed makes umap-learn run on one thread; without --seed it takes all. --transform puts new points
at the mean of the places of their nearest neighbors, since the model holds places alone.
"""

import argparse
import json
import os
import time

import numpy as np

from npy_io import fail, load, load_points, save, save_npz


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", required=True, help=".npy, (n, d) or images")
    parser.add_argument("--out", required=True, help="embedding to write: .npy, f4, (n, dims)")
    parser.add_argument("--model", help="model to write: .npz as embed-umap writes it")
    parser.add_argument("--transform", help="place the points among those of this model")
    parser.add_argument(
        "--graph", choices=["union"], default="union", help="umap-learn knows no other"
    )
    parser.add_argument("--dims", type=int, default=10)
    parser.add_argument("--neighbors", type=int, default=20)
    parser.add_argument("--min-dist", type=float, default=0.0)
    parser.add_argument("--metric", choices=["auto", "euclidean", "cosine"], default="euclidean")
    parser.add_argument("--init", choices=["spectral", "pca"], default="spectral")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--threads", type=int, help="threads (default all cores)")
    parser.add_argument(
        "--time", action="store_true", help="compile first, and print the seconds of the fit alone"
    )
    return parser.parse_args()


def main():
    args = arguments()
    if args.transform:
        return transform(args)
    if args.threads:
        for name in ["NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]:
            os.environ[name] = str(args.threads)
    try:
        import umap
    except ImportError as error:
        fail(
            f"umap-learn is needed, found {error}; make bench-umap installs it into .venv-bench"
        )
    points = load_points(args.points).astype("f4")
    if args.metric == "auto":
        # The choice of embed-umap: vectors of length 1 are compared by their directions.
        lengths = np.linalg.norm(points.astype("f8"), axis=1)
        unit = points.shape[1] > 1 and np.all(np.abs(lengths - 1) <= 1e-3)
        args.metric = "cosine" if unit else "euclidean"
    settings = {
        "n_components": args.dims,
        "n_neighbors": args.neighbors,
        "min_dist": args.min_dist,
        "metric": args.metric,
        "init": args.init,
        "n_epochs": args.epochs,
        "random_state": args.seed,
    }
    if args.time:
        # With as many points as make it search for neighbors as it will.
        umap.UMAP(**settings | {"n_epochs": 2}).fit(points[:5000])
    started = time.perf_counter()
    reducer = umap.UMAP(**settings)
    embedding = reducer.fit_transform(points).astype("f4")
    if args.time:
        print(json.dumps({"seconds": time.perf_counter() - started}))
    if args.model:
        save_npz(
            args.model,
            format_version=np.int64(1),
            points=points,
            embedding=embedding,
            a=np.float64(reducer._a),
            b=np.float64(reducer._b),
            neighbors=np.int64(args.neighbors),
            metric=args.metric,
        )
    save(args.out, embedding)


def transform(args):
    from sklearn.neighbors import NearestNeighbors

    model, points = load(args.transform), load_points(args.points).astype("f4")
    if points.shape[1:] != model["points"].shape[1:]:
        fail(
            f"{args.points}: expected points of {model['points'].shape[1]} features, found "
            f"{points.shape[1]}"
        )
    search = NearestNeighbors(
        n_neighbors=int(model["neighbors"]),
        metric=str(model["metric"]),
        n_jobs=args.threads or -1,
    )
    nearest = search.fit(model["points"]).kneighbors(points, return_distance=False)
    save(args.out, model["embedding"][nearest].mean(axis=1).astype("f4"))


if __name__ == "__main__":
    main()
