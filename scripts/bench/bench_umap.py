#!/usr/bin/env python3
"""Compares embed-umap with umap-learn in time and in the quality of the embedding.

    make bench-umap
    make bench-umap ROUNDS=3 CASES=latents
    make bench-umap ROUNDS=2 CASES=hubs

Quality is the share of kept neighbors, and the clusters of a mixture fitted to the embedding. In
each round both programs embed the same file with another seed, one after the other. umap-learn
gets no seed, since a seed makes it run on one thread. The time of ours is that of the whole
process; that of umap-learn is its fit alone, compiled before. Labels only score.

CASES=hubs embeds drawn points in which a few rows are near to many: hubs, rows of zeros, copies of
one row. It needs no files.
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
Medians over the rounds. Recall: of the 20 nearest of 2,000 points in the input, the share among
the 20 nearest in the embedding. Trustworthiness (scikit-learn, 20 neighbors) within 5,000 points.
NMI: of a full mixture of 10 components on the embedding, mean."""
HUBS_HEADING = """
Medians over the rounds. Span: the largest range of a column of the embedding. Recall: of the 20
points nearest to each of 2,000 in the embedding, the share no farther in the input than its 20th
neighbor there (so equal rows count as the equally near points they are). Trustworthiness
(scikit-learn, 20 neighbors) within 5,000 distinct points. Copies: the largest distance between two
places of one repeated row, as a share of the span."""


def say(message):
    print(message, file=sys.stderr, flush=True)


def run(command, **environment):
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )
    if done.returncode != 0:
        sys.exit(f"bench_umap.py: {command[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def ours(args, points, out, seed, *flags):
    command = [args.bin / "embed-umap", "--points", points, "--out", out, "--seed", seed]
    started = time.perf_counter()
    run([*command, "--threads", args.threads, *flags])
    return time.perf_counter() - started


def umap(args, points, out, _, *flags):
    command = [
        sys.executable,
        SCRIPTS.parent / "standins" / "embed_umap.py",
        "--points",
        points,
        "--out",
        out,
    ]
    return json.loads(run([*command, "--threads", args.threads, "--time", *flags]))["seconds"]


def flat(points):
    points = np.load(points)
    return points.reshape(len(points), -1).astype("f4")


def nearest(points, rows):
    found = (
        NearestNeighbors(n_neighbors=RECALL + 1, algorithm="brute", n_jobs=-1)
        .fit(points)
        .kneighbors(points[rows], return_distance=False)
    )
    return [set(ids) - {row} for ids, row in zip(found.tolist(), rows.tolist())]


def quality(args, points, known, out, seed):
    embedding = np.load(out)
    rng = np.random.default_rng(0)
    rows = rng.choice(len(points), min(len(points), 2000), replace=False)
    if not known:
        known.extend(nearest(points, rows))
    kept = [len(a & b) / len(a) for a, b in zip(known, nearest(embedding, rows))]
    some = rng.choice(len(points), min(len(points), SAMPLE), replace=False)
    clusters = args.folder / "clusters.npy"
    run([args.bin / "cluster-gmm", "--points", out, "--k", 10, "--seed", seed, "--out", clusters])
    return {
        "recall": mean(kept),
        "trustworthiness": float(
            trustworthiness(points[some], embedding[some], n_neighbors=RECALL)
        ),
        "nmi": float(normalized_mutual_info_score(np.load(args.labels), np.load(clusters))),
    }


def hub_cases():
    """Yields names, points (n, d), the rows that are copies of one another, and flags."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        unit = rng.normal(size=(1000, 50))
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        yield (
            f"unit vectors around 5 hubs, {seed}",
            np.vstack([unit, rng.normal(size=(5, 50)) * 1e-3]),
            None,
            [],
        )
    rng = np.random.default_rng(0)
    zeros = np.vstack([rng.normal(size=(300, 50)), np.zeros((2000, 50))])
    yield (
        "300 normal rows, 2000 of zeros",
        zeros,
        slice(300, None),
        ["--dims", "2", "--init", "pca", "--epochs", "100"],
    )
    centers = rng.uniform(-10, 10, size=(10, 16))
    blobs = centers[np.arange(15000) % 10] + rng.normal(size=(15000, 16))
    copied = np.vstack([blobs, np.repeat(rng.normal(size=(1, 16)), 5000, axis=0)])
    yield "ten blobs, 5000 copies of a row", copied, slice(15000, None), []
    yield "the same in 2 dimensions", copied, slice(15000, None), ["--dims", "2"]


def no_farther(points, embedding, rows):
    """Returns the mean recall of neighbors in which rows at equal distances count alike.

    It is the share of a row's nearest in the embedding that are no farther from it in the input
    than its last neighbor there.
    """
    found = NearestNeighbors(n_neighbors=RECALL + 1, algorithm="brute").fit(embedding)
    found = found.kneighbors(embedding[rows], return_distance=False)
    shares = []
    for row, near in zip(rows, found):
        distances = np.linalg.norm(points - points[row], axis=1)
        others = np.delete(distances, row)
        limit = np.partition(others, RECALL - 1)[RECALL - 1]
        near = near[near != row][:RECALL]
        shares.append(np.mean(distances[near] <= limit * (1 + 1e-6)))
    return float(mean(shares))


def hub_quality(points, embedding, copies):
    rng = np.random.default_rng(0)
    rows = rng.choice(len(points), min(len(points), 2000), replace=False)
    # Of equal rows the first, since ranks of equal distances mean nothing.
    distinct = np.unique(points, axis=0, return_index=True)[1]
    some = rng.choice(distinct, min(len(distinct), SAMPLE), replace=False)
    entry = {
        "span": float(np.ptp(embedding, axis=0).max()),
        "recall": no_farther(points, embedding, rows),
        "trustworthiness": float(
            trustworthiness(points[some], embedding[some], n_neighbors=RECALL)
        ),
    }
    entry["copies"] = (
        float(np.ptp(embedding[copies], axis=0).max() / entry["span"]) if copies else None
    )
    return entry


def hubs(args):
    print(HUBS_HEADING)
    print("\n| points | tool | seconds | span | recall | trustworthiness | copies |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    found = {}
    for case, points, copies, flags in hub_cases():
        points = points.astype("f4")
        path = args.folder / "hubs.npy"
        np.save(path, points)
        rounds = []
        for seed in range(args.rounds):
            entry = {}
            for name, tool in [("ours", ours), ("umap-learn", umap)]:
                out = args.folder / f"{name}.npy"
                seconds = tool(args, path, out, seed, *flags)
                entry[name] = {"seconds": seconds} | hub_quality(
                    points.astype("f8"), np.load(out).astype("f8"), copies
                )
            rounds.append(entry)
        found[case] = rounds
        for name in rounds[0]:
            of = {key: [entry[name][key] for entry in rounds] for key in rounds[0][name]}
            copied = f"{median(of['copies']):.4f}" if copies else ""
            print(
                f"| {case} | {name} | {median(of['seconds']):.1f} | {median(of['span']):.1f} "
                f"| {median(of['recall']):.4f} | {median(of['trustworthiness']):.4f} | {copied} |",
                flush=True,
            )
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, help="needed for pixels")
    parser.add_argument("--latents", type=Path, help="needed for latents")
    parser.add_argument("--labels", type=Path, help="needed for pixels and latents")
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="measurements to write: .json")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--cases", default="latents,pixels", help="which of latents,pixels,hubs")
    args = parser.parse_args()
    args.folder = args.out.parent
    args.folder.mkdir(parents=True, exist_ok=True)
    found = {}
    cases = args.cases.split(",")
    files = {"latents": args.latents, "pixels": args.images}
    for case in cases:
        if case not in [*files, "hubs"]:
            parser.error(f"--cases: expected some of latents, pixels, hubs, found {case}")
        if case in files and not (files[case] and args.labels):
            parser.error(
                f"--cases {case} needs --{'images' if case == 'pixels' else case} and --labels"
            )
    if "hubs" in cases:
        found["hubs"] = hubs(args)
        args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        cases.remove("hubs")
    if cases:
        print(HEADING)
    for case in cases:
        path = files[case]
        points, known, rounds = flat(path), [], []
        for seed in range(args.rounds):
            entry = {}
            for name, tool in [("ours", ours), ("umap-learn", umap)]:
                out = args.folder / f"{name}.npy"
                seconds = tool(args, path, out, seed)
                entry[name] = {"seconds": seconds} | quality(args, points, known, out, seed)
                say(
                    f"{case} round {seed + 1}/{args.rounds}: {name} {seconds:.1f} s, "
                    + ", ".join(
                        f"{key} {value:.4f}" for key, value in list(entry[name].items())[1:]
                    )
                )
            rounds.append(entry)
            found[case] = rounds
            args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(
            f"\n## {case}, {points.shape[0]} x {points.shape[1]}, {args.threads} threads, "
            f"{args.rounds} rounds\n"
        )
        print(
            "| tool | seconds | recall | trustworthiness | NMI |\n| --- | ---: | ---: | ---: | "
            "---: |"
        )
        for name in rounds[0]:
            of = {key: [entry[name][key] for entry in rounds] for key in rounds[0][name]}
            print(
                f"| {name} | {median(of['seconds']):.1f} | {median(of['recall']):.4f} | "
                f"{median(of['trustworthiness']):.4f} | {mean(of['nmi']):.4f} |"
            )
        ratio = median(
            entry["umap-learn"]["seconds"] / entry["ours"]["seconds"] for entry in rounds
        )
        print(f"\numap-learn takes {ratio:.1f} times as long as ours.", flush=True)


if __name__ == "__main__":
    main()
