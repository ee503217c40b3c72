#!/usr/bin/env python3
"""Compares cluster-hdbscan with scikit-learn's HDBSCAN in time and in the clusters found.

    python scripts/bench/bench_hdbscan.py --bin target/release --out artifacts/bench/hdbscan.json
    python scripts/bench/bench_hdbscan.py --bin target/release --out ... --rounds 1 --cases wide

Draws 20 blobs of different density with a tenth of uniform noise: 60,000 points of 10 features
(`embedded`, as many as embeddings have) and of 500 features (`wide`). --points adds the case
`points`, with points of your own, such as an embedding.

In each round both cluster the same file, one after the other, with all cores and otherwise default
parameters. The time of ours is that of the whole process, with reading and writing; that of
scikit-learn is its fit alone. If scikit-learn takes longer than --limit seconds it is stopped, and
the ratio is a lower bound. The adjusted Rand index compares the labels, noise as one cluster.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.metrics import adjusted_rand_score

N, BLOBS, NOISE = 60_000, 20, 0.1
FIT = """
import sys, time
import numpy as np
from sklearn.cluster import HDBSCAN
points = np.load(sys.argv[1])
model = HDBSCAN(min_cluster_size=int(sys.argv[3]), n_jobs=-1, copy=True)
started = time.perf_counter()
model.fit(points)
print(time.perf_counter() - started)
np.save(sys.argv[2], model.labels_)
"""


def say(message):
    print(message, file=sys.stderr, flush=True)


def draw(d, spread):
    """Returns blobs of d features around centers within the spread, and noise."""
    rng = np.random.default_rng(0)
    centers = rng.uniform(-spread, spread, size=(BLOBS, d))
    blob = rng.integers(BLOBS, size=N)
    scale = rng.uniform(0.3, 1.5, size=BLOBS)
    points = centers[blob] + rng.normal(size=(N, d)) * scale[blob][:, None]
    noise = rng.random(N) < NOISE
    points[noise] = rng.uniform(-1.5 * spread, 1.5 * spread, size=(noise.sum(), d))
    return points.astype("f4")


def ours(args, points, out):
    command = [args.bin / "cluster-hdbscan", "--points", points, "--out", out, "--quiet"]
    command += ["--min-cluster-size", args.min_cluster_size, "--threads", os.cpu_count()]
    started = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_hdbscan.py: {done.stderr.strip()[-500:]}")
    return time.perf_counter() - started


def sklearn(args, points, out):
    """Returns the seconds of the fit, or None if they are more than the limit."""
    command = [sys.executable, "-c", FIT, str(points), str(out), str(args.min_cluster_size)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=args.limit)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        sys.exit(f"bench_hdbscan.py: {done.stderr.strip()[-500:]}")
    return float(done.stdout)


def measure(args, points):
    """Runs both once, and returns seconds, ratio and agreement."""
    out = {name: args.folder / f"hdbscan-{name}.npy" for name in ["ours", "scikit-learn"]}
    entry = {"ours": ours(args, points, out["ours"])}
    entry["scikit-learn"] = sklearn(args, points, out["scikit-learn"])
    labels = np.load(out["ours"])
    entry |= {"clusters": int(labels.max() + 1), "noise": int((labels < 0).sum())}
    entry["ratio"] = (entry["scikit-learn"] or args.limit) / entry["ours"]
    if entry["scikit-learn"]:
        theirs = np.load(out["scikit-learn"])
        entry["adjusted_rand"] = float(adjusted_rand_score(theirs, labels))
    return entry


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="measurements to write: .json")
    parser.add_argument("--points", type=Path, help="needed for the case points: .npy (n, d)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=600, help="seconds for scikit-learn")
    parser.add_argument("--min-cluster-size", type=int, default=5)
    parser.add_argument("--cases", default="embedded,wide", help="of embedded, wide, points")
    args = parser.parse_args()
    args.folder = args.out.parent
    args.folder.mkdir(parents=True, exist_ok=True)
    drawn = {"embedded": (10, 6.0), "wide": (500, 1.0)}
    found = {}
    cases = args.cases.split(",")
    for case in cases:
        if case not in [*drawn, "points"] or (case == "points" and not args.points):
            parser.error(f"--cases: expected embedded, wide, or points with --points, found {case}")
    print("| points | rounds | ours, seconds | scikit-learn, seconds | ratio | Rand index |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for case in cases:
        points = args.points
        if case in drawn:
            points = args.folder / f"hdbscan-{case}-points.npy"
            np.save(points, draw(*drawn[case]))
        rounds = []
        for number in range(args.rounds):
            rounds.append(measure(args, points))
            say(f"{case} round {number + 1}/{args.rounds}: {rounds[-1]}")
            found[case] = rounds
            args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        of = {
            key: [entry[key] for entry in rounds if entry.get(key) is not None]
            for key in ["ours", "scikit-learn", "ratio", "adjusted_rand"]
        }
        complete = len(of["scikit-learn"]) == len(rounds)
        theirs = f"{median(of['scikit-learn']):.1f}" if complete else f"over {args.limit:.0f}"
        rand = f"{median(of['adjusted_rand']):.4f}" if complete else ""
        shape = "{} x {}".format(*np.load(points, mmap_mode="r").shape)
        print(
            f"| {case}, {shape} | {len(rounds)} | {median(of['ours']):.2f} | {theirs} "
            f"| {'' if complete else 'over '}{median(of['ratio']):.1f} | {rand} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
