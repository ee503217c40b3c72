"""Every program, twice with 1, 2 and 5 threads: the same bytes."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from pipeline import BIN, digests
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


if __name__ == "__main__":
    unittest.main()
