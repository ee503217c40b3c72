"""What all programs have in common: help, JSON, convergence, interruption."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

from programs import BIN, PROGRAMS, ProgramTest


class Programs(ProgramTest):
    def test_help_and_version(self):
        for program in PROGRAMS:
            with self.subTest(program):
                shown = self.command(program, "--help").stdout
                self.assertTrue(shown.startswith(f"Usage: {program} "), shown)
                self.assertIn("Examples:", shown)
                if program != "evaluate":
                    self.assertIn("(default ", shown)
                self.assertRegex(
                    self.command(program, "--version").stdout, rf"^{program} \d+\.\d+\.\d+\n$"
                )

    def test_every_result_is_a_line_of_json_where_that_is_wanted(self):
        """`--json`: one line on stdout, the provenance as it lies beside the output.

        `--quiet`: nothing on stderr.
        """
        (self.folder / "j").mkdir()
        for program, words, out in [
            ("fetch-data", "--dataset synthetic --count 20 --out-dir j", "j/train-images.npy"),
            (
                "train-ae",
                "--images images.npy --out j/w.safetensors --hidden 8 --latent 2 --epochs 2",
                "j/w.safetensors",
            ),
            (
                "encode",
                "--images images.npy --weights weights.safetensors --out j/l.npy --decode j/d.npy",
                "j/l.npy",
            ),
            (
                "encode-scattering",
                "--images larger-images.npy --out j/f.npy --dims 3 --scales 1 --angles 2",
                "j/f.npy",
            ),
            ("cluster-kmeans", "--points points.npy --out j/k.npy --k 2", "j/k.npy"),
            ("cluster-kmeans", "--points points.npy --out j/k.csv --select-k 2..3", "j/k.csv"),
            ("cluster-kmeans", "--points points.npy --out j/p.npy --predict kmeans.npz", "j/p.npy"),
            (
                "cluster-kmeans",
                "--points points.npy --out j/b.npy --k 2 --algorithm minibatch",
                "j/b.npy",
            ),
            (
                "cluster-kmeans",
                "--points points.npy --out j/c.npy --k 2 --metric cosine --distances j/e.npy",
                "j/c.npy",
            ),
            ("cluster-gmm", "--points points.npy --out j/g.npy --k 2", "j/g.npy"),
            ("cluster-gmm", "--points points.npy --out j/g.csv --select-k 1..2", "j/g.csv"),
            ("cluster-gmm", "--points points.npy --out j/q.npy --predict gmm.npz", "j/q.npy"),
            (
                "embed-umap",
                "--points points.npy --out j/m.npy --dims 2 --neighbors 5 --epochs 10",
                "j/m.npy",
            ),
            ("embed-umap", "--points points.npy --neighbors 5 --neighbors-out j/n.npz", "j/n.npz"),
            (
                "suggest-k",
                "--points points.npy --points points.npy --k 2..3 --out j/k.csv",
                "j/k.csv",
            ),
            (
                "select-clustering",
                "--points points.npy --candidates kmeans.npy gmm.npy --covariance spherical "
                "--out j/a.npy",
                "j/a.npy",
            ),
            ("consensus", "--assignments kmeans.npy gmm.npy --out j/c.npy", "j/c.npy"),
            ("consensus", "--assignments kmeans.npy gmm.npy", None),
            (
                "evaluate",
                "--assignments assignments.npy --labels labels.npy --out j/s.json",
                "j/s.json",
            ),
            ("evaluate", "scores.json", None),
            ("report", "--assignments j=assignments.npy --out j/page.html", "j/page.html"),
        ]:
            with self.subTest(f"{program} {words}"):
                done = self.command(program, f"{words} --json --quiet")
                self.assertEqual(done.stdout.count("\n"), 1, done.stdout)
                told = json.loads(done.stdout)
                self.assertEqual(told["stage"], program)
                if out:
                    self.assertEqual(told, json.loads((self.folder / f"{out}.json").read_text()))
                self.assertTrue(
                    all(line.startswith("warning: ") for line in done.stderr.splitlines()),
                    done.stderr,
                )
                self.assertNotEqual(self.command(program, words).stdout, done.stdout)
        shutil.rmtree(self.folder / "j")

    def test_an_equals_sign_is_as_good_as_a_blank(self):
        for words in [
            "--points points.npy --out k3.npy --k 3",
            "--points=points.npy --out=k3.npy --k=3",
        ]:
            self.command("cluster-kmeans", words)
            self.assertEqual(np.load(self.folder / "k3.npy").max(), 2)
            os.remove(self.folder / "k3.npy")
            os.remove(self.folder / "k3.npy.json")

    def test_a_stage_that_does_not_converge_still_gives_its_model(self):
        for kind in ["kmeans", "gmm"]:
            words = (
                "--points points.npy --out u.npy --model u.npz --k 5 --max-iter 1 --starts 1 --tol "
                "0"
            )
            done = self.command(f"cluster-{kind}", words)
            self.assertIn("not converged", done.stderr)
            self.assertIn("converged: false", done.stdout)
            for name in ["u.npy", "u.npz"]:
                self.assertTrue((self.folder / name).exists())
                os.remove(self.folder / name)
                os.remove(self.folder / f"{name}.json")

    def test_interrupted_it_ends_at_once_and_leaves_nothing(self):
        for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:
            with tempfile.TemporaryDirectory() as folder:
                np.save(
                    Path(folder) / "points.npy", np.random.default_rng(0).normal(size=(20000, 50))
                )
                command = [
                    BIN / "cluster-gmm",
                    "--points",
                    "points.npy",
                    "--starts",
                    "1000000",
                    "--out",
                    "clusters.npy",
                ]
                process = subprocess.Popen(
                    command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                time.sleep(1)
                process.send_signal(number)
                self.assertEqual(process.wait(timeout=5), code)
                self.assertEqual(os.listdir(folder), ["points.npy"])

if __name__ == "__main__":
    unittest.main()
