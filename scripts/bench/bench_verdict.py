#!/usr/bin/env python3
"""Compares the clustering that judge takes, without labels, with the scores by labels.

For each --set `make all` clusters the images, with as many groups as there are classes. judge takes
one of the systems; the table gives its ACC and NMI beside the best and the worst of the systems,
and those of the consensus. Its last columns are about groups of the one taken that judge says are
in two pieces: how many, and the mean purity of these and of the others.

A set is given as in bench_k.py.

Example:
    scripts/bench/bench_verdict.py --set digits images.npy labels.npy --out verdict.md
"""

import argparse
import csv
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from bench_k import take

ROOT = Path(__file__).resolve().parents[2]
HEAD = (
    "| set | images | classes | taken | ACC taken | consensus | best | worst "
    "| NMI taken | consensus | best | worst | in pieces | purity | of others |"
)


def cluster(images, labels, folder):
    """Runs the pipeline; the folder then has its artifacts."""
    np.save(folder / "images.npy", images)
    np.save(folder / "labels.npy", labels.astype(np.int32))
    words = {
        "IMAGES": folder / "images.npy",
        "TRAIN_LABELS": folder / "labels.npy",
        "K": len(np.unique(labels)),
        "ARTIFACTS": folder / "artifacts",
        "PAGE": "",
        "MAP": "",
    }
    command = ["make", "all", *(f"{name}={value}" for name, value in words.items())]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def purities(assignments, labels):
    """Returns the purity of each group that has members."""
    return {
        int(group): np.bincount(labels[assignments == group]).max() / (assignments == group).sum()
        for group in np.unique(assignments)
    }


def mean(values):
    return f"{np.mean(values):.3f}" if values else ""


def row(name, images, labels):
    """Returns the cells of a set, and whether the best and the consensus are beaten or met."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        cluster(images, labels, folder)
        artifacts = folder / "artifacts"
        scores = {}
        for path in sorted((artifacts / "scores").glob("*.json")):
            found = json.loads(path.read_text())
            if "splits" in found:
                scores[path.stem] = found["splits"]["train"]
        taken = json.loads((artifacts / "verdict.md.json").read_text())["result"]["chosen"]
        of_group = purities(np.load(artifacts / f"clusters/{taken}/train.npy"), labels)
        with open(artifacts / "verdict-groups.csv", newline="") as table:
            remarks = {int(line["group"]): line["remark"] for line in csv.DictReader(table)}
    pieces = [of_group[group] for group, remark in remarks.items() if "two pieces" in remark]
    whole = [of_group[group] for group, remark in remarks.items() if "two pieces" not in remark]
    cells = [name, f"{len(images):,}", len(np.unique(labels)), taken]
    for metric in ("acc", "nmi"):
        values = [score[metric] for score in scores.values()]
        shown = (scores[taken][metric], scores["umap-consensus"][metric], max(values), min(values))
        cells += [f"{value:.3f}" for value in shown]
    return [*cells, len(pieces), mean(pieces), mean(whole)]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", action="append", nargs="+", required=True, metavar="WORD")
    parser.add_argument("--out", help="write the table to this file, too")
    args = parser.parse_args()
    lines = [HEAD, "| --- " * (HEAD.count("|") - 1) + "|"]
    print("\n".join(lines), flush=True)
    for name, images, labels, *choice in args.set:
        images, labels = np.load(images), np.load(labels)
        if choice:
            classes = [int(c) for c in choice[0].split(",")]
            images, labels = take(name, images, labels, classes, *map(int, choice[1:]))
        lines.append("| " + " | ".join(map(str, row(name, images, labels))) + " |")
        print(lines[-1], flush=True)
    if args.out:
        Path(args.out).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
