"""Points drawn as whole numbers times a power of two, so that moving and scaling them is exact.

A set of points is `base * 2^power`, whose `base` (n, d) holds whole numbers of few enough bits that
`base + shift` can be written in the dtype of its file without rounding. What a program makes of the
moved and scaled points can then be compared with what an oracle makes of `base`, in whose units
every tolerance here is given."""

from dataclasses import dataclass, replace

import numpy as np

# Bits of a significand.
BITS = {"f2": 11, "f4": 24, "f8": 53}
# Largest relative error of one rounding where distances are computed: in f32 for u1, f2 and f4,
# else in f64.
ROUNDING = {"f4": 2.0**-24, "f8": 2.0**-53}


@dataclass
class Points:
    """`base` (n, d) whole numbers as f8; stored as `base * 2^power` of `dtype`, moved by `shift`
    (d,) where asked."""

    base: np.ndarray
    dtype: str
    power: int
    shift: np.ndarray

    @property
    def rounding(self):
        """Unit roundoff of the type that distances are computed in."""
        return ROUNDING["f4" if self.dtype in ("u1", "f2", "f4") else "f8"]

    @property
    def scale(self):
        return 2.0**self.power

    def values(self, shift):
        """Exact values, as f8."""
        return (self.base + shift) * self.scale

    def array(self, moved=False, big=False, fortran=False):
        """As they are stored: of `dtype`, in either byte order, in C or Fortran order."""
        values = self.values(self.shift if moved else 0.0)
        array = values.astype(f"{'>' if big else '<'}{self.dtype}")
        if not np.array_equal(array.astype("f8"), values):
            raise ValueError(f"{self.dtype} does not hold these points exactly")
        return np.asfortranarray(array) if fortran else np.ascontiguousarray(array)

    def rows(self, chosen):
        return replace(self, base=self.base[chosen])

    def extent(self):
        """Largest distance of a point from the mean, in units of `base`."""
        return float(np.sqrt(((self.base - self.base.mean(axis=0)) ** 2).sum(axis=1).max()))


def draw(case, most=600, fewest=1, dtypes=None, columns=None, moves=True, scales=True):
    """Draws points of up to `most` rows, and notes what they are."""
    dtype = case.choose(
        "dtype",
        *(
            dtypes
            or (
                ["f4", "f8", "f2", "u1", "i1", "i2", "u2", "i4", "i8"],
                [14, 5, 1, 2, 1, 1, 1, 2, 2],
            )
        ),
    )
    n = case.note(
        "n", int(np.clip(np.exp(case.rng.uniform(np.log(fewest), np.log(most + 1))), fewest, most))
    )
    d = case.note("d", columns or int(case.rng.choice([1, 2, 3, 4, 7, 8, 16, 17, 33, 64, 100])))
    n = case.note("n", max(fewest, min(n, 40_000 // d)))
    # So many bits without the sign.
    bits = case.choose("bits", [{"u1": 7, "i1": 6, "f2": 9}.get(dtype, 10), 6, 3], [4, 3, 2])
    base = shape(case, n, d, bits)
    if dtype[0] == "u":
        base += 2.0**bits
    power, shift = 0, np.zeros(d)
    if dtype[0] == "f" and scales:
        most_power = {"f2": 3, "f4": 50, "f8": 300}[dtype]
        power = case.choose(
            "power",
            [0, case.integer("power", -6, 3), case.integer("power", -most_power, most_power)],
            [3, 1, 1],
        )
    if moves:
        # Room above `bits` that whole numbers, or significands, of this dtype have.
        room = {
            "u1": 7,
            "i1": 6,
            "i2": 14,
            "u2": 15,
            "i4": 30,
            "i8": 50,
            "f2": 10,
            "f4": 23,
            "f8": 50,
        }[dtype]
        size = case.choose("shift bits", [room, int(case.rng.integers(min(bits, room), room + 1))])
        shift = case.rng.integers(-(2**size), 2**size, size=d, endpoint=True).astype(float)
        shift[case.rng.random(d) < case.choose("unmoved columns", [0.0, 0.5], [3, 1])] = 0.0
        if dtype[0] == "u":
            shift = np.abs(shift)
        if dtype in ("u1", "i1", "f2"):
            shift[:] = 0.0
        shift = (
            np.clip(shift, -(2.0**room) + 2.0**bits, 2.0**room - 2.0 ** (bits + 1))
            if room > bits
            else shift
        )
    return Points(base, dtype, power, shift)


def shape(case, n, d, bits):
    """Whole numbers (n, d) of at most so many bits: blobs, noise, grids with ties, duplicates,
    lines, outliers."""
    rng, most = case.rng, 2.0**bits - 1
    kind = case.choose(
        "shape",
        ["blobs", "normal", "grid", "duplicates", "line", "tails", "constant"],
        [4, 2, 2, 2, 1, 1, 1],
    )
    if kind == "blobs":
        centers = rng.normal(size=(rng.integers(1, 9), d))
        values = centers[rng.integers(len(centers), size=n)] + rng.choice(
            [0.02, 0.1, 0.3]
        ) * rng.normal(size=(n, d))
        values *= most / 5
    elif kind == "grid":
        values = rng.integers(0, rng.integers(2, 6), size=(n, d)).astype(float)
    elif kind == "duplicates":
        distinct = rng.normal(size=(rng.integers(1, max(2, n // 3 + 1)), d)) * most / 4
        values = distinct[(len(distinct) * rng.random(n) ** 2).astype(int)]
    elif kind == "line":
        values = rng.normal(size=(n, 1)) * rng.normal(size=d) * most / 8
    elif kind == "tails":
        values = rng.standard_cauchy(size=(n, d)) * most / 200
    else:
        values = rng.normal(size=(n, d)) * most / 5
        if kind == "constant":
            values[:, rng.random(d) < 0.5] = rng.integers(-9, 9)
    return np.clip(np.round(values), -most, most)


def weights(case, n, zeros=True, wild=True):
    """Weights (n,) or None, and notes of which kind they are."""
    kind = case.choose(
        "weights", ["none", "whole", "real", "wild" if wild else "real"], [3, 1, 2, 1]
    )
    if kind == "none":
        return None
    rng = case.rng
    found = {
        "whole": lambda: rng.integers(1, 6, size=n).astype(float),
        "real": lambda: rng.random(n) + 0.1,
        "wild": lambda: 2.0 ** rng.integers(-20, 20, size=n),
    }[kind]()
    if zeros and case.chance(0.5):
        found[rng.random(n) < 0.2] = 0.0
        found[rng.integers(n)] = 1.0
    return found
