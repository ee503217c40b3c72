"""Bad input and wrong usage end every program with one line, its exit code and no file."""

import os
import tempfile
import unittest
from pathlib import Path

from programs import ProgramTest


class Refusals(ProgramTest):
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
        # Images are read in blocks, so their shape is refused before any value is read.
        of_scattering = {
            "nan.npy": "edges need to know which pixels lie side by side",
            "infinite-images.npy": "sides of 6 to 4096 pixels, found 4 x 4",
            "infinite-larger-images.npy": "found inf in row 0, column 0",
        }
        for program, words in commands.items():
            told = {**files, **of_scattering} if program == "encode-scattering" else files
            for file, found in told.items():
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
                "--points points.npy --out new.npy --predict kmeans.npz --metric cosine",
                "--metric",
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
                "--points points.npy --out new.csv --select-k 2..5 --distances d.npy",
                "--distances",
            ),
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

if __name__ == "__main__":
    unittest.main()
