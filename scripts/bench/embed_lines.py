#!/usr/bin/env python3
"""Embeds lines of text, for benchmarks on vectors as people have them.

    pip download wordllama==0.4.0.post1 --no-deps --dest wheels
    pip install tokenizers
    python scripts/bench/embed_lines.py --wheel wheels/wordllama-*.whl --text FOLDER \
        --lines 50000 --out text.npy
    .venv-bench/bin/python scripts/bench/bench_peers.py --cases text-k1000 --text text.npy

The wheel of WordLlama holds vectors of 256 dimensions for the tokens of a language model; a line
becomes the mean of its tokens, scaled to length 1, as WordLlama does. The text is what stands in
the .py, .md, .rst and .txt files of a folder: lines of eight words and more, each once, in the
order of their hashes, so that those of one file do not follow one another.
"""

import argparse
import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path

import numpy as np

WEIGHTS = "wordllama/weights/l2_supercat_256.safetensors"
TOKENIZER = "wordllama/tokenizers/l2_supercat_tokenizer_config.json"
WORDS = re.compile(r"[A-Za-z]{2,}")


def text_lines(folder, count):
    """Returns `count` different lines of eight words and more."""
    found = set()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".md", ".rst", ".txt") and path.is_file():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            found.update(line.strip() for line in lines if len(WORDS.findall(line)) >= 8)
    lines = sorted(found, key=lambda line: hashlib.sha256(line.encode()).digest())
    if len(lines) < count:
        sys.exit(f"{folder}: expected {count} lines of eight words, found {len(lines)}")
    return lines[:count]


def vectors(wheel):
    """Returns the vectors of all tokens `(tokens, 256)` and the tokenizer."""
    from tokenizers import Tokenizer

    with zipfile.ZipFile(wheel) as files:
        weights = files.read(WEIGHTS)
        tokenizer = Tokenizer.from_str(files.read(TOKENIZER).decode())
    # safetensors: the length of a JSON header, the header, and the arrays.
    start = 8 + int.from_bytes(weights[:8], "little")
    header = json.loads(weights[8:start])
    (about,) = (value for name, value in header.items() if name != "__metadata__")
    first, end = about["data_offsets"]
    dtype = {"F16": "<f2", "F32": "<f4"}[about["dtype"]]
    array = np.frombuffer(weights[start + first : start + end], dtype)
    return array.reshape(about["shape"]).astype("f4"), tokenizer


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wheel", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True, help="folder with text files")
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--out", type=Path, required=True, help="embeddings to write: .npy, f4")
    args = parser.parse_args()
    table, tokenizer = vectors(args.wheel)
    points = np.empty((args.lines, table.shape[1]), "f4")
    for row, line in enumerate(text_lines(args.text, args.lines)):
        tokens = tokenizer.encode(line, add_special_tokens=False).ids
        points[row] = table[tokens].mean(axis=0)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    np.save(args.out, points)


if __name__ == "__main__":
    main()
