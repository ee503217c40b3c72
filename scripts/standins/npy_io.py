"""Reads and writes arrays for the stand-ins of stages, with errors of one line."""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np


def fail(message):
    sys.exit(f"{Path(sys.argv[0]).name}: {message}")


def load(path):
    """Reads an .npy array or an .npz archive; never loads a pickle."""
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        fail(f"{path}: expected a NumPy file, found {error}")


def load_points(path):
    """Reads points (n, d).

    Images (n, height, width) or (n, height, width, 3) are flattened, and divided by 255 when they
    are u1.
    """
    points = load(path)
    if points.ndim not in (2, 3) and not (points.ndim == 4 and points.shape[3] == 3):
        expected = "(n, d), (n, height, width) or (n, height, width, 3)"
        fail(f"{path}: expected shape {expected}, found {points.shape}")
    if points.ndim > 2:
        scale = 255 if points.dtype == np.uint8 else 1
        points = points.reshape(len(points), -1).astype("f4") / np.float32(scale)
    elif points.dtype.kind != "f":
        points = points.astype("f8")
    if not np.isfinite(points).all():
        fail(f"{path}: expected finite numbers, found NaN or infinity")
    return points


def save(path, array):
    write_atomic(path, lambda file: np.save(file, array))


def save_npz(path, **arrays):
    write_atomic(path, lambda file: np.savez(file, **arrays))


def write_atomic(path, write):
    """Calls `write` with a temporary file and renames it to `path`.

    So `path` is complete or not there.
    """
    path = Path(path)
    name = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False
        ) as file:
            name = file.name
            write(file)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException as error:
        if name is not None:
            os.unlink(name)
        if isinstance(error, OSError):
            fail(f"{path}: cannot write: {error.strerror}")
        raise
