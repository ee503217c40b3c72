#!/usr/bin/env python3
"""Compares embed-manifold with umap-learn: time, what is kept of neighbourhoods, and what a mixture makes of the embedding.

    make bench-manifold
    make bench-manifold ROUNDS=3 WORK=latents

In each round both embed the same file with another seed (umap-learn unseeded, or it would run on one thread), one after the
other. Of ours the whole process counts, of umap-learn the fit alone, compiled before. Labels only score.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean, median

import numpy as np
from sklearn.manifold import trustworthiness
from sklearn.metrics import normalized_mutual_info_score
from sklearn.neighbors import NearestNeighbors

SCRIPTS = Path(__file__).resolve().parent
SAMPLE, RECALL = 5000, 20
HEADING = """
Medians over the rounds. Recall: of the 20 nearest of 2,000 points in the input, the share among the 20 nearest in the embedding.
Trustworthiness (scikit-learn, 20 neighbours) within 5,000 points. NMI: of a full mixture of 10 components on the embedding, mean."""


def say(message):
    print(message, file=sys.stderr, flush=True)


def run(command, **environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=os.environ | environment)
    if done.returncode != 0:
        sys.exit(f"bench_manifold.py: {command[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def ours(args, points, out, seed):
    started = time.perf_counter()
    run([args.bin / "embed-manifold", "--points", points, "--out", out, "--seed", seed, "--threads", args.threads])
    return time.perf_counter() - started


def umap(args, points, out, _):
    command = [sys.executable, SCRIPTS / "embed_umap.py", "--points", points, "--out", out, "--threads", args.threads, "--time"]
    return json.loads(run(command))["seconds"]


def flat(points):
    points = np.load(points)
    return points.reshape(len(points), -1).astype("f4")


def nearest(points, rows):
    found = NearestNeighbors(n_neighbors=RECALL + 1, algorithm="brute", n_jobs=-1).fit(points).kneighbors(points[rows], return_distance=False)
    return [set(ids) - {row} for ids, row in zip(found.tolist(), rows.tolist())]


def quality(args, points, known, out, seed):
    embedding = np.load(out)
    rng = np.random.default_rng(0)
    rows = rng.choice(len(points), min(len(points), 2000), replace=False)
    if not known:
        known.extend(nearest(points, rows))
    kept = [len(a & b) / len(a) for a, b in zip(known, nearest(embedding, rows))]
    some = rng.choice(len(points), min(len(points), SAMPLE), replace=False)
    clusters = args.work_dir / "clusters.npy"
    run([args.bin / "cluster-gmm", "--points", out, "--k", 10, "--seed", seed, "--out", clusters])
    return {"recall": mean(kept), "trustworthiness": float(trustworthiness(points[some], embedding[some], n_neighbors=RECALL)),
            "nmi": float(normalized_mutual_info_score(np.load(args.labels), np.load(clusters)))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--latents", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="measurements to write: .json")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--work", default="latents,pixels", help="which of latents,pixels")
    args = parser.parse_args()
    args.work_dir = args.out.parent
    args.work_dir.mkdir(parents=True, exist_ok=True)
    found = {}
    print(HEADING)
    for case in args.work.split(","):
        path = {"latents": args.latents, "pixels": args.images}.get(case)
        if path is None:
            sys.exit(f"bench_manifold.py: --work takes latents and pixels, found {case}")
        points, known, rounds = flat(path), [], []
        for seed in range(args.rounds):
            entry = {}
            for name, tool in [("ours", ours), ("umap-learn", umap)]:
                out = args.work_dir / f"{name}.npy"
                seconds = tool(args, path, out, seed)
                entry[name] = {"seconds": seconds} | quality(args, points, known, out, seed)
                say(f"{case} round {seed + 1}/{args.rounds}: {name} {seconds:.1f} s, " + ", ".join(f"{key} {value:.4f}" for key, value in list(entry[name].items())[1:]))
            rounds.append(entry)
            found[case] = rounds
            args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"\n## {case}, {points.shape[0]} x {points.shape[1]}, {args.threads} threads, {args.rounds} rounds\n")
        print("| tool | seconds | recall | trustworthiness | NMI |\n| --- | ---: | ---: | ---: | ---: |")
        for name in rounds[0]:
            of = {key: [entry[name][key] for entry in rounds] for key in rounds[0][name]}
            print(f"| {name} | {median(of['seconds']):.1f} | {median(of['recall']):.4f} | {median(of['trustworthiness']):.4f} | {mean(of['nmi']):.4f} |")
        ratio = median(entry["umap-learn"]["seconds"] / entry["ours"]["seconds"] for entry in rounds)
        print(f"\numap-learn takes {ratio:.1f} times as long as ours.", flush=True)


if __name__ == "__main__":
    main()
