"""Every program, twice with 1, 2 and 5 threads: the same bytes."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np

from pipeline import BIN, digests
from programs import run
from stages import STAGES, command, prepare


class Threads(unittest.TestCase):
    def test_their_number_changes_no_byte(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            prepare(folder, rows=5000)
            for program, (_, outputs) in STAGES.items():
                knows = (
                    "--threads"
                    in subprocess.run(
                        [BIN / program, "--help"], capture_output=True, text=True, check=True
                    ).stdout
                )
                # Only fetch-data has no work for several threads.
                self.assertEqual(knows, program != "fetch-data")
                found = []
                for threads in [1, 2, 5, 1, 2, 5]:
                    shutil.rmtree(folder / "out", ignore_errors=True)
                    more = ["--threads", threads] if knows else []
                    subprocess.run(
                        command(program, *more), cwd=folder, check=True, capture_output=True
                    )
                    found.append(digests(folder / "out"))
                self.assertLessEqual(set(outputs), set(found[0]))
                for other in found[1:]:
                    self.assertEqual(other, found[0], program)
            # Predictions of a model for new points.
            for program, flags in [
                ("embed-umap", "--points points.npy --transform"),
                ("encode-scattering", "--images images.npy --transform"),
                ("cluster-kmeans", "--points points.npy --predict"),
                ("cluster-gmm", "--points points.npy --predict"),
                ("consensus", "--assignments a.npy b.npy c.npy --predict"),
            ]:
                shutil.rmtree(folder / "out")
                subprocess.run(command(program), cwd=folder, check=True, capture_output=True)
                found = set()
                for threads in [1, 2, 5]:
                    words = [
                        BIN / program,
                        *flags.split(),
                        "out/model.npz",
                        "--out",
                        "out/new.npy",
                        "--threads",
                        str(threads),
                    ]
                    subprocess.run(words, cwd=folder, check=True, capture_output=True)
                    found.add((folder / "out/new.npy").read_bytes())
                self.assertEqual(len(found), 1, program)

    def test_several_blocks_of_work_give_the_same_bytes(self):
        """Enough rows for several blocks of work, and augmented batches that are not full."""
        rng = np.random.default_rng(1)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            np.save(folder / "images.npy", rng.integers(256, size=(3000, 10, 10), dtype="u1"))
            points = rng.normal(size=(9000, 6)).astype("f4") + rng.integers(5, size=(9000, 1))
            np.save(folder / "points.npy", points)
            outputs = {}
            # The last of the batches is a single image.
            changes = "--scale 0.3 --blur 1 --shift 1 --batch 2999"
            for threads in [1, 2, 5]:
                for program, words in [
                    (
                        "train-ae",
                        "--images images.npy --out w.safetensors --hidden 300,200 --epochs 2 "
                        "--validation images.npy",
                    ),
                    (
                        "encode",
                        "--images images.npy --weights w.safetensors --out latents.npy --decode "
                        "decoded.npy",
                    ),
                    (
                        "train-ae",
                        f"--images images.npy --out conv.safetensors --network conv --hidden 8,16 "
                        f"--epochs 1 {changes}",
                    ),
                    (
                        "encode",
                        "--images images.npy --weights conv.safetensors --out conv.npy --decode "
                        "conv-decoded.npy",
                    ),
                    (
                        "train-ae",
                        f"--images images.npy --out changed.safetensors --hidden 300 --epochs 1 "
                        f"{changes}",
                    ),
                    (
                        "cluster-kmeans",
                        "--points points.npy --search split-merge --out k.npy --model k.npz",
                    ),
                    ("cluster-gmm", "--points points.npy --out g.npy --model g.npz --proba p.npy"),
                ]:
                    done = run(program, *words.split(), "--threads", threads, cwd=folder)
                    self.assertEqual(done.returncode, 0, done.stderr)
                for name in [
                    "w.safetensors",
                    "losses.csv",
                    "latents.npy",
                    "decoded.npy",
                    "conv.safetensors",
                    "conv.npy",
                    "conv-decoded.npy",
                    "changed.safetensors",
                    "k.npy",
                    "k.npz",
                    "g.npy",
                    "g.npz",
                    "p.npy",
                ]:
                    outputs.setdefault(name, set()).add((folder / name).read_bytes())
            for name, versions in outputs.items():
                self.assertEqual(len(versions), 1, f"{name} differs between 1, 2 and 5 threads")


if __name__ == "__main__":
    unittest.main()
