#!/usr/bin/env python3
"""Makes the digits that fetch-data carries, from scikit-learn's load_digits (1.9.1 was used).

Writes two gzipped IDX files, the format of MNIST, into crates/programs/fetch-data/data. Their bytes
depend on nothing but the data and zlib: no time, no path.

    python3 scripts/golden/make_digits.py
"""

import gzip
import struct
from pathlib import Path

from sklearn.datasets import load_digits

DATA = Path(__file__).resolve().parents[2] / "crates" / "programs" / "fetch-data" / "data"


def write_idx(name, array):
    """Writes an array as gzipped IDX.

    IDX has two zero bytes, 8 for unsigned bytes, the number of dimensions, each length as
    big-endian u32, then the bytes.
    """
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    (DATA / name).write_bytes(gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0))


def main():
    digits = load_digits()
    write_idx(
        "digits-images-idx3-ubyte.gz", digits.images.astype("u1")
    )  # (1797, 8, 8), levels 0..16
    write_idx("digits-labels-idx1-ubyte.gz", digits.target.astype("u1"))  # (1797,)


if __name__ == "__main__":
    main()
