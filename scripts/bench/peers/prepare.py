"""Writes the files a benchmark runs on: drawn points, first rows, components, initial centers."""

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


def drawn(kind, n, d, folder):
    """Writes `n` points of `d` dimensions, f4, drawn at random with seed 0.

    normal and uniform have no structure at all. The blobs are 100 normal distributions whose
    centers are ten deviations from one another in each dimension, on average. Of the duplicates
    there are a hundred of every point.
    """
    random = np.random.default_rng(0)
    target = folder / f"{kind}-{n}x{d}.npy"
    if kind == "uniform":
        points = random.random((n, d), dtype="f4")
    elif kind == "duplicates":
        points = random.standard_normal((-(-n // 100), d), dtype="f4")
        points = points[random.integers(len(points), size=n)]
    else:
        points = random.standard_normal((n, d), dtype="f4")
    if kind == "blobs":
        centers = 10 * random.standard_normal((100, d), dtype="f4")
        points += centers[random.integers(len(centers), size=n)]
    save(target, points)
    return target


def components(path, d, folder):
    """Writes the points projected to their first `d` principal components, f4."""
    points = load_points(path)
    points = points - points.mean(axis=0, dtype="f8").astype("f4")
    left, _, _ = np.linalg.svd(points.T.astype("f8") @ points)
    target = folder / f"{Path(path).stem}-components{d}.npy"
    save(target, (points @ left[:, :d]).astype("f4"))
    return target


def model(centers, folder):
    """Writes a model of k-means with these centers."""
    target = folder / f"{Path(centers).stem}-model.npz"
    with open(target, "wb") as file:
        np.savez(file, centroids=load(centers))
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
