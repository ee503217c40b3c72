#!/usr/bin/env python3
"""Stands in for encode-onnx with a network of timm or torchvision, on a GPU if there is one.

    python3 scripts/standins/encode_torch.py --images images.npy \\
        --model vit_small_patch14_dinov2.lvd142m --out features.npy

Needs numpy, pillow, torch, and timm or torchvision:

    pip install torch torchvision timm

The library loads the pretrained weights, from its cache or from the network. Size, mean and
deviation are those that the network was trained with, unless they are given. Features are those
before the classifier. The flags are those of encode-onnx where both have them.
"""

import argparse
import sys

import numpy as np

from npy_io import fail, save

IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
FILTERS = ("bilinear", "bicubic")


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--images", required=True, help=".npy, (n, height, width) or (n, height, width, 3)"
    )
    parser.add_argument("--model", required=True, help="name in timm or torchvision: resnet50, ...")
    parser.add_argument("--out", required=True, help="features to write: .npy, f4, (n, d)")
    parser.add_argument("--library", choices=["timm", "torchvision"], help="default timm if there")
    parser.add_argument(
        "--weights", choices=["default", "none"], default="default",
        help="none: random ones, to try a network out (default default)",
    )  # fmt: skip
    parser.add_argument("--size", help="side, or HxW (default that of the network)")
    parser.add_argument("--resize", choices=FILTERS, help="default that of the network")
    parser.add_argument("--mean", help="R,G,B or one number (default that of the network)")
    parser.add_argument("--std", help="R,G,B or one number (default that of the network)")
    parser.add_argument("--batch", type=int, default=64, help="images at once (default 64)")
    parser.add_argument("--threads", type=int, help="threads on the CPU (default all cores)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default auto)")
    args = parser.parse_args()
    args.size = args.size and sides(parser, args.size)
    args.mean = args.mean and numbers(parser, "--mean", args.mean)
    args.std = args.std and numbers(parser, "--std", args.std)
    if args.std and min(args.std) <= 0:
        parser.error(f"--std: expected numbers above 0, found {args.std}")
    if args.batch < 1:
        parser.error(f"--batch: expected at least 1, found {args.batch}")
    return args


def sides(parser, text):
    """Returns (height, width)."""
    words = text.lower().split("x")
    if len(words) > 2 or not all(word.isdigit() and int(word) > 0 for word in words):
        parser.error(f"--size: expected a side such as 224, or HxW, found {text}")
    return int(words[0]), int(words[-1])


def numbers(parser, option, text):
    """Returns three numbers, which may be one that is repeated."""
    try:
        found = [float(word) for word in text.split(",")]
    except ValueError:
        found = []
    if len(found) not in (1, 3) or not np.isfinite(found).all():
        parser.error(f"{option}: expected one or three finite numbers, found {text}")
    return found * (3 // len(found))


def main():
    args = arguments()
    try:
        import torch
    except ImportError:
        fail("expected PyTorch, found none; pip install torch torchvision timm")
    if args.threads:
        torch.set_num_threads(args.threads)
    images = open_images(args.images)
    network, own = load_network(args, images)
    device = args.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        network = network.eval().to(device)
    except (RuntimeError, AssertionError) as error:
        fail(f"--device {device}: {str(error).splitlines()[0]}")
    chosen = {key: getattr(args, key) or value for key, value in own.items()}
    parts = []
    for first in range(0, len(images), args.batch):
        inputs = prepared(images[first : first + args.batch], **chosen)
        with torch.inference_mode():
            output = network(torch.from_numpy(inputs).to(device))
        if output.ndim == 4:
            output = output.mean((2, 3))
        elif output.ndim == 3:
            output = output[:, 0]
        if output.ndim != 2:
            fail(f"{args.model}: expected features (n, d), found {tuple(output.shape)}")
        parts.append(output.float().cpu().numpy())
        if sys.stderr.isatty():
            done = min(first + args.batch, len(images))
            print(f"\r{done}/{len(images)} images", end="", file=sys.stderr)
    features = np.concatenate(parts)
    if not np.isfinite(features).all():
        fail(f"{args.model}: expected finite features, found others; check --mean and --std")
    save(args.out, features)
    print(
        f"{len(images)} images, resized to {chosen['size'][0]}x{chosen['size'][1]}, to "
        f"{features.shape[1]} features of {args.model} on {device}"
    )


def open_images(path):
    """Opens images as a memory map; their shape is checked here."""
    try:
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        fail(f"{path}: expected images in a .npy file, found {error}")
    color = images.ndim == 4 and images.shape[3] == 3
    if not (color or images.ndim == 3) or not len(images) or images.dtype.kind not in "uf":
        expected = "images (n, height, width) or (n, height, width, 3) of u1 or floats"
        fail(f"{path}: expected {expected}, found {images.dtype} {images.shape}")
    return images


def load_network(args, images):
    """Returns the network without its classifier, and its preprocessing."""
    pretrained = args.weights == "default"
    try:
        if args.library != "torchvision":
            try:
                return of_timm(args, pretrained)
            except ModuleNotFoundError as error:
                if args.library == "timm" or error.name != "timm":
                    raise
        return of_torchvision(args, pretrained)
    except ModuleNotFoundError as error:
        fail(f"expected timm or torchvision, found no {error.name}; pip install torchvision timm")
    except Exception as error:  # of many kinds: no such name, no network, no memory
        fail(f"{args.model}: cannot load it: {str(error).splitlines()[0] if str(error) else error}")


def of_timm(args, pretrained):
    import timm

    # Transformers take one size, which is chosen when they are made.
    size = {"img_size": args.size} if args.size and args.model.startswith(("vit", "swin")) else {}
    network = timm.create_model(args.model, pretrained=pretrained, num_classes=0, **size)
    found = timm.data.resolve_model_data_config(network)
    filter = found["interpolation"] if found["interpolation"] in FILTERS else "bicubic"
    own = {"size": tuple(found["input_size"][1:]), "resize": filter}
    return network, own | {"mean": list(found["mean"]), "std": list(found["std"])}


def of_torchvision(args, pretrained):
    import torch
    import torchvision

    weights = torchvision.models.get_model_weights(args.model).DEFAULT
    network = torchvision.models.get_model(args.model, weights=weights if pretrained else None)
    for name in ("fc", "classifier", "head", "heads"):
        if hasattr(network, name):
            setattr(network, name, torch.nn.Flatten())
            break
    else:
        fail(f"{args.model}: expected a classifier to leave out, found none; choose another")
    found = weights.transforms()
    (side,) = found.crop_size
    own = {"size": (side, side), "resize": found.interpolation.value}
    return network, own | {"mean": list(found.mean), "std": list(found.std)}


def prepared(images, size, resize, mean, std):
    """Returns images as (n, 3, height, width), resized as encode-onnx does, and normalized."""
    from PIL import Image

    kind = Image.Resampling[resize.upper()]
    made = np.empty((len(images), 3, *size), "f4")
    for at, image in enumerate(images):
        if image.shape[:2] != size:
            planes = np.moveaxis(np.atleast_3d(image), 2, 0)
            # Pillow resizes planes of floats, and levels of u1 with rounding.
            floats = image.dtype != np.uint8
            resized = [
                np.asarray(Image.fromarray(plane.astype("f4") if floats else plane).resize(
                    size[::-1], kind
                ))
                for plane in planes
            ]  # fmt: skip
            planes = np.stack(resized)
        else:
            planes = np.moveaxis(np.atleast_3d(image), 2, 0)
        made[at] = planes / np.float32(255 if image.dtype == np.uint8 else 1)
    shape = (1, 3, 1, 1)
    return (made - np.float32(mean).reshape(shape)) / np.float32(std).reshape(shape)


if __name__ == "__main__":
    main()
