"""The pipeline as users run it: make, the bundled digits, real processes and real files.

Run by `make test`, which builds the programs and the Python environment first.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

from pipeline import BIN, ROOT, SMALL, digests, make

PYTHON = Path(sys.executable)
SYSTEMS = [
    "pixels-kmeans",
    "latents-kmeans",
    "latents-gmm",
    "umap-kmeans",
    "umap-gmm",
    "umap-consensus",
]


class Pipeline(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.reference = cls.folder / "reference"
        cls.first = make(cls.reference)

    def fresh_run(self):
        """Makes the pipeline anew in a folder of its own, for a test to change."""
        target = self.folder / self.id().split(".")[-1]
        make(target)
        return target

    def test_ends_with_a_table_of_all_systems(self):
        rows = [line for line in self.first.stdout.splitlines() if line.startswith("| ")]
        systems = [row.split("|")[1].strip() for row in rows]
        self.assertEqual(systems[-12:], SYSTEMS + SYSTEMS)
        for word in ["purity", "ACC", "NMI", "ARI", "train", "test"]:
            self.assertIn(word, self.first.stdout)

    def test_every_array_is_what_the_contract_says(self):
        contract = {
            "data/train-images.npy": ("|u1", (1438, 8, 8)),
            "data/test-images.npy": ("|u1", (359, 8, 8)),
            "data/train-labels.npy": ("|u1", (1438,)),
            "data/test-labels.npy": ("|u1", (359,)),
            "latents/train.npy": ("<f4", (1438, 10)),
            "latents/test.npy": ("<f4", (359, 10)),
            "scattering/train.npy": ("<f4", (1438, 144)),
            "scattering/test.npy": ("<f4", (359, 144)),
        }
        for run in [1, 2]:
            contract[f"umap/{run}/train.npy"] = ("<f4", (1438, 10))
            contract[f"umap/{run}/test.npy"] = ("<f4", (359, 10))
        contract["umap/map/train.npy"] = ("<f4", (1438, 2))
        contract["latents/test-decoded.npy"] = ("<f4", (359, 8, 8))
        for system in ["latents-gmm", "umap-gmm"]:
            contract[f"clusters/{system}/train-responsibilities.npy"] = ("<f8", (1438, 10))
        contract["clusters/umap-consensus/train-agreement.npy"] = ("<f4", (1438,))
        contract["clusters/umap-consensus/test-agreement.npy"] = ("<f4", (359,))
        for run in [1, 2]:
            contract[f"clusters/umap-runs/{run}/train.npy"] = ("<i4", (1438,))
        for system in [*SYSTEMS, "umap-selected/1", "umap-selected/2"]:
            contract[f"clusters/{system}/train.npy"] = ("<i4", (1438,))
            contract[f"clusters/{system}/test.npy"] = ("<i4", (359,))
        found = {str(path.relative_to(self.reference)) for path in self.reference.rglob("*.npy")}
        self.assertEqual(found, set(contract))
        for name, (dtype, shape) in contract.items():
            array = np.load(self.reference / name)
            self.assertEqual((array.dtype.str, array.shape), (dtype, shape), name)
            if dtype == "<i4":
                self.assertTrue(0 <= array.min() and array.max() < 10, name)
            if name.endswith("agreement.npy"):
                self.assertTrue(0 < array.min() and array.max() <= 1, name)

    def test_models_open_in_numpy(self):
        kmeans = np.load(self.reference / "clusters/latents-kmeans/model.npz")
        self.assertEqual(kmeans["centroids"].shape, (10, 10))
        mixture = np.load(self.reference / "clusters/latents-gmm/model.npz")
        self.assertEqual(str(mixture["covariance_type"]), "full")
        self.assertEqual(mixture["covariances"].shape, (10, 10, 10))
        self.assertAlmostEqual(mixture["weights"].sum(), 1, places=12)

    def test_provenance_names_what_made_a_file(self):
        record = json.loads((self.reference / "latents/train.npy.json").read_text())
        self.assertEqual(record["stage"], "encode")
        self.assertEqual(record["outputs"][0]["shape"], [1438, 10])
        digest = hashlib.sha256((self.reference / "latents/train.npy").read_bytes()).hexdigest()
        self.assertEqual(record["outputs"][0]["sha256"], digest)

    def test_a_second_make_runs_nothing(self):
        again = make(self.reference)
        self.assertIn("Nothing to be done", again.stdout + again.stderr)

    def test_two_runs_agree_in_every_byte(self):
        # The folder's name stands in the provenance, so the second run has to be in the same place.
        before = digests(self.reference)
        shutil.rmtree(self.reference)
        make(self.reference, "THREADS=5")
        self.assertEqual(digests(self.reference), before)

    def test_another_k_reruns_clustering_and_scoring_alone(self):
        artifacts = self.fresh_run()
        times = {path: path.stat().st_mtime_ns for path in artifacts.rglob("*.npy")}
        make(artifacts, "K=12")
        for path, before in times.items():
            reran = path.stat().st_mtime_ns != before
            self.assertEqual(reran, "clusters" in path.parts, path)
        self.assertEqual(np.load(artifacts / "clusters/latents-gmm/train.npy").max(), 11)

    def test_foreign_latents_need_no_libtorch(self):
        mine = self.folder / "mine.npy"
        images = np.load(self.reference / "data/train-images.npy")
        np.save(mine, np.asfortranarray(images.reshape(len(images), -1)[:, 20:40].astype(">f8")))
        artifacts = self.folder / "foreign-latents"
        plan = make(artifacts, f"LATENTS={mine}", "--dry-run", "--always-make")
        self.assertNotIn("setup-libtorch", plan.stdout)
        self.assertNotIn("train-ae", plan.stdout)
        make(artifacts, f"LATENTS={mine}")
        self.assertEqual(len(np.load(artifacts / "clusters/latents-gmm/train.npy")), len(images))
        self.assertIn("No labels (--labels)", (artifacts / "report/index.html").read_text())
        for name in ["autoencoder", "data", "scattering", "scores", "clusters/pixels-kmeans"]:
            self.assertFalse((artifacts / name).exists(), name)
        labels = self.reference / "data/train-labels.npy"
        table = make(artifacts, f"LATENTS={mine}", f"TRAIN_LABELS={labels}").stdout
        rows = [row.split("|")[1].strip() for row in table.splitlines() if "| train " in row]
        self.assertEqual(rows, SYSTEMS[1:])

    def test_foreign_assignments_are_scored_by_the_same_rule(self):
        artifacts = self.fresh_run()
        labels = np.load(artifacts / "data/train-labels.npy").astype("i8")
        labels[:100] = -1
        (artifacts / "clusters/pixels-hdbscan").mkdir()
        np.save(artifacts / "clusters/pixels-hdbscan/train.npy", labels)
        table = make(artifacts).stdout
        self.assertIn("pixels-hdbscan", table)
        scores = json.loads((artifacts / "scores/pixels-hdbscan.json").read_text())["splits"][
            "train"
        ]
        self.assertAlmostEqual(scores["purity"], 1 - 100 / len(labels), places=12)
        self.assertAlmostEqual(scores["noise_share"], 100 / len(labels), places=12)

    def test_stand_ins_take_the_place_of_a_stage(self):
        sklearn = f"{PYTHON} scripts/standins/cluster_sklearn.py"
        pca = f"{PYTHON} scripts/standins/encode_pca.py"
        for name, words in {
            "kmeans": [f"CLUSTER_KMEANS={sklearn}"],
            "gmm": [f"CLUSTER_GMM={sklearn}"],
            "pca": [f"ENCODE={pca}"],
        }.items():
            with self.subTest(name):
                table = make(self.folder / f"stand-in-{name}", *words).stdout
                rows = [line for line in table.splitlines() if line.startswith("| ")]
                last = [line.split("|")[1:3] for line in rows[-len(SYSTEMS) :]]
                self.assertEqual(
                    [split.strip() for _, split in last], ["test"] * len(SYSTEMS), table
                )
        artifacts = self.folder / "stand-in-pca-alone"
        images = f"{artifacts}/data/train-images.npy"
        plan = make(artifacts, f"ENCODE={pca}", f"WEIGHTS={images}", "--dry-run", "--always-make")
        self.assertNotIn("setup-libtorch", plan.stdout)

    def test_a_stage_reads_the_model_of_its_stand_in(self):
        whole = self.folder / "whole-numbers.npy"
        np.save(whole, np.random.default_rng(0).integers(9, size=(300, 4)))
        for program, flags, points in [
            ("cluster-kmeans", [], self.reference / "latents/train.npy"),
            ("cluster-kmeans", [], whole),
            ("cluster-gmm", ["--covariance", "diag"], self.reference / "latents/train.npy"),
            # These are too few points for so many matrices, which both programs see.
            (
                "cluster-gmm",
                ["--covariance", "auto", "--k", "20"],
                self.reference / "latents/train.npy",
            ),
        ]:
            with self.subTest(f"{program} {points.name}"):
                model, theirs, ours = (
                    self.folder / f"{program}{end}" for end in [".npz", "-theirs.npy", "-ours.npy"]
                )
                stand_in = [PYTHON, ROOT / "scripts/standins/cluster_sklearn.py"]
                subprocess.run(
                    [*stand_in, "--points", points, "--out", theirs, "--model", model, *flags],
                    check=True,
                )
                command = [BIN / program, "--points", points, "--predict", model, "--out", ours]
                subprocess.run(command, check=True, capture_output=True)
                self.assertEqual((np.load(theirs) != np.load(ours)).sum(), 0)
                subprocess.run(
                    [*stand_in, "--points", points, "--predict", model, "--out", theirs], check=True
                )
                self.assertEqual((np.load(theirs) != np.load(ours)).sum(), 0)

    def test_scores_for_people_come_back_when_they_are_lost(self):
        artifacts = self.fresh_run()
        (artifacts / "scores/latents-gmm.md").unlink()
        make(artifacts)
        self.assertIn("one-to-one map", (artifacts / "scores/latents-gmm.md").read_text())

    def test_what_lies_beside_a_main_file_comes_back_in_one_go(self):
        artifacts = self.fresh_run()
        for name in [
            "autoencoder/losses.csv",
            "latents/test-decoded.npy",
            "clusters/latents-gmm/train-responsibilities.npy",
            "clusters/umap-consensus/train-agreement.npy",
        ]:
            before = digests(artifacts)
            (artifacts / name).unlink()
            make(artifacts)
            self.assertEqual(digests(artifacts), before, name)
            again = make(artifacts)
            self.assertIn("Nothing to be done", again.stdout + again.stderr, name)

    def test_a_figure_is_drawn_by_name(self):
        for words, told in [(["FIGURE=map"], "OUT="), ([], "FIGURE=")]:
            refused = subprocess.run(
                ["make", "figure", *words], cwd=ROOT, capture_output=True, text=True
            )
            self.assertEqual(refused.returncode, 2)
            self.assertIn(told, refused.stderr)
        out = self.folder / "map.png"
        command = [
            "make",
            "figure",
            f"ARTIFACTS={self.reference}",
            *SMALL,
            "FIGURE=map",
            f"OUT={out}",
        ]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        self.assertEqual(out.read_bytes()[:4], b"\x89PNG")

    def test_latents_of_yours_are_yours_wherever_they_lie(self):
        artifacts = self.fresh_run()
        mine = artifacts / "latents/mine.npy"
        shutil.copy(artifacts / "latents/train.npy", mine)
        labels = artifacts / "data/train-labels.npy"
        table = make(artifacts, f"LATENTS={mine}", f"TRAIN_LABELS={labels}").stdout
        rows = [row.split("|")[1:3] for row in table.splitlines() if row.startswith("| ")]
        self.assertEqual(
            [[word.strip() for word in row] for row in rows[-5:]],
            [[name, "train"] for name in SYSTEMS[1:]],
        )

    def test_images_without_labels_end_with_clusters(self):
        artifacts = self.folder / "no-labels"
        make(artifacts, f"TRAIN_IMAGES={self.reference / 'data/train-images.npy'}")
        self.assertTrue((artifacts / "clusters/latents-gmm/train.npy").exists())
        self.assertFalse((artifacts / "scores").exists())
        self.assertIn("No labels (--labels)", (artifacts / "report/index.html").read_text())

    def test_jobs_in_parallel_give_the_same(self):
        before = digests(self.reference)
        shutil.rmtree(self.reference)
        make(self.reference, "--jobs=4")
        self.assertEqual(digests(self.reference), before)

    def test_a_failing_stage_is_told_and_leaves_nothing(self):
        artifacts = self.folder / "failing"
        done = make(artifacts, "K=2000", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("expected at least k = 2000 points, found 1438", done.stderr)
        self.assertFalse((artifacts / "clusters/pixels-kmeans/train.npy").exists())

    def test_old_files_stay_when_what_would_replace_them_fails_or_is_stopped(self):
        artifacts = self.fresh_run()
        before = digests(artifacts)
        for file in artifacts.rglob("*"):
            # Make the files older than the command that replaces them, as in any second run.
            os.utime(file, (time.time() - 3600,) * 2)
        for words in ["K=2000", "LR=x", "NEIGHBORS=1", "WAVELET_ANGLES=1"]:
            self.assertNotEqual(make(artifacts, "--keep-going", words, check=False).returncode, 0)
            self.assertEqual(digests(artifacts), before, words)
        for words in ["KMEANS_STARTS=100000000", "EPOCHS=1000000"]:
            process = subprocess.Popen(
                ["make", "all", f"ARTIFACTS={artifacts}", *SMALL, words],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            time.sleep(2)
            os.killpg(process.pid, signal.SIGINT)
            self.assertNotEqual(process.wait(timeout=10), 0)
            found = digests(artifacts)
            self.assertEqual(
                {name: found.get(name) for name in before if "losses" not in name},
                {name: digest for name, digest in before.items() if "losses" not in name},
                words,
            )

    def test_a_training_that_was_stopped_goes_on_unless_it_would_be_another(self):
        artifacts = self.folder / "stopped"
        weights, checkpoint = (
            artifacts / "autoencoder" / name
            for name in ["weights.safetensors", "checkpoint.safetensors"]
        )
        # Some of the 400 epochs, about a hundred a second, are done when it is stopped.
        words = [*SMALL, "EPOCHS=400", f"ARTIFACTS={artifacts}", "VERBOSE=1", weights]
        for more, goes_on in [([], True), (["LR=0.002"], False)]:
            with self.subTest(f"{more}"):
                weights.unlink(missing_ok=True)
                process = subprocess.Popen(
                    ["make", *words],
                    cwd=ROOT,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
                for line in process.stderr:
                    if line.startswith("epoch 20/"):
                        os.killpg(process.pid, signal.SIGINT)
                        break
                self.assertIn("--resume goes on", process.stderr.read())
                process.stderr.close()
                self.assertNotEqual(process.wait(), 0)
                self.assertTrue(checkpoint.exists())
                done = subprocess.run(
                    ["make", *words, *more], cwd=ROOT, capture_output=True, text=True, check=True
                )
                self.assertEqual("going on after" in done.stderr, goes_on, done.stderr)
                self.assertEqual("epoch 1/400" in done.stderr, not goes_on)
                self.assertTrue(weights.exists())
                self.assertFalse(checkpoint.exists())

if __name__ == "__main__":
    unittest.main()
