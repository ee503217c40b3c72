#!/usr/bin/env python3
"""Prints the criterion by which each run of a study kept a clustering, beside its scores.

    scripts/make/criteria.py FOLDER...

Each FOLDER is that of one run. The criterion is read from clusters/umap-candidates.csv, the scores
from scores/umap-consensus.json if there are any. Neither is used for anything else: this table only
shows how far the criterion, which knows no labels, goes along with them.
"""

import csv
import json
import sys
from pathlib import Path


def row(folder):
    """Returns the cells of one run, or None without a table of candidates of ours."""
    try:
        with open(folder / "clusters/umap-candidates.csv", newline="") as file:
            candidates = list(csv.DictReader(file))
    except OSError:
        return None
    kept = next((candidate for candidate in candidates if candidate.get("kept") == "yes"), None)
    if kept is None:
        return None
    others = [float(candidate["criterion"]) for candidate in candidates if candidate is not kept]
    cells = [folder.name, f"{float(kept['criterion']):.4f}"]
    cells.append(f"{min(others):.4f} to {max(others):.4f}" if others else "")
    cells += [f"{float(kept[name]):.4f}" if kept[name] else "" for name in INFORMATION]
    try:
        scores = json.loads((folder / "scores/umap-consensus.json").read_text())
        train = next(iter(scores["splits"].values()))
        cells += [f"{train[name]:.4f}" for name in ("acc", "nmi")]
    except (OSError, KeyError, StopIteration):
        cells += ["", ""]
    return cells


INFORMATION = ("entropy", "conditional_entropy")
HEAD = ["run", "criterion, kept", "criterion, others", "H(z)", "H(z given x)", "ACC", "NMI"]


def main():
    rows = [found for folder in sys.argv[1:] if (found := row(Path(folder)))]
    if not rows:
        return
    print("\nThe criterion of umap-consensus, which knows no labels, beside its scores:\n")
    print("| " + " | ".join(HEAD) + " |")
    print("| " + " | ".join("---" for _ in HEAD) + " |")
    for cells in rows:
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
