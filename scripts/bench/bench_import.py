#!/usr/bin/env python3
"""Compares import-images with Pillow on all cores, in time and memory.

    scripts/bench/bench_import.py --bin target/release/import-images
    scripts/bench/bench_import.py --bin target/release/import-images --files 20000 --side 256

Needs numpy and Pillow: python3 -m venv VENV; VENV/bin/pip install numpy pillow.

Makes JPEG files in a temporary folder. In each round import-images and a pool of processes with
Pillow, one for each core, turn them into the same .npy, one after the other: decode, resize by the
same filter, save. Pillow runs twice: as Image.open, convert and resize do by themselves, and after
Image.draft, by which libjpeg may decode a smaller image. Times are those of whole processes. Peak
memory is the sum over the processes of a run, without pages of files; what several processes share
counts once.
"""

import argparse
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing import Pool
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

DISTINCT = 500
TOOLS = ["import-images", "pillow", "pillow draft"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", help="import-images, built with --release")
    parser.add_argument("--files", type=int, default=100_000, help="files (default 100000)")
    parser.add_argument("--side", type=int, default=128, help="side of the files (default 128)")
    parser.add_argument("--size", type=int, default=64, help="side of the rows (default 64)")
    parser.add_argument("--color", choices=["rgb", "gray"], default="rgb")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--pillow", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.pillow:
        folder, out, draft = args.pillow
        return import_with_pillow(Path(folder), out, args.size, args.color, draft == "draft")
    if not args.bin:
        parser.error("expected --bin, the path of import-images")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        length = make_files(folder, args.files, args.side)
        print(
            f"{args.files} JPEG files of {args.side} x {args.side} pixels, "
            f"{length / args.files:.0f} bytes each, to {args.size} x {args.size} {args.color}; "
            f"{os.cpu_count()} cores, Pillow {Image.__version__}"
        )
        measure(args, folder, Path(scratch))
    return None


def make_files(folder, count, side):
    """Writes JPEG files, each different, a thousand in a folder; returns their length together."""
    random = np.random.default_rng(0)
    distinct = []
    for _ in range(DISTINCT):
        coarse = random.integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8)
        image = np.asarray(Image.fromarray(coarse).resize((side, side), Image.BICUBIC), dtype=int)
        noisy = np.clip(image + random.normal(0, 6, image.shape), 0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(noisy).save(file, "JPEG", quality=80)
        distinct.append(file.getvalue())
    length = 0
    for number in range(count):
        data = distinct[number % DISTINCT]
        # A comment with the number makes each file another.
        data = data[:2] + b"\xff\xfe\x00\x0a" + b"%08d" % number + data[2:]
        path = folder / f"{number // 1000}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        length += len(data)
    return length


def measure(args, folder, scratch):
    """Runs all rounds and prints medians."""
    seconds, memory = {tool: [] for tool in TOOLS}, {tool: [] for tool in TOOLS}
    for number in range(args.rounds):
        for tool in TOOLS:
            out = scratch / f"{tool.replace(' ', '-')}.npy"
            taken, peak = timed(command(args, tool, folder, out))
            seconds[tool].append(taken)
            memory[tool].append(peak)
            print(f"round {number + 1}/{args.rounds}: {tool} {taken:.2f} s, {peak >> 20} MiB")
    arrays = [np.load(scratch / f"{tool.replace(' ', '-')}.npy", mmap_mode="r") for tool in TOOLS]
    for tool, array in zip(TOOLS, arrays):
        ratio = median(a / b for a, b in zip(seconds[tool], seconds[TOOLS[0]]))
        difference = np.abs(array[:1000].astype(int) - arrays[0][:1000]).mean()
        print(
            f"{tool:14} {median(seconds[tool]):7.2f} s  {ratio:5.2f} times ours  "
            f"{max(memory[tool]) >> 20:5} MiB  mean difference {difference:.2f} levels"
        )


def command(args, tool, folder, out):
    """The command line by which a tool imports the files."""
    if tool == "import-images":
        names = out.with_suffix(".csv")
        size = ["--size", str(args.size), "--color", args.color, "--invert", "no"]
        return [args.bin, "--from", folder, "--out", out, "--names", names, "--quiet", *size]
    mode = "draft" if tool.endswith("draft") else "whole"
    size = ["--size", str(args.size), "--color", args.color]
    return [sys.executable, __file__, "--pillow", folder, out, mode, *size]


def timed(words):
    """Runs a command; returns its seconds and the peak memory of it and its children."""
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL)
    peaks = [0]
    watcher = threading.Thread(target=watch, args=(process, peaks))
    watcher.start()
    code = process.wait()
    taken = time.perf_counter() - start
    watcher.join()
    if code:
        sys.exit(f"bench_import.py: {words[0]} failed with {code}")
    return taken, max(peaks)


def watch(process, peaks):
    """Adds the memory of a process and its children to `peaks` until it ends."""
    while process.poll() is None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        try:
            pids = [process.pid, *map(int, children.read_text().split())]
        except OSError:
            break
        peaks.append(sum(map(resident, pids)))
        time.sleep(0.2)


def resident(pid):
    """Bytes that a process has in memory but not in files, shared ones by their share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))


# ------------------------------------------------------------------------------------- Pillow


def import_with_pillow(folder, out, size, color, draft):
    """Turns the files of a folder into rows of an array, with a process for each core."""
    # A folder has a thousand numbers in a row, so this is the order of import-images, too.
    paths = sorted(folder.rglob("*.jpg"), key=lambda path: int(path.stem))
    tasks = [(path, size, "RGB" if color == "rgb" else "L", draft) for path in paths]
    shape = (len(paths), size, size, *([3] if color == "rgb" else []))
    rows = np.lib.format.open_memmap(out, "w+", np.uint8, shape)
    # import-images writes a provenance with the hash of the array.
    digest = hashlib.sha256()
    with Pool(os.cpu_count()) as pool:
        for row, values in enumerate(pool.imap(pillow_row, tasks, chunksize=64)):
            rows[row] = values
            digest.update(values)
    rows.flush()


def pillow_row(task):
    """Decodes and resizes one file."""
    path, size, mode, draft = task
    with Image.open(path) as image:
        if draft:
            image.draft(mode, (size, size))
        return np.asarray(image.convert(mode).resize((size, size), Image.BILINEAR))


if __name__ == "__main__":
    main()
