#!/usr/bin/env python3
"""Measures how well find-duplicates finds duplicates that are put in, beside perceptual hashes.

    scripts/bench/bench_duplicates.py --bin target/release --images photos
    scripts/bench/bench_duplicates.py --bin target/release --images fashion.npy --limit 5000

Needs NumPy, Pillow and ImageHash: python3 -m venv VENV; VENV/bin/pip install pillow imagehash.

Images are those of a folder, or of an array (n, height, width). For each kind of change, some of
them get a changed copy beside them: the same bytes, a JPEG, a crop scaled back, another brightness,
a rotation and others. These files go through import-images and encode-scattering. Then
find-duplicates gets the pixels and the features, with the threshold that it finds itself. phash and
dhash of 64 bits get the files, at distances that are usual for them; they compare all pairs.

A pair of files is right if both come from the same image. Recall is the share of the changed copies
that are in one group with their image, or whose hash is near to its. Precision is the share of
right pairs among all pairs found, and false is the number of pairs that are not right. The kind
none has no changed copies: pairs found there are in the images themselves, which may have real
duplicates, and count as false in all rows.
"""

import argparse
import csv
import io
import json
import subprocess
import sys
import tempfile
from itertools import combinations
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image, ImageEnhance

# Hamming distances up to which files count as duplicates; imagededup takes 10, many take 4 or less.
LIMITS = [0, 4, 10]


def jpeg(image, quality):
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert(image.mode)


def crop(image, share):
    """Keeps the middle, `share` of each side, and scales it back."""
    width, height = image.size
    x, y = width * (1 - share) / 2, height * (1 - share) / 2
    return image.resize(image.size, Image.Resampling.BICUBIC, (x, y, width - x, height - y))


def rotate(image, degrees):
    corner = image.getpixel((0, 0))
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=corner)


def half(image):
    width, height = image.size
    small = image.resize((width // 2, height // 2), Image.Resampling.LANCZOS)
    return small.resize(image.size, Image.Resampling.BICUBIC)


KINDS = {
    "none": None,
    "copy": lambda image: image,
    "JPEG, quality 75": lambda image: jpeg(image, 75),
    "JPEG, quality 30": lambda image: jpeg(image, 30),
    "brightness 1.1": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "brightness 0.7": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "crop to 95 %": lambda image: crop(image, 0.95),
    "crop to 85 %": lambda image: crop(image, 0.85),
    "rotation 2 degrees": lambda image: rotate(image, 2),
    "rotation 5 degrees": lambda image: rotate(image, 5),
    "half the size": half,
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_duplicates.py: {command[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def load(path, limit):
    """The images, evenly taken if there are more than `limit`."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in {".png", ".jpg"})
        return [Image.open(files[row]).convert("RGB") for row in even(len(files), limit)]
    images = np.load(path, mmap_mode="r")
    return [Image.fromarray(np.array(images[row])) for row in even(len(images), limit)]


def even(count, limit):
    """At most `limit` evenly spaced rows of `count`."""
    limit = min(limit, count)
    return [i * count // limit for i in range(limit)]


def put(images, change, share, folder):
    """Writes the images, and changed copies of some; gives the number of copies."""
    folder.mkdir()
    for i, image in enumerate(images):
        image.save(folder / f"{i:06}.png")
    if change is None:
        return 0
    count = max(1, round(share * len(images)))
    for at in range(count):
        i = at * len(images) // count
        change(images[i]).save(folder / f"{i:06}-changed.png")
    return count


def original(name):
    return name[:6]


def grouped_pairs(table):
    """The pairs of files in the same group of duplicates.csv."""
    groups = {}
    with open(table, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            groups.setdefault(row["group"], []).append(row["file"])
    return {tuple(sorted(pair)) for files in groups.values() for pair in combinations(files, 2)}


def hashed_pairs(folder, function):
    """The pairs of files by the Hamming distance of their hashes, up to the largest limit."""
    files = sorted(folder.iterdir())
    bits = [function(Image.open(file)).hash.ravel() for file in files]
    bits = np.array(bits, dtype="f4")
    # Of bits a and b, a + b - 2 a b differ.
    distance = bits.sum(1)[:, None] + bits.sum(1)[None, :] - 2 * bits @ bits.T
    found = {}
    for a, b in np.argwhere(np.triu(distance <= max(LIMITS), 1)):
        found[(files[a].name, files[b].name)] = int(distance[a, b])
    return found


def score(pairs, copies):
    """Recall, precision and the number of false pairs."""
    right = sum(original(a) == original(b) for a, b in pairs)
    return {
        "recall": right / copies if copies else None,
        "precision": right / len(pairs) if pairs and copies else None,
        "false": len(pairs) - right,
    }


def find(args, folder, scratch):
    """The pairs of each system in the files of a folder, and what find-duplicates says."""
    images, features = scratch / "images.npy", scratch / "features.npy"
    names = scratch / "names.csv"
    run(args.bin / "import-images", "--from", folder, "--out", images, "--names", names)
    run(args.bin / "encode-scattering", "--images", images, "--out", features)
    systems, notes = {}, {}
    for name, points in (("pixels", images), ("scattering", features)):
        table = scratch / f"{name}.csv"
        command = [args.find or args.bin / "find-duplicates", "--points", points, "--names", names]
        result = json.loads(run(*command, "--out", table, "--json", *args.flags))["result"]
        systems[name], notes[name] = grouped_pairs(table), result.get("chance")
    for name, function in (("phash", imagehash.phash), ("dhash", imagehash.dhash)):
        distances = hashed_pairs(folder, function)
        for limit in LIMITS:
            systems[f"{name} {limit}"] = {pair for pair, bits in distances.items() if bits <= limit}
    return systems, notes


def cell(result):
    percent = lambda value: "" if value is None else f"{100 * value:.0f}"
    return f"{percent(result['recall'])} / {percent(result['precision'])} / {result['false']}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bin", type=Path, required=True, help="folder of the programs")
    parser.add_argument("--find", type=Path, help="find-duplicates, if it lies elsewhere")
    parser.add_argument("--images", type=Path, required=True, help="folder, or .npy of gray images")
    parser.add_argument("--limit", type=int, default=1000, help="most images (default 1000)")
    parser.add_argument("--share", type=float, default=0.1, help="share changed (default 0.1)")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), help="kinds of changes")
    parser.add_argument("--flags", nargs=argparse.REMAINDER, default=[], help="of find-duplicates")
    args = parser.parse_args()
    images = load(args.images, args.limit)
    print(f"{len(images)} images of {args.images.name}, {args.share:.0%} with a changed copy")
    print("each cell: recall % / precision % / false pairs")
    for number, kind in enumerate(args.kinds):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "images"
            copies = put(images, KINDS[kind], args.share, folder)
            systems, notes = find(args, folder, Path(scratch))
        if number == 0:
            print(f"\n| kind | {' | '.join(systems)} | chance |")
            print(f"| --- {'| --- ' * len(systems)}| --- |")
        cells = [cell(score(pairs, copies)) for pairs in systems.values()]
        thresholds = ", ".join(f"{notes[name]:.1e}" for name in ("pixels", "scattering"))
        print(f"| {kind} | {' | '.join(cells)} | {thresholds} |", flush=True)


if __name__ == "__main__":
    main()
