#!/usr/bin/env python3
"""Takes a subset of labeled images in which the classes are of very different sizes.

The sizes fall from MOST to LEAST in a geometric row, in an order of the classes that the seed
draws. The first images of each class are taken, in the order of the file.

Example:
    scripts/bench/take_unequal.py --images images.npy --labels labels.npy \\
        --out-images unequal.npy --out-labels unequal-labels.npy
"""

import argparse

import numpy as np


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", required=True, help=".npy, (n, height, width)")
    parser.add_argument("--labels", required=True, help=".npy, (n,)")
    parser.add_argument("--out-images", required=True, help=".npy to write")
    parser.add_argument("--out-labels", required=True, help=".npy to write")
    parser.add_argument("--most", type=int, default=5400, help="size of the largest class")
    parser.add_argument("--least", type=int, default=540, help="size of the smallest class")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    images, labels = np.load(args.images), np.load(args.labels)
    classes = np.unique(labels)
    order = np.random.default_rng(args.seed).permutation(len(classes))
    sizes = np.geomspace(args.least, args.most, len(classes)).astype(int)[order]
    of_class = [np.flatnonzero(labels == c)[:size] for c, size in zip(classes, sizes)]
    rows = np.sort(np.concatenate(of_class))
    np.save(args.out_images, images[rows])
    np.save(args.out_labels, labels[rows])
    print(f"{len(rows)} images, sizes of the classes {[len(of) for of in of_class]}")


if __name__ == "__main__":
    main()
