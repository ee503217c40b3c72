#!/usr/bin/env python3
"""Compares numbers of clusters that are suggested without labels with the number of classes.

For each --set the images become scattering features and three embeddings, by the programs of this
project. suggest-k then looks at all three; the elbow of the inertia of k-means, the silhouette, the
gap statistic (Tibshirani, Walther and Hastie 2001, five references) and the BIC of a mixture, by
scikit-learn, look at the first one, at 2,000 rows at most. All compare 2 to 30 clusters.

A set is a name, images (.npy) and labels (.npy), and, where only some classes are to be taken, the
classes joined by commas and the sizes of the largest and of the smallest class: sizes fall in a
geometric row, in an order that a seed draws from the name.

Example:
    scripts/bench/bench_k.py --set mnist images.npy labels.npy \\
        --set mnist-of-three images.npy labels.npy 0,1,2 3000 3000 --out k.md
"""

import argparse
import csv
import subprocess
import tempfile
import zlib
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.mixture import GaussianMixture

BIN = Path(__file__).resolve().parents[2] / "target/release"
NUMBERS = range(2, 31)
ROWS = 2000
REFERENCES = 5
PEERS = ["elbow", "silhouette", "gap", "BIC"]


def run(program, *words):
    subprocess.run([BIN / program, *map(str, words), "--quiet"], check=True, capture_output=True)


def take(name, images, labels, classes, most, least):
    """Returns the first images of some classes, of sizes from most to least."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    sizes = rng.permutation(np.geomspace(least, most, len(classes)).astype(int))
    of_class = [np.flatnonzero(labels == c)[:size] for c, size in zip(classes, sizes)]
    rows = np.sort(np.concatenate(of_class))
    return images[rows], labels[rows]


def elbow(inertias):
    """Returns the number farthest below the line from the first inertia to the last."""
    x = np.linspace(0, 1, len(inertias))
    y = (inertias - inertias[-1]) / (inertias[0] - inertias[-1])
    return NUMBERS[int(np.argmax(1 - x - y))]


def gap(points, inertias, rng):
    """Returns the first number whose gap is within an error of the next one's."""
    low, high = points.min(0), points.max(0)
    logs = np.empty((REFERENCES, len(NUMBERS)))
    for reference in logs:
        uniform = rng.uniform(low, high, points.shape)
        for at, k in enumerate(NUMBERS):
            reference[at] = np.log(KMeans(k, n_init=1, random_state=0).fit(uniform).inertia_)
    gaps = logs.mean(0) - np.log(inertias)
    errors = logs.std(0) * np.sqrt(1 + 1 / REFERENCES)
    found = np.flatnonzero(gaps[:-1] >= gaps[1:] - errors[1:])
    return NUMBERS[int(found[0]) if len(found) else len(NUMBERS) - 1]


def peers(points):
    """Returns what each of PEERS suggests for `points` (n, d)."""
    rng = np.random.default_rng(0)
    if len(points) > ROWS:
        points = points[np.sort(rng.permutation(len(points))[:ROWS])]
    fits = [KMeans(k, n_init=3, random_state=0).fit(points) for k in NUMBERS]
    inertias = np.array([fit.inertia_ for fit in fits])
    silhouettes = [silhouette_score(points, fit.labels_) for fit in fits]
    bics = [
        GaussianMixture(k, random_state=0, reg_covar=1e-4).fit(points).bic(points) for k in NUMBERS
    ]
    return [
        elbow(inertias),
        NUMBERS[int(np.argmax(silhouettes))],
        gap(points, inertias, rng),
        NUMBERS[int(np.argmin(bics))],
    ]


def suggested(embeddings, folder):
    """Returns the number that suggest-k suggests, and those that it calls as good."""
    points = [word for file in embeddings for word in ("--points", file)]
    run("suggest-k", *points, "--k", f"{NUMBERS[0]}..{NUMBERS[-1]}", "--out", folder / "k.csv")
    with open(folder / "k.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    of = {row["suggested"]: [] for row in rows}
    for row in rows:
        of[row["suggested"]].append(int(row["k"]))
    return of["yes"][0], of.get("as good", [])


def embed(images, folder):
    """Returns the files of three embeddings of `images`."""
    np.save(folder / "images.npy", images)
    features, neighbors = folder / "features.npy", folder / "neighbors.npz"
    run("encode-scattering", "--images", folder / "images.npy", "--out", features)
    run("embed-umap", "--points", features, "--neighbors", 20, "--neighbors-out", neighbors)
    files = [folder / f"{seed}.npy" for seed in (1, 2, 3)]
    for seed, file in enumerate(files, 1):
        run(
            *("embed-umap", "--points", features, "--neighbors-in", neighbors),
            *("--neighbors", 20, "--dims", 10, "--min-dist", 0, "--seed", seed, "--out", file),
        )
    return files


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", action="append", nargs="+", required=True, metavar="WORD")
    parser.add_argument("--out", help="write the table to this file, too")
    args = parser.parse_args()
    lines = [
        "| set | images | classes | suggest-k | as good | " + " | ".join(PEERS) + " |",
        "| --- " * (5 + len(PEERS)) + "|",
    ]
    print("\n".join(lines), flush=True)
    errors = []
    for name, images, labels, *choice in args.set:
        images, labels = np.load(images), np.load(labels)
        if choice:
            classes = [int(c) for c in choice[0].split(",")]
            images, labels = take(name, images, labels, classes, *map(int, choice[1:]))
        true = len(np.unique(labels))
        with tempfile.TemporaryDirectory() as folder:
            embeddings = embed(images, Path(folder))
            k, ties = suggested(embeddings, Path(folder))
            found = [k, *peers(np.load(embeddings[0]).astype(float))]
        errors.append([abs(k - true) for k in found])
        ties = ", ".join(map(str, ties))
        cells = [name, f"{len(images):,}", true, found[0], ties, *found[1:]]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
        print(lines[-1], flush=True)
    errors = np.array(errors)
    for text, most in [("right", 0), ("within one", 1)]:
        counts = (errors <= most).sum(0)
        cells = [text, "", len(errors), counts[0], "", *counts[1:]]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
        print(lines[-1], flush=True)
    if args.out:
        Path(args.out).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
