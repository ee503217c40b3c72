#!/usr/bin/env python3
"""Compares the neighbors of embed-umap, exact and approximate, with those of other searches.

    make bench-neighbors
    make bench-neighbors CASES=wide ROUNDS=1
    .venv-bench/bin/python scripts/bench/bench_neighbors.py --points embeddings.npy --cases points

Finds the 20 nearest neighbors of each point, the point itself left out, by Euclidean distance. The
cases: `long`, 1,000,000 points of 64 features; `wide`, 200,000 of 768; `small`, 60,000 of 64, to
try it out; `points`, those of --points. Drawn points lie on 200 flat sheets of 12 (long) or 20
dimensions, with noise, since points without any structure have no near neighbors.

The peers are faiss (exact search; HNSW graphs), PyNNDescent, which umap-learn uses, and usearch
(HNSW graphs), all with the number of neighbors set and everything else left at its default, but
that faiss looks at 64 candidates, so that its recall is near that of the others. In each round all
search the same file, one after the other. The time of ours is that of the whole process, with
reading and writing; that of a peer is building its index and searching it, PyNNDescent compiled
before. Recall is the share of the exact neighbors of 1,000 points that are found.
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

K, SAMPLE = 20, 1000
DRAWN = {"small": (60_000, 64, 12), "long": (1_000_000, 64, 12), "wide": (200_000, 768, 20)}
EXACT, APPROXIMATE = "ours, exact", "ours, approximate"
PEERS = ["faiss, exact", "faiss, HNSW", "PyNNDescent", "usearch"]


def say(message):
    print(message, file=sys.stderr, flush=True)


def draw(n, d, sheet):
    """Returns points of d features on sheets of fewer dimensions around 200 centers, with noise."""
    random = np.random.default_rng(5)
    points = np.empty((n, d), "f4")
    label = random.integers(200, size=n)
    for number in range(200):
        of_sheet = label == number
        center = random.standard_normal(d, "f4") * 16 / np.sqrt(d).astype("f4")
        basis = random.standard_normal((sheet, d), "f4") / np.sqrt(sheet).astype("f4")
        places = random.standard_normal((of_sheet.sum(), sheet), "f4")
        noise = 0.05 * random.standard_normal((of_sheet.sum(), d), "f4")
        points[of_sheet] = center + places @ basis + noise
    return points


def ours(args, points, out, mode):
    command = [args.bin / "embed-umap", "--points", points, "--neighbors-out", out, "--quiet"]
    command += ["--neighbors", K + 1, "--neighbors-mode", mode, "--threads", args.threads]
    started = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_neighbors.py: {done.stderr.strip()[-500:]}")
    return time.perf_counter() - started


def faiss_search(points, threads, hnsw):
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.IndexHNSWFlat(points.shape[1], 32) if hnsw else faiss.IndexFlatL2(points.shape[1])
    if hnsw:
        index.hnsw.efSearch = 64
    index.add(points)
    return index.search(points, K + 1)[1]


def pynndescent_search(points, threads):
    from pynndescent import NNDescent

    return NNDescent(points, n_neighbors=K + 1, n_jobs=threads).neighbor_graph[0]


def usearch_search(points, threads):
    from usearch.index import Index

    index = Index(ndim=points.shape[1], metric="l2sq", dtype="f32")
    index.add(np.arange(len(points)), points, threads=threads)
    return index.search(points, K + 1, threads=threads).keys.astype("i8")


def search(tool, points, out, threads):
    """Searches by a peer, writes the neighbors (n, 21), and prints the seconds it took."""
    points = np.load(points)
    if tool == "PyNNDescent":
        pynndescent_search(points[:1000], threads)
    started = time.perf_counter()
    if tool.startswith("faiss"):
        found = faiss_search(points, threads, hnsw=tool.endswith("HNSW"))
    else:
        search_by = pynndescent_search if tool == "PyNNDescent" else usearch_search
        found = search_by(points, threads)
    print(time.perf_counter() - started)
    np.save(out, np.asarray(found, "i8"))


def peer(args, tool, points, out):
    """Returns the seconds of a peer, or None if they are more than the limit."""
    command = [sys.executable, __file__, "--search", tool, "--points", points, "--out", out]
    names = ["OMP", "OPENBLAS", "NUMBA"]
    threads = {f"{name}_NUM_THREADS": str(args.threads) for name in names}
    words = [str(word) for word in [*command, "--threads", args.threads]]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=args.limit, env=os.environ | threads
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        sys.exit(f"bench_neighbors.py: {tool}: {done.stderr.strip()[-500:]}")
    return float(done.stdout.splitlines()[-1])


def exact_neighbors(points):
    """Returns some rows, and the squared distance of the 20th neighbor of each, in f64."""
    rows = np.random.default_rng(0).choice(len(points), min(len(points), SAMPLE), replace=False)
    squares = np.einsum("ij,ij->i", points, points)
    limits = []
    for batch in np.array_split(rows, -(-len(rows) // 50)):
        scores = squares[:, None] - 2 * (points @ points[batch].T)
        for row, of_row in zip(batch, scores.T):
            # Products in f4 choose twice as many as are needed; these are measured in f8.
            near = np.argpartition(of_row, 2 * K)[: 2 * K + 1]
            exact = np.square(points[near].astype("f8") - points[row]).sum(axis=1)
            limits.append(np.sort(exact[near != row])[K - 1])
    return rows, np.array(limits)


def recall(points, found, rows, limits):
    """Returns the share of the neighbors that are no farther than the 20th."""
    kept = 0
    for row, limit in zip(rows, limits):
        others = [other for other in dict.fromkeys(found[row].tolist()) if other not in (row, -1)]
        squares = np.square(points[others[:K]].astype("f8") - points[row]).sum(axis=1)
        kept += int((squares <= limit * (1 + 1e-6)).sum())
    return kept / (K * len(rows))


def measure(args, tool, path, points, known):
    """Runs a tool once, and returns its seconds and recall; None in place of them if stopped."""
    out = args.folder / f"neighbors-found{'.npz' if tool in (EXACT, APPROXIMATE) else '.npy'}"
    if tool in (EXACT, APPROXIMATE):
        seconds = ours(args, path, out, tool.removeprefix("ours, "))
        found = np.load(out)["indices"].astype("i8")
    else:
        seconds = peer(args, tool, path, out)
        if seconds is None:
            return None
        found = np.load(out)
    return {"seconds": seconds, "recall": recall(points, found, *known)}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bin", type=Path, default="target/release", help="our programs")
    parser.add_argument(
        "--out", type=Path, default="artifacts/bench/neighbors.json", help="measurements: .json"
    )
    parser.add_argument("--points", type=Path, help="needed for the case points: .npy (n, d)")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="threads of every tool (default 2)")
    parser.add_argument("--limit", type=float, default=1200, help="seconds for a peer")
    parser.add_argument("--cases", default="long,wide", help=f"of {', '.join(DRAWN)}, points")
    parser.add_argument("--search", choices=PEERS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.search:
        return search(args.search, args.points, args.out, args.threads)
    args.folder = args.out.parent
    args.folder.mkdir(parents=True, exist_ok=True)
    cases = args.cases.replace(",", " ").split()
    for case in cases:
        if case not in [*DRAWN, "points"] or (case == "points" and not args.points):
            names = ", ".join(DRAWN)
            parser.error(f"--cases: expected {names}, or points with --points, found {case}")
    measured = {}
    print("| points | search | seconds | times ours, approximate | recall |")
    print("| --- | --- | ---: | ---: | ---: |", flush=True)
    for case in cases:
        path = args.points
        if case in DRAWN:
            path = args.folder / f"neighbors-{case}-points.npy"
            np.save(path, draw(*DRAWN[case]))
        points = np.load(path)
        known = exact_neighbors(points)
        runs = {tool: [] for tool in [APPROXIMATE, EXACT, *PEERS]}
        for number in range(args.rounds):
            for tool, of_tool in runs.items():
                of_tool.append(measure(args, tool, path, points, known))
                say(f"{case} round {number + 1}/{args.rounds}: {tool} {of_tool[-1]}")
                measured[case] = runs
                args.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
        base = median(run["seconds"] for run in runs[APPROXIMATE])
        for tool, of_tool in runs.items():
            name = f"{case}, {len(points)} x {points.shape[1]}"
            if None in of_tool:
                over = f"over {args.limit:.0f} | over {args.limit / base:.1f}"
                print(f"| {name} | {tool} | {over} | |", flush=True)
                continue
            seconds = median(run["seconds"] for run in of_tool)
            share = median(run["recall"] for run in of_tool)
            print(
                f"| {name} | {tool} | {seconds:.1f} | {seconds / base:.2f} | {share:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
