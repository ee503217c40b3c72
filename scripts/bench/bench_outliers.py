#!/usr/bin/env python3
"""Measures how well find-outliers finds images of another kind, beside scikit-learn.

For each --set, a hundredth as many images of another kind are put among the images. Both become
scattering features. find-outliers ranks them by distance and by the local outlier factor; so do
LocalOutlierFactor and IsolationForest of scikit-learn, from the same features. The table gives the
area under the ROC curve, the share of the images put in among as many that come first, and the
seconds of each, our programs as whole processes and scikit-learn's fits alone.

A set is a name, images (.npy) and the other images (.npy) of the same size, and, where not all of
each are to be taken, how many of the images.

Example:
    scripts/bench/bench_outliers.py --set 'MNIST among Fashion-MNIST' fashion.npy mnist.npy 5000
"""

import argparse
import csv
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor

BIN = Path(__file__).resolve().parents[2] / "target/release"
SHARE = 100
NEIGHBORS = 20
HEAD = "| set | images | put in | by | area | found first | seconds |"


def run(program, *words):
    subprocess.run([BIN / program, *map(str, words), "--quiet"], check=True, capture_output=True)


def ranked(features, score, folder):
    """Returns the scores of the rows by find-outliers."""
    table = folder / "outliers.csv"
    run("find-outliers", "--points", features, "--score", score, "--out", table)
    with open(table, newline="") as lines:
        rows = list(csv.DictReader(lines))
    scores = np.full(len(np.load(features)), -np.inf)
    for row in rows:
        scores[int(row["row"])] = float(row["score"])
    return scores


def local_outlier_factors(points):
    # find-outliers counts the point itself among its neighbors.
    return -LocalOutlierFactor(n_neighbors=NEIGHBORS - 1).fit(points).negative_outlier_factor_


def isolation(points):
    return -IsolationForest(random_state=0).fit(points).score_samples(points)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", action="append", nargs="+", required=True, metavar="WORD")
    args = parser.parse_args()
    print(HEAD)
    print("| --- " * (HEAD.count("|") - 1) + "|", flush=True)
    for name, images, others, *count in args.set:
        images, others = np.load(images), np.load(others)
        rng = np.random.default_rng(0)
        if count:
            images = images[np.sort(rng.permutation(len(images))[: int(count[0])])]
        others = others[np.sort(rng.permutation(len(others))[: len(images) // SHARE])]
        other = np.repeat([0, 1], [len(images), len(others)])
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            np.save(folder / "images.npy", np.concatenate([images, others]))
            features = folder / "features.npy"
            run("encode-scattering", "--images", folder / "images.npy", "--out", features)
            points = np.load(features)
            ways = {
                "distance": lambda: ranked(features, "distance", folder),
                "lof": lambda: ranked(features, "lof", folder),
                "scikit-learn's lof": lambda: local_outlier_factors(points),
                "isolation forest": lambda: isolation(points),
            }
            for way, score in ways.items():
                start = time.perf_counter()
                scores = score()
                seconds = time.perf_counter() - start
                first = np.argsort(-scores, kind="stable")[: len(others)]
                cells = [name, f"{len(images):,}", len(others), way]
                cells += [f"{roc_auc_score(other, scores):.3f}", f"{other[first].mean():.2f}"]
                print("| " + " | ".join(map(str, [*cells, f"{seconds:.1f}"])) + " |", flush=True)


if __name__ == "__main__":
    main()
