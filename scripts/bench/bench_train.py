#!/usr/bin/env python3
"""Compares the speed of train-ae and encode with PyTorch's, and with that of matrix products.

    make bench-train
    make bench-train ROUNDS=3

In each round every tool takes the same number of steps of the same size, one tool after the other,
from the same first weights, on the images in an order of its own. PyTorch is timed within this
process, ours by `train-ae --bench`, without reading the images. Before that, their loss curves on
one batch, whose images need no order, have to agree. Then both encode the file of images into a
file of latents: first each as a process of its own, then without the time that a process needs to
start, which is what it takes for a single batch.
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
import torch
from safetensors.torch import load_file

WIDTHS = [784, 1500, 1000, 500, 10]
WARM_UP, CURVE = 3, 30
# Greatest relative difference of two loss curves. In f32 it is most often 1e-6, but a value next to
# 0 that rounds to the other side of a ReLU changes all later losses, and two runs of PyTorch differ
# as much.
AGREE = {"f32": 0.01, "tf32": 0.02, "bf16": 0.05}


def say(message):
    print(message, file=sys.stderr, flush=True)


def ours(args, images, *more):
    command = [
        args.bin / "train-ae",
        "--images",
        images,
        "--batch",
        args.batch,
        "--device",
        args.device,
        "--precision",
        args.precision,
        "--threads",
        args.threads,
        "--quiet",
        "--json",
        *more,
    ]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_train.py: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)["result"]


class PyTorch:
    """The same network, loss and optimizer, as one writes them."""

    def __init__(self, args, images, weights, fused=False, compiled=None):
        def chain(widths):
            layers = []
            for pair in zip(widths, widths[1:]):
                layers += [torch.nn.Linear(*pair), torch.nn.ReLU()]
            return torch.nn.Sequential(*layers[:-1])

        network = torch.nn.ModuleDict({"encoder": chain(WIDTHS), "decoder": chain(WIDTHS[::-1])})
        network.load_state_dict(weights)
        self.network = torch.nn.Sequential(network["encoder"], network["decoder"]).to(args.device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), fused=True if fused else None)
        self.args, self.images = args, images
        self.forward = torch.compile(self.network, mode=compiled) if compiled else self.network
        self.order, self.at = None, 0

    def step(self):
        if self.order is None or self.at + self.args.batch > len(self.order):
            self.order, self.at = torch.randperm(len(self.images), device=self.images.device), 0
        chosen = self.order[self.at : self.at + self.args.batch]
        self.at += self.args.batch
        batch = self.images[chosen].float() / 255
        self.optimizer.zero_grad()
        with torch.autocast(
            self.args.device.split(":")[0], torch.bfloat16, enabled=self.args.precision == "bf16"
        ):
            loss = torch.nn.functional.mse_loss(self.forward(batch).float(), batch)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def encode(self, images, out):
        """Encodes a file into a file and returns the seconds."""
        started = time.perf_counter()
        with torch.no_grad():
            images = torch.from_numpy(np.load(images).reshape(-1, WIDTHS[0]))
            latents = [
                self.network[0](block.to(self.args.device).float() / 255).cpu()
                for block in images.split(1000)
            ]
            np.save(out, torch.cat(latents).numpy())
        return time.perf_counter() - started

    def run(self, steps):
        """Returns the seconds that a step takes, on average."""
        for _ in range(WARM_UP):
            self.step().item()
        started = time.perf_counter()
        for _ in range(steps):
            loss = self.step()
        loss.item()
        return (time.perf_counter() - started) / steps


def process(*command):
    """Returns the seconds of a process from its start to its end."""
    started = time.perf_counter()
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return time.perf_counter() - started


def encoding(args, weights, few, many, here):
    """Times both tools on `many` images, as processes and without the start of a process.

    Returns the seconds, and the greatest difference of the latents.
    """
    theirs = here.with_name("latents-pytorch.npy")
    common = ["--threads", args.threads, "--device", args.device]
    script = [
        sys.executable,
        __file__,
        *common,
        "--bin",
        args.bin,
        "--out",
        args.out,
        "--images",
        many,
    ]
    encode = [
        args.bin / "encode",
        *common,
        "--weights",
        weights,
        "--quiet",
        "--out",
        here,
        "--images",
    ]
    network = PyTorch(args, None, load_file(weights))
    start_here, start_there = process(*encode, few), network.encode(few, theirs)
    pytorch, ours = process(*script, "--encode", weights, theirs), process(*encode, many)
    there = network.encode(many, theirs) - start_there
    largest = float(np.abs(np.load(theirs) - np.load(here)).max())
    return {
        "processes": [pytorch, ours],
        "without their starts": [there, ours - start_here],
    }, largest


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="measurements to write: .json")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=100, help="of each tool in each round")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--precision", default="f32", help="f32, bf16 or, on CUDA, tf32")
    parser.add_argument(
        "--no-compile",
        action="store_true",
        help="leave torch.compile out, which needs a C++ compiler and a minute",
    )
    parser.add_argument(
        "--encode",
        nargs=2,
        type=Path,
        metavar=("WEIGHTS", "LATENTS"),
        help="let PyTorch encode the images, and end",
    )
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.encode:
        PyTorch(args, None, load_file(args.encode[0])).encode(args.images, args.encode[1])
        return
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.backends.cuda.matmul.allow_tf32 = args.precision == "tf32"
    images = torch.from_numpy(np.load(args.images).reshape(-1, WIDTHS[0])).to(args.device)
    # A step too small to be seen leaves the first weights.
    start = args.out.parent / "start.safetensors"
    few, losses = args.out.parent / "few.npy", args.out.parent / "losses.csv"
    stored = np.load(args.images, mmap_mode="r")
    np.save(few, stored[: args.batch])
    many, count = args.images, len(images)
    if args.device != "cpu":
        # So many that a GPU takes longer for them than its start differs from one time to the next.
        many, count = args.out.parent / "many.npy", 10 * count
        np.save(many, np.concatenate([stored] * 10))
    ours(args, few, "--lr", "1e-30", "--epochs", "1", "--out", start, "--losses", losses)
    weights = load_file(start)
    ours(
        args,
        few,
        "--epochs",
        CURVE,
        "--out",
        args.out.parent / "end.safetensors",
        "--losses",
        losses,
    )
    curve = [float(line.split(",")[1]) for line in losses.read_text().splitlines()[1:]]

    tools = {"PyTorch": {}, "PyTorch, fused Adam": {"fused": True}}
    if not args.no_compile:
        tools["PyTorch, compiled, fused Adam"] = {"fused": True, "compiled": "default"}
        if args.device != "cpu":
            tools["PyTorch, compiled to CUDA graphs, fused Adam"] = {
                "fused": True,
                "compiled": "reduce-overhead",
            }
    for name, how in list(tools.items()):
        try:
            tool = PyTorch(args, images[: args.batch], weights, **how)
            found = [tool.step().item() for _ in range(CURVE)]
        except Exception as error:  # noqa: BLE001: whatever keeps torch.compile from working here
            if "compiled" not in how:
                raise
            del tools[name]
            say(f"{name}: left out, {str(error).splitlines()[0][:120]}")
            continue
        difference = max(abs(a - b) / a for a, b in zip(found, curve, strict=True))
        say(
            f"{name}: losses of {CURVE} steps on one batch from {found[0]:.4f} to {found[-1]:.4f}, "
            f"ours differ by {difference:.1e} at most"
        )
        if not difference < AGREE[args.precision]:
            sys.exit("bench_train.py: the loss curves do not agree")

    rounds = []
    for number in range(1, args.rounds + 1):
        entry = {
            name: PyTorch(args, images, weights, **how).run(args.steps)
            for name, how in tools.items()
        }
        found = ours(args, args.images, "--bench", args.steps)
        entry["ours"], entry["share"], entry["flops"] = (
            found["seconds_per_step"],
            found["floor_share"],
            found["products_flops"],
        )
        say(
            f"round {number}/{args.rounds}: "
            + ", ".join(f"{name} {1e3 * entry[name]:.4g} ms a step" for name in [*tools, "ours"])
        )
        entry["encode"], largest = encoding(args, start, few, many, args.out.parent / "latents.npy")
        times = ", ".join(
            f"{how} {theirs:.2f} and {here:.2f} s"
            for how, (theirs, here) in entry["encode"].items()
        )
        say(
            f"round {number}/{args.rounds}: encoding, PyTorch and ours, {times}, latents differ by "
            f"{largest:.1e} at most"
        )
        rounds.append(entry)
        args.out.write_text(json.dumps(rounds, indent=1) + "\n", encoding="utf-8")

    if many != args.images:
        many.unlink()
    print(
        f"\nBatches of {args.batch}, {args.device}, {args.precision}, {args.threads} threads, "
        f"medians of {args.rounds} rounds of {args.steps} steps.\n"
    )
    print("| tool | ms a step | images/s | time against ours |\n| --- | ---: | ---: | ---: |")
    for name in [*tools, "ours"]:
        step = median(entry[name] for entry in rounds)
        ratio = median(entry[name] / entry["ours"] for entry in rounds)
        print(f"| {name} | {1e3 * step:.4g} | {args.batch / step:.0f} | {ratio:.2f} |")
    print()
    for how in rounds[0]["encode"]:
        ratio = median(entry["encode"][how][0] / entry["encode"][how][1] for entry in rounds)
        print(
            f"Encoding {count} images, file to file, {how}: PyTorch takes {ratio:.2f} times as "
            f"long as ours."
        )
    share, flops = (
        median(entry["share"] for entry in rounds),
        median(entry["flops"] for entry in rounds),
    )
    floor = (
        "The matrix products alone"
        if args.device == "cpu"
        else "The matrix products and copying what the optimizer moves"
    )
    print(
        f"\n{floor} are {100 * share:.0f} % of our step; the products run at {flops / 1e9:.0f} "
        f"Gflop/s.",
        flush=True,
    )


if __name__ == "__main__":
    main()
