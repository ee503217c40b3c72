"""Writes the files a benchmark runs on: first rows, principal components, initial centers."""

from pathlib import Path

import numpy as np

from npy_io import load, load_points, save


def shape(path):
    """Returns n, d and the bytes of the numbers as the file holds them."""
    array = load(path)
    return len(array), array[0].size, array.nbytes


def first_rows(path, rows, folder):
    target = folder / f"{Path(path).stem}-first{rows}.npy"
    save(target, load(path)[:rows])
    return target


def components(path, d, folder):
    """Writes the points projected to their first `d` principal components, f4."""
    points = load_points(path)
    points = points - points.mean(axis=0, dtype="f8").astype("f4")
    left, _, _ = np.linalg.svd(points.T.astype("f8") @ points)
    target = folder / f"{Path(path).stem}-components{d}.npy"
    save(target, (points @ left[:, :d]).astype("f4"))
    return target


def centers(path, k, folder):
    """Writes `k` random rows of which no two are equal, f8."""
    points = load_points(path)
    some = np.random.default_rng(0).permutation(len(points))[: 4 * k]
    _, first = np.unique(points[some], axis=0, return_index=True)
    if len(first) < k:
        raise SystemExit(f"{path}: expected {k} rows that differ, found {len(first)}")
    target = folder / f"{Path(path).stem}-centers{k}.npy"
    save(target, points[some[np.sort(first)[:k]]].astype("f8"))
    return target
