"""Bad input and wrong usage end every program with one line, its exit code and no file."""

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

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "target" / "release"
PROGRAMS = [
    "fetch-data",
    "train-ae",
    "encode",
    "encode-scattering",
    "cluster-kmeans",
    "cluster-gmm",
    "embed-umap",
    "consensus",
    "evaluate",
    "report",
]


def run(program, *words, cwd):
    return subprocess.run(
        [BIN / program, *map(str, words)], cwd=cwd, capture_output=True, text=True
    )


class Refusals(unittest.TestCase):
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

    def test_arrays_that_are_no_points(self):
        commands = {
            "train-ae": "--images {} --out new.safetensors",
            "encode": "--images {} --weights weights.safetensors --out new.npy",
            "cluster-kmeans": "--points {} --out new.npy",
            "cluster-gmm": "--points {} --out new.npy",
            "embed-umap": "--points {} --out new.npy",
            "encode-scattering": "--images {} --out new.npy",
        }
        files = {
            "missing.npy": "cannot read",
            "empty.npy": "found an empty file",
            "notes.npy": "magic bytes",
            "truncated.npy": "truncated",
            "terabytes.npy": "header promises",
            "objects.npy": "dtype",
            "complex.npy": "dtype <c8",
            "text.npy": "dtype <U1",
            "one-dimension.npy": "found shape (40,)",
            "five-dimensions.npy": "found shape (2, 2, 2, 2, 2)",
            "no-rows.npy": "found shape (0, 3)",
            "nan.npy": "found NaN in row 2, column 1",
            "infinite-images.npy": "found inf in row 0, column 0",
            ".": "a folder",
        }
        for program, words in commands.items():
            for file, found in files.items():
                self.refused(program, words.format(file), 1, file, found)

    def test_arrays_that_are_no_ids(self):
        for file, found in {
            "missing.npy": "cannot read",
            "empty.npy": "found an empty file",
            "truncated.npy": "truncated",
            "points.npy": "found shape (40, 3)",
            "fractions.npy": "found 0.5 in row 0",
            "short.npy": "39",
            "negative.npy": "-2",
        }.items():
            self.refused(
                "evaluate",
                f"--assignments {file} --labels labels.npy --out new.json",
                1,
                file,
                found,
            )
            self.refused(
                "evaluate",
                f"--assignments assignments.npy --labels {file} --out new.json",
                1,
                file,
                found,
            )

    def test_more_clusters_than_points(self):
        for program in ["cluster-kmeans", "cluster-gmm"]:
            self.refused(
                program, "--points few.npy --out new.npy --k 4", 1, "few.npy", "k = 4", "found 3"
            )

    def test_models_and_weights_that_are_none(self):
        for program, model in {"cluster-kmeans": "gmm.npz", "cluster-gmm": "kmeans.npz"}.items():
            for file in ["missing.npz", "empty.npy", "points.npy", "truncated.npz", model, "."]:
                self.refused(
                    program, f"--points points.npy --predict {file} --out new.npy", 1, file
                )
            own = model.replace("gmm", "own").replace("kmeans", "gmm").replace("own", "kmeans")
            self.refused(
                program,
                f"--points wide.npy --predict {own} --out new.npy",
                1,
                "wide.npy",
                "found 5",
            )
        for file in ["missing.npz", "empty.npy", "points.npy", "truncated.npz", "gmm.npz", "."]:
            self.refused(
                "embed-umap", f"--points points.npy --transform {file} --out new.npy", 1, file
            )
            self.refused(
                "encode-scattering",
                f"--images images.npy --transform {file} --out new.npy",
                1,
                file,
            )
        for file in [
            "missing.safetensors",
            "empty.npy",
            "points.npy",
            "truncated.safetensors",
            ".",
        ]:
            self.refused("encode", f"--images images.npy --weights {file} --out new.npy", 1, file)
        self.refused(
            "encode",
            "--images wide.npy --weights weights.safetensors --out new.npy",
            1,
            "wide.npy",
            "16",
            "5",
        )

    def test_points_that_a_model_was_not_made_for(self):
        """Inputs of another lineage but the right shape are refused by their provenance."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            name = Path(folder).name
            for seed in [1, 2]:
                self.command(
                    "train-ae",
                    f"--images images.npy --hidden 8 --latent 2 --epochs 1 --seed {seed} "
                    f"--out {name}/w{seed}.safetensors",
                )
                for images in ["images", "more-images"]:
                    self.command(
                        "encode",
                        f"--images {images}.npy --weights {name}/w{seed}.safetensors --out "
                        f"{name}/{images}{seed}.npy",
                    )
                self.command(
                    "embed-umap",
                    f"--points {name}/images{seed}.npy --neighbors 5 --epochs 5 --dims 2 --seed "
                    f"{seed} "
                    f"--out {name}/e{seed}.npy --model {name}/e{seed}.npz",
                )
                self.command(
                    "embed-umap",
                    f"--points {name}/more-images{seed}.npy --transform {name}/e{seed}.npz --out "
                    f"{name}/other-e{seed}.npy",
                )
            for program, points, other in [
                ("cluster-kmeans", "images", "more-images"),
                ("cluster-gmm", "images", "more-images"),
                ("cluster-gmm", "e", "other-e"),
            ]:
                self.command(
                    program,
                    f"--points {name}/{points}1.npy --k 2 --out {name}/c.npy --model {name}/c.npz",
                )
                predict = f"--predict {name}/c.npz --out {name}/new.npy --points {name}/{other}"
                self.refused(
                    program,
                    f"{predict}2.npy",
                    1,
                    f"{other}2.npy: expected points made with",
                    "make both with the same",
                )
                self.command(program, f"{predict}1.npy")
                # Points without provenance are accepted.
                os.rename(self.folder / f"{name}/{other}2.npy.json", self.folder / f"{name}/kept")
                self.command(program, f"{predict}2.npy")
                os.rename(self.folder / f"{name}/kept", self.folder / f"{name}/{other}2.npy.json")
            self.refused(
                "embed-umap",
                f"--points {name}/more-images2.npy --transform {name}/e1.npz --out {name}/new.npy",
                1,
                "more-images2.npy: expected points made with",
                "w1.safetensors",
            )

    def test_results_of_other_images(self):
        for words, told in [
            ("--assignments assignments.npy --labels short.npy", ["short.npy", "39", "40"]),
            (
                "--assignments assignments.npy --labels labels.npy --points few.npy",
                ["few.npy", "3", "40"],
            ),
            (
                "--assignments assignments.npy --labels labels.npy --points labels.npy",
                ["labels.npy", "(n, d)"],
            ),
        ]:
            self.refused("evaluate", f"{words} --out new.json", 1, *told)
        self.refused(
            "consensus",
            "--assignments assignments.npy short.npy --out new.npy",
            1,
            "short.npy",
            "39",
            "40",
        )
        report = "--assignments a=assignments.npy --out new.html"
        for words, told in [
            ("--labels short.npy", "short.npy"),
            ("--images larger-images.npy", "larger-images.npy"),
            ("--map few.npy", "few.npy"),
            ("--points a=few.npy", "few.npy"),
        ]:
            self.refused("report", f"{report} {words}", 1, told, "40")

    def test_images_without_the_sides_that_are_needed(self):
        self.refused(
            "encode-scattering",
            "--images rows-of-pixels.npy --out new.npy",
            1,
            "rows-of-pixels.npy",
            "(n, height, width)",
            "[40, 16]",
        )
        self.refused(
            "encode-scattering",
            "--images images.npy --out new.npy",
            1,
            "images.npy",
            "6 to 4096 pixels",
            "4 x 4",
        )
        train = "--images rows-of-pixels.npy --out new.safetensors"
        self.refused(
            "train-ae",
            f"{train} --network conv",
            1,
            "rows-of-pixels.npy",
            "(n, height, width)",
            "[40, 16]",
            "dense",
        )
        for option, done in {"shift": "moved", "scale": "scaled", "blur": "blurred"}.items():
            self.refused(
                "train-ae",
                f"{train} --{option} 1",
                1,
                "rows-of-pixels.npy",
                option,
                "(n, height, width)",
                done,
            )
        words = (
            "--images images.npy --validation other-images.npy --out new.safetensors --network conv"
        )
        self.refused("train-ae", words, 1, "other-images.npy", "4 rows of 4", "found 2 of 8")
        words = "--weights conv.safetensors --out new.npy --images"
        self.refused(
            "encode",
            f"{words} other-images.npy",
            1,
            "other-images.npy",
            "4 rows of 4",
            "found 2 of 8",
        )
        self.refused("encode", f"{words} wide.npy", 1, "wide.npy", "16", "5")

    def test_weights_of_points_that_cannot_be_used(self):
        for program in ["cluster-kmeans", "cluster-gmm"]:
            for weights, wrong in {
                "negative.npy": "-2 in row 0",
                "points.npy": "(40, 3)",
                "short.npy": "[39]",
                "zeros.npy": "a sum of 0",
                "text.npy": "<U1",
                "absent.npy": "absent.npy",
            }.items():
                self.refused(
                    program,
                    f"--points points.npy --out new.npy --k 2 --weights {weights}",
                    1,
                    wrong,
                )

    def test_starting_points_that_do_not_fit(self):
        for program in ["cluster-kmeans", "cluster-gmm"]:
            self.refused(
                program,
                "--points points.npy --out new.npy --k 2 --init few.npy",
                1,
                "[2, 3]",
                "[3, 3]",
            )
            self.refused(
                program,
                "--points points.npy --out new.npy --k 2 --init nan.npy",
                1,
                "nan.npy",
                "NaN",
            )

    def test_a_loss_that_is_not_finite_leaves_no_weights(self):
        words = "--images images.npy --out new.safetensors --hidden 8 --lr 1e30 --epochs 5"
        before = sorted(os.listdir(self.folder))
        done = self.command("train-ae", words, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        # Earlier epochs were printed while they ran.
        self.assertRegex(
            done.stderr.splitlines()[-1],
            r"^train-ae: images.npy: training diverged in epoch \d .* \(--lr\), now 1e30$",
        )
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_cuda_that_is_not_there(self):
        for program, words in {
            "train-ae": "--images images.npy --out new.safetensors",
            "encode": "--images images.npy --weights weights.safetensors --out new.npy",
        }.items():
            self.refused(
                program, f"{words} --device cuda:99", 1, "no CUDA device 99", "--device cpu"
            )

    def test_outputs_that_cannot_be_written(self):
        for program, words in {
            "fetch-data": "--dataset digits --out-dir {}",
            "train-ae": "--images images.npy --hidden 8 --out {}/new.safetensors",
            "encode": "--images images.npy --weights weights.safetensors --out {}/new.npy",
            "encode-scattering": "--images images.npy --out {}/new.npy",
            "cluster-kmeans": "--points points.npy --out {}/new.npy",
            "cluster-gmm": "--points points.npy --out {}/new.npy",
            "evaluate": "--assignments assignments.npy --labels labels.npy --out {}/new.json",
        }.items():
            # A folder that cannot exist: a file has its name, or nobody may write there.
            for folder in ["labels.npy", "/proc/none"]:
                with self.subTest(f"{program} {folder}"):
                    before = sorted(os.listdir(self.folder))
                    done = self.command(program, words.format(folder), check=False)
                    self.assertEqual(done.returncode, 1, done.stderr)
                    error = [
                        line for line in done.stderr.splitlines() if line.startswith(f"{program}: ")
                    ]
                    self.assertEqual(len(error), 1, done.stderr)
                    self.assertIn(f"{folder}/", error[0])
                    self.assertIn("cannot write", error[0])
                    self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_outputs_that_would_replace_each_other_or_an_input(self):
        for words, found in [
            ("--points points.npy --out new.npy --model new.npy", "another output"),
            ("--points points.npy --out new.npy --model new.npy.json", "another output"),
            ("--points points.npy --out ./points.npy", "an input"),
        ]:
            before = (self.folder / "points.npy").read_bytes()
            with self.subTest(words):
                names = sorted(os.listdir(self.folder))
                done = self.command("cluster-kmeans", words, check=False)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(found, done.stderr.splitlines()[-1])
                self.assertEqual(sorted(os.listdir(self.folder)), names)
                self.assertEqual((self.folder / "points.npy").read_bytes(), before)

    def test_a_refusal_leaves_no_new_folder(self):
        self.refused("train-ae", "--images nan.npy --out new/folder/w.safetensors", 1, "nan.npy")
        self.refused(
            "encode",
            "--images wide.npy --weights weights.safetensors --out new/l.npy",
            1,
            "wide.npy",
        )
        self.refused("cluster-gmm", "--points few.npy --k 9 --out new/a.npy", 1, "few.npy")

    def test_numbers_beyond_reason(self):
        self.refused(
            "train-ae", "--images images.npy --out w.safetensors --lr 1e38", 1, "lr", "1e30"
        )
        self.refused(
            "train-ae",
            "--images images.npy --out w.safetensors --hidden 9999999999",
            1,
            "9999999999",
        )
        self.refused(
            "train-ae",
            "--images images.npy --out w.safetensors --network conv --hidden 99999,99999",
            1,
            "parameters",
        )
        self.refused(
            "train-ae",
            "--images images.npy --out w.safetensors --scale 11",
            1,
            "scale",
            "at most 10",
            "found 11",
        )
        self.refused(
            "cluster-kmeans", "--points points.npy --out new.npy --threads 1000000", 2, "--threads"
        )

    def test_wrong_usage(self):
        for program, words, told in [
            ("fetch-data", "", "--out-dir"),
            ("fetch-data", "--out-dir d --dataset cifar", "cifar"),
            ("fetch-data", "--out-dir d --count 5", "--count"),
            ("train-ae", "--images images.npy", "--out"),
            ("train-ae", "--images images.npy --out weights.bin", ".safetensors"),
            ("train-ae", "--images images.npy --out w.safetensors --epochs 0", "--epochs"),
            ("train-ae", "--images images.npy --out w.safetensors --hidden 8,,8", "--hidden"),
            ("train-ae", "--images images.npy --out w.safetensors --loss l1", "mse, bce"),
            ("train-ae", "--images images.npy --out w.safetensors --network cnn", "dense, conv"),
            ("train-ae", "--images images.npy --out w.safetensors --blur -1", "--blur"),
            ("train-ae", "--images images.npy --out w.safetensors --device gpu", "cuda:N"),
            (
                "encode",
                "--images images.npy --weights w.safetensors --out new.npy --batch 3",
                "--batch",
            ),
            ("cluster-kmeans", "--points points.npy --out new.npy --k ten", "--k"),
            ("cluster-kmeans", "--points points.npy --out new.npy --k 0", "--k"),
            ("cluster-kmeans", "--points points.npy --out new.npy --tol -1", "--tol"),
            ("cluster-kmeans", "--points points.npy --out new.npy --init best", "k-means++"),
            (
                "cluster-kmeans",
                "--points points.npy --out new.npy --predict kmeans.npz --k 3",
                "--predict",
            ),
            (
                "cluster-kmeans",
                "--points points.npy --out new.npy --predict kmeans.npz --trace t.csv",
                "--trace",
            ),
            ("cluster-kmeans", "--points points.npy --out new.npy --algorithm best", "hamerly"),
            (
                "cluster-kmeans",
                "--points points.npy --out new.npy --batch 10",
                "--algorithm minibatch",
            ),
            (
                "cluster-kmeans",
                "--points points.npy --out new.npy --algorithm minibatch --tol 1",
                "--tol",
            ),
            ("cluster-kmeans", "--points points.npy --out new.csv --select-k 5..2", "--select-k"),
            ("cluster-kmeans", "--points points.npy --out new.csv --select-k 2..5 --k 3", "--k"),
            (
                "cluster-kmeans",
                "--points points.npy --out new.csv --select-k 2..5 --model m.npz",
                "--model",
            ),
            (
                "cluster-gmm",
                "--points points.npy --out new.csv --select-k 2..5 --proba p.npy",
                "--proba",
            ),
            (
                "cluster-gmm",
                "--points points.npy --out new.csv --select-k 2..5 --init means.npy",
                "--init FILE",
            ),
            (
                "cluster-gmm",
                "--points points.npy --out new.npy --predict gmm.npz --weights w.npy",
                "--weights",
            ),
            ("cluster-gmm", "--points points.npy --out new.npy --covariance round", "spherical"),
            (
                "cluster-gmm",
                "--points points.npy --out new.npy --predict gmm.npz --tol 1",
                "--predict",
            ),
            ("evaluate", "", "--assignments"),
            ("evaluate", "--assignments assignments.npy --out new.json", "--labels"),
            ("evaluate", "scores.json --out new.json", "not both"),
            ("evaluate", "--assignments assignments.npy --points points.npy", "--out"),
            (
                "evaluate",
                "--assignments assignments.npy --points points.npy --points points.npy --out "
                "new.json",
                "--points",
            ),
            ("evaluate", "--points points.npy scores.json", "not both"),
            ("consensus", "--assignments assignments.npy labels.npy --k 4", "--out"),
        ]:
            self.refused(program, words, 2, told, f"(see {program} --help)")

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
            ("cluster-gmm", "--points points.npy --out j/g.npy --k 2", "j/g.npy"),
            ("cluster-gmm", "--points points.npy --out j/g.csv --select-k 1..2", "j/g.csv"),
            ("cluster-gmm", "--points points.npy --out j/q.npy --predict gmm.npz", "j/q.npy"),
            (
                "embed-umap",
                "--points points.npy --out j/m.npy --dims 2 --neighbors 5 --epochs 10",
                "j/m.npy",
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

    def test_an_interrupted_training_goes_on_where_it_was(self):
        rng = np.random.default_rng(0)
        # Trainings with many batches an epoch and with one, stopped within and between epochs.
        for rows, epochs in [(5000, 4), (100, 100)]:
            with self.subTest(rows), tempfile.TemporaryDirectory() as folder:
                folder = Path(folder)
                np.save(folder / "images.npy", rng.integers(256, size=(rows, 8, 8), dtype="u1"))
                command = [
                    BIN / "train-ae",
                    "--images",
                    folder / "images.npy",
                    "--validation",
                    folder / "images.npy",
                    "--noise",
                    "0.1",
                    "--epochs",
                    str(epochs),
                    "--schedule",
                    "cosine",
                ]
                subprocess.run(
                    [*command, "--out", folder / "whole/weights.safetensors"],
                    check=True,
                    capture_output=True,
                )
                out = folder / "pieces/weights.safetensors"
                for quarter, (number, code) in enumerate(
                    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)], 1
                ):
                    process = subprocess.Popen(
                        [*command, "--out", out, "--resume"],
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE,
                        text=True,
                    )
                    for line in process.stderr:
                        if line.startswith(f"epoch {quarter * epochs // 4}/"):
                            break
                    process.send_signal(number)
                    started = time.monotonic()
                    told = process.stderr.read().splitlines()
                    process.stderr.close()
                    self.assertEqual(process.wait(), code)
                    if number == signal.SIGKILL:
                        continue
                    self.assertLess(time.monotonic() - started, 5)
                    self.assertRegex(
                        told[-1],
                        rf"^train-ae: stopped after \d+ of {epochs} epochs, saved in "
                        rf".*checkpoint.safetensors; .* --resume",
                    )
                    self.assertEqual(
                        {path.name for path in out.parent.iterdir()},
                        {"losses.csv", "checkpoint.safetensors"},
                    )
                    curve = out.with_name("losses.csv").read_text()
                    self.assertTrue((folder / "whole/losses.csv").read_text().startswith(curve))
                done = subprocess.run(
                    [*command, "--out", out, "--resume"], check=True, capture_output=True, text=True
                )
                self.assertIn("going on after", done.stderr)
                for name in ["weights.safetensors", "losses.csv"]:
                    self.assertEqual(
                        (out.parent / name).read_bytes(),
                        (folder / "whole" / name).read_bytes(),
                        name,
                    )
                self.assertFalse(out.with_name("checkpoint.safetensors").exists())

    def test_a_checkpoint_that_is_named_stays_and_takes_more_epochs(self):
        with tempfile.TemporaryDirectory() as folder:
            words = ["train-ae", f"--images images.npy --hidden 8 --out {folder}/w.safetensors"]
            self.command(words[0], f"{words[1]} --epochs 5")
            expected = (Path(folder) / "w.safetensors").read_bytes()
            state = f"--checkpoint {folder}/state.safetensors"
            self.command(words[0], f"{words[1]} --epochs 2 {state}")
            self.assertNotEqual((Path(folder) / "w.safetensors").read_bytes(), expected)
            self.command(words[0], f"{words[1]} --epochs 5 {state} --resume")
            self.assertEqual((Path(folder) / "w.safetensors").read_bytes(), expected)
            self.refused(
                words[0],
                f"{words[1]} --epochs 5 {state} --resume --lr 0.5",
                1,
                "state.safetensors: expected the state of a training "
                "with lr 0.5, found one with lr 0.001",
            )
            self.refused(
                words[0],
                f"{words[1]} --epochs 5 --checkpoint weights.safetensors --resume",
                1,
                "found weights alone",
            )
            # Without --resume, or without a checkpoint, training starts at the first epoch.
            done = self.command(
                words[0], f"{words[1]} --epochs 5 --checkpoint {folder}/none.safetensors --resume"
            )
            self.assertIn("beginning with the first epoch", done.stderr)
            self.assertEqual((Path(folder) / "w.safetensors").read_bytes(), expected)

    def test_the_number_of_threads_changes_no_byte(self):
        """The same command with 1, 2 and 5 threads. Enough rows for several blocks of work."""
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
                    ("cluster-kmeans", "--points points.npy --out k.npy --model k.npz"),
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
