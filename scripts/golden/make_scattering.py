"""Writes the golden file of the scattering transform with Kymatio, the reference in Python.

    pip install kymatio scipy numpy
    python scripts/golden/make_scattering.py

Writes crates/libraries/scattering/tests/golden/kymatio.json.
"""

import json
from pathlib import Path

import numpy as np
import scipy.special

# Kymatio 0.3 imports its transform of volumes too, and with it a function that SciPy has renamed;
# it is not called here.
scipy.special.sph_harm = getattr(scipy.special, "sph_harm", None)
from kymatio.numpy import Scattering2D  # noqa: E402

GOLDEN = Path(__file__).parents[2] / "crates/libraries/scattering/tests/golden"


def case(height: int, width: int, scales: int, angles: int) -> dict:
    """Returns an image and its transform.

    The sides are even numbers of windows, so that nothing but Kymatio's own margins is added.
    """
    rng = np.random.default_rng(height + width)
    image = np.round(rng.random((height, width)), 3)
    image[: height // 3] = 0
    transform = Scattering2D(J=scales, shape=(height, width), L=angles)
    scattered = transform(image)
    return {
        "height": height, "width": width, "scales": scales, "angles": angles,
        "image": image.ravel().tolist(), "shape": list(scattered.shape),
        "scattered": [float(f"{x:.7g}") for x in scattered.ravel()],
    }  # fmt: skip


def main() -> None:
    cases = [case(32, 32, 3, 8), case(16, 24, 2, 6), case(8, 8, 1, 8), case(24, 40, 3, 5)]
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / "kymatio.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
