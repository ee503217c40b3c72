"""The programs, how tests run them, and a folder of small files that they can or cannot use."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np

from pipeline import BIN

PROGRAMS = [
    "fetch-data",
    "train-ae",
    "encode",
    "encode-onnx",
    "encode-pca",
    "encode-scattering",
    "cluster-kmeans",
    "cluster-gmm",
    "cluster-hdbscan",
    "embed-umap",
    "suggest-k",
    "select-clustering",
    "consensus",
    "evaluate",
    "report",
    "import-images",
    "import-vectors",
    "export-clusters",
    "find-duplicates",
    "find-outliers",
    "judge",
]


def run(program, *words, cwd):
    return subprocess.run(
        [BIN / program, *map(str, words)], cwd=cwd, capture_output=True, text=True
    )

class ProgramTest(unittest.TestCase):
    """A folder with small valid and invalid files, in which the tests run programs."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = Path(cls.temporary.name)
        rng = np.random.default_rng(0)
        images = rng.integers(256, size=(40, 4, 4), dtype="u1")
        cls.write("images.npy", images)
        cls.write("other-images.npy", rng.integers(256, size=(40, 2, 8), dtype="u1"))
        cls.write("more-images.npy", rng.integers(256, size=(40, 4, 4), dtype="u1"))
        cls.write("rows-of-pixels.npy", images.reshape(40, 16))
        cls.write("larger-images.npy", rng.integers(256, size=(10, 8, 8), dtype="u1"))
        cls.write("points.npy", rng.normal(size=(40, 3)).astype("f4"))
        cls.write("labels.npy", np.arange(40, dtype="u1") % 4)
        cls.write("assignments.npy", np.arange(40, dtype="i4") % 4)
        cls.command(
            "train-ae",
            "--images images.npy --out weights.safetensors --hidden 8 --latent 2 --epochs 1",
        )
        cls.command(
            "train-ae",
            "--images images.npy --out conv.safetensors --network conv --hidden 3 --latent 2 "
            "--epochs 1",
        )
        for kind in ["kmeans", "gmm"]:
            cls.command(
                f"cluster-{kind}", f"--points points.npy --out {kind}.npy --model {kind}.npz --k 2"
            )
        cls.command(
            "evaluate", "--assignments assignments.npy --labels labels.npy --out scores.json"
        )

        cls.write("nan.npy", np.where(np.arange(120).reshape(40, 3) == 7, np.nan, 1.0))
        cls.write("infinite-images.npy", np.full((40, 4, 4), np.inf, "f4"))
        cls.write("infinite-larger-images.npy", np.full((40, 8, 8), np.inf, "f4"))
        cls.write("objects.npy", np.array([{}, []], dtype=object))
        cls.write("complex.npy", np.zeros((40, 3), "c8"))
        cls.write("text.npy", np.full((40, 3), "a"))
        cls.write("one-dimension.npy", np.zeros(40))
        cls.write("five-dimensions.npy", np.zeros((2, 2, 2, 2, 2)))
        cls.write("no-rows.npy", np.zeros((0, 3)))
        cls.write("few.npy", np.zeros((3, 3)))
        cls.write("fractions.npy", np.full(40, 0.5))
        cls.write("short.npy", np.zeros(39, "i4"))
        cls.write("zeros.npy", np.zeros(40))
        cls.write("negative.npy", np.full(40, -2))
        cls.write("wide.npy", np.zeros((40, 5)))
        (cls.folder / "empty.npy").touch()
        (cls.folder / "notes.npy").write_text("not an array\n")
        (cls.folder / "truncated.npy").write_bytes((cls.folder / "points.npy").read_bytes()[:-9])
        (cls.folder / "truncated.safetensors").write_bytes(
            (cls.folder / "weights.safetensors").read_bytes()[:-9]
        )
        (cls.folder / "truncated.npz").write_bytes((cls.folder / "gmm.npz").read_bytes()[:-9])
        header = (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000), }".ljust(117)
            + "\n"
        )
        (cls.folder / "terabytes.npy").write_bytes(
            b"\x93NUMPY\x01\x00" + bytes([len(header), 0]) + header.encode()
        )

    @classmethod
    def write(cls, name, array):
        np.save(cls.folder / name, array, allow_pickle=True)

    @classmethod
    def command(cls, program, words, check=True):
        done = run(program, *words.split(), cwd=cls.folder)
        if check and done.returncode != 0:
            raise AssertionError(f"{program} {words}\n{done.stderr}")
        return done

    def refused(self, program, words, code, *told):
        """Expects `code` and one line with `told` from `program words`, and no changed file."""
        with self.subTest(f"{program} {words}"):
            before = sorted(os.listdir(self.folder))
            done = self.command(program, words, check=False)
            self.assertEqual(done.returncode, code, done.stderr)
            lines = done.stderr.strip().splitlines()
            self.assertEqual(len(lines), 1, done.stderr)
            self.assertNotIn("panicked", done.stderr)
            self.assertTrue(lines[0].startswith(f"{program}: "), lines[0])
            for word in told:
                self.assertIn(word, lines[0])
            self.assertEqual(sorted(os.listdir(self.folder)), before)
            if "os error" in lines[0]:
                self.assertEqual(lines[0].count("os error"), 1, "the cause is told once")
