#!/usr/bin/env python3
"""Compares what could run networks for encode-onnx: rten, tract and ONNX Runtime.

    python3 -m venv VENV
    VENV/bin/pip install numpy torch onnx onnxscript onnxruntime
    cargo build --release --manifest-path scripts/bench/runtimes/Cargo.toml --target-dir TARGET
    VENV/bin/python scripts/bench/bench_runtimes.py TARGET/release/runtimes MODEL.onnx...

`ort` is a binding of ONNX Runtime, whose own package for Python stands for it here. Each network
gets the same drawn images, BATCH of them, in each runtime, on one thread: one process after the
other, ROUNDS times in turn, CALLS calls each. The table has the largest difference of the output
from that of ONNX Runtime, relative to its largest value; the median milliseconds of an image; and
those to load and prepare the network. What a runtime refuses is said instead. With --vit FILE, a
vision transformer of the size of ViT-S/16 with random weights is first exported to that file.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime

BATCH = 8
ROUNDS = 3
CALLS = 3
SIDE = 224
HEAD = "| network | runtime | difference | ms an image | ms to load |"


def export_transformer(path):
    """Writes a vision transformer of 12 layers, 6 heads and 384 features."""
    import torch
    from torch import nn

    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches = nn.Conv2d(3, 384, 16, 16)
            self.places = nn.Parameter(0.02 * torch.randn(1, 196, 384))
            layer = nn.TransformerEncoderLayer(
                384, 6, 1536, 0.0, "gelu", batch_first=True, norm_first=True
            )
            self.layers = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)

        def forward(self, images):
            patches = self.patches(images).flatten(2).transpose(1, 2)
            return self.layers(patches + self.places).mean(1)

    torch.manual_seed(0)
    images = torch.zeros(BATCH, 3, SIDE, SIDE)
    torch.onnx.export(Transformer().eval(), (images,), path, dynamo=True, external_data=False)


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def images_for(model):
    """Draws images of the shape that the network takes; where it takes any, BATCH of SIDE."""
    rng = np.random.default_rng(0)
    shape = session(model).get_inputs()[0].shape
    free = [BATCH, 3, SIDE, SIDE]
    sizes = [size if isinstance(size, int) else free[at] for at, size in enumerate(shape)]
    return rng.standard_normal(sizes).astype(np.float32)


def onnx_runtime(model, images):
    start = time.perf_counter()
    found = session(model)
    load = time.perf_counter() - start
    feed = {found.get_inputs()[0].name: images}
    seconds = []
    for _ in range(CALLS):
        start = time.perf_counter()
        output = found.run(None, feed)[0]
        seconds.append(time.perf_counter() - start)
    return load, seconds, output


def other(program, runtime, model, images):
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "in.npy", Path(folder) / "out.npy"
        np.save(given, images)
        done = subprocess.run(
            [program, runtime, model, given, made, str(CALLS)],
            capture_output=True,
            text=True,
            env={**os.environ, "RUST_BACKTRACE": "0"},
        )
        if done.returncode:
            raise ValueError(done.stderr.strip().splitlines()[0].removeprefix("Error: "))
        told = json.loads(done.stdout)
        return told["load"], told["seconds"], np.load(made)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", help="the program that scripts/bench/runtimes builds")
    parser.add_argument("models", nargs="*", metavar="MODEL.onnx")
    parser.add_argument("--vit", metavar="FILE", help="export a vision transformer to this file")
    args = parser.parse_args()
    if args.vit:
        export_transformer(args.vit)
        args.models.append(args.vit)
    if not args.models:
        sys.exit("bench_runtimes.py: give at least one MODEL.onnx, or --vit FILE")
    print(HEAD)
    print("| --- " * (HEAD.count("|") - 1) + "|", flush=True)
    for model in args.models:
        try:
            images = images_for(model)
            expected = onnx_runtime(model, images)[2]
        except Exception as error:  # ONNX Runtime has errors of many types
            print(f"| {Path(model).stem} | ONNX Runtime | {str(error).splitlines()[0]} | | |")
            continue
        ways = {
            "ONNX Runtime": lambda: onnx_runtime(model, images),
            "rten": lambda: other(args.program, "rten", model, images),
            "tract": lambda: other(args.program, "tract", model, images),
        }
        loads, times, differences, refused = {}, {}, {}, {}
        for _ in range(ROUNDS):
            for way, run in ways.items():
                try:
                    load, seconds, output = run()
                except ValueError as error:
                    refused[way] = str(error)[:120]
                    continue
                loads.setdefault(way, []).append(load)
                times.setdefault(way, []).extend(seconds)
                scale = np.abs(expected).max()
                differences[way] = np.abs(output - expected).max() / scale
        for way in ways:
            if way in refused:
                cells = [refused[way], "", ""]
            else:
                each = 1000 * np.median(times[way]) / len(images)
                load = 1000 * np.median(loads[way])
                cells = [f"{differences[way]:.0e}", f"{each:.3g}", f"{load:.0f}"]
            print("| " + " | ".join([Path(model).stem, way, *cells]) + " |", flush=True)


if __name__ == "__main__":
    main()
