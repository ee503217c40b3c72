#!/usr/bin/env python3
"""Stands in for encode, with principal components in place of an autoencoder.

    make all ENCODE='python3 scripts/standins/encode_pca.py' WEIGHTS=artifacts/data/train-images.npy

The components are those of the images that --weights names. Given the weights of train-ae instead,
they are those of the images the network was trained on, which stand in the provenance beside it.
"""

import argparse
import json

import numpy as np
from threadpoolctl import threadpool_limits

from npy_io import fail, load, load_points, save


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", required=True, help=".npy, (n, height, width) or (n, pixels)")
    parser.add_argument("--weights", required=True, help="images to fit the components on: .npy")
    parser.add_argument("--out", required=True, help="latents to write: .npy, f4, (n, latent)")
    parser.add_argument(
        "--decode",
        help="what the components make of the latents, to write: .npy, f4, of the images' shape",
    )
    parser.add_argument("--latent", type=int, default=10, help="number of components (default 10)")
    parser.add_argument("--device", choices=["auto", "cpu"], help="this runs on the CPU")
    parser.add_argument("--threads", type=int, help="threads (default all cores)")
    return parser.parse_args()


def training_images(weights):
    """The images that `weights` were made from."""
    if weights.endswith(".npy"):
        return weights
    try:
        with open(f"{weights}.json", encoding="utf-8") as provenance:
            return json.load(provenance)["inputs"][0]["path"]
    except (OSError, ValueError, KeyError, IndexError) as error:
        fail(
            f"{weights}: expected images (.npy) or weights with their provenance beside them, "
            f"found {error!r}"
        )


def main():
    args = arguments()
    with threadpool_limits(args.threads):
        run(args)


def run(args):
    images = load_points(args.images)
    basis = load_points(training_images(args.weights))
    if images.shape[1] != basis.shape[1]:
        fail(f"{args.images}: expected images of {basis.shape[1]} pixels, found {images.shape[1]}")
    mean = basis.mean(axis=0, dtype="f8")
    centered = basis - mean.astype("f4")
    # The eigenvectors of the covariance, the largest first; their signs fixed, so that every run
    # agrees.
    _, vectors = np.linalg.eigh(centered.T @ centered)
    components = vectors[:, ::-1][:, : args.latent]
    components = components * np.sign(
        components[np.abs(components).argmax(axis=0), range(components.shape[1])]
    )
    latents = ((images - mean.astype("f4")) @ components).astype("f4")
    if args.decode:
        save(
            args.decode,
            (latents @ components.T + mean).astype("f4").reshape(load(args.images).shape),
        )
    save(args.out, latents)


if __name__ == "__main__":
    main()
