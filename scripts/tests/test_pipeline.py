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
        for system in [*SYSTEMS, "umap-runs/1", "umap-runs/2"]:
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
                last = [line.split("|")[1:3] for line in table.splitlines()[-len(SYSTEMS) :]]
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
        words = [*SMALL, "EPOCHS=400", f"ARTIFACTS={artifacts}", weights]
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


class Umap(unittest.TestCase):
    def test_clusters_do_not_drift_apart(self):
        """Parts of a class stay together, unless the two ends of an edge are pulled differently.

        Their distance would be 4.8 then; umap-learn's is 2.0.
        """
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            subprocess.run(
                [BIN / "fetch-data", "--dataset", "digits", "--out-dir", folder],
                check=True,
                capture_output=True,
            )
            command = [
                BIN / "embed-umap",
                "--points",
                folder / "train-images.npy",
                "--out",
                folder / "embedding.npy",
            ]
            subprocess.run(command, check=True, capture_output=True)
            embedding, labels = (
                np.load(folder / "embedding.npy"),
                np.load(folder / "train-labels.npy"),
            )
            members = [embedding[labels == label] for label in range(10)]
            squared = [((some - some.mean(axis=0)) ** 2).sum(axis=1).mean() for some in members]
            self.assertLess(np.sqrt(np.mean(squared)), 2.6)


class AgainstPyTorch(unittest.TestCase):
    def test_the_weights_give_pytorchs_latents(self):
        import torch
        from safetensors.torch import load_file

        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            subprocess.run(
                [BIN / "fetch-data", "--dataset", "digits", "--out-dir", folder],
                check=True,
                capture_output=True,
            )
            images, weights, latents = (
                folder / name for name in ["train-images.npy", "w.safetensors", "latents.npy"]
            )
            for activation, module in {
                "relu": torch.nn.ReLU,
                "elu": torch.nn.ELU,
                "gelu": torch.nn.GELU,
                "tanh": torch.nn.Tanh,
                "sigmoid": torch.nn.Sigmoid,
            }.items():
                with self.subTest(activation):
                    subprocess.run(
                        [
                            BIN / "train-ae",
                            "--images",
                            images,
                            "--out",
                            weights,
                            "--hidden",
                            "150,100",
                            "--latent",
                            "7",
                            "--epochs",
                            "2",
                            "--activation",
                            activation,
                        ],
                        check=True,
                        capture_output=True,
                    )
                    command = [
                        BIN / "encode",
                        "--images",
                        images,
                        "--weights",
                        weights,
                        "--out",
                        latents,
                    ]
                    subprocess.run(command, check=True, capture_output=True)

                    def chain(*widths):
                        layers = []
                        for pair in zip(widths, widths[1:]):
                            layers += [torch.nn.Linear(*pair), module()]
                        return torch.nn.Sequential(*layers[:-1])

                    network = torch.nn.ModuleDict(
                        {"encoder": chain(64, 150, 100, 7), "decoder": chain(7, 100, 150, 64)}
                    )
                    network.load_state_dict(load_file(weights))
                    pixels = torch.from_numpy(np.load(images).reshape(-1, 64)).float() / 255
                    with torch.no_grad():
                        expected = network["encoder"](pixels).numpy()
                    largest = np.abs(np.load(latents) - expected).max()
                    self.assertLess(largest, 1e-5)
                    self.assertGreater(np.abs(expected).max(), 0.01)

    def test_training_takes_pytorchs_steps(self):
        """Compares losses and weights after 12 steps.

        All images are in one batch, so that their order does not matter.
        """
        import torch
        from safetensors.torch import load_file

        modules = {
            "relu": torch.nn.ReLU,
            "elu": torch.nn.ELU,
            "gelu": torch.nn.GELU,
            "tanh": torch.nn.Tanh,
            "sigmoid": torch.nn.Sigmoid,
        }
        dense = (
            lambda activation: torch.nn.ModuleDict(
                {  # noqa: E731
                    part: torch.nn.Sequential(
                        torch.nn.Linear(*widths[:2]),
                        modules[activation](),
                        torch.nn.Linear(*widths[1:]),
                    )
                    for part, widths in [("encoder", (64, 50, 7)), ("decoder", (7, 50, 64))]
                }
            )
        )
        convolutional = torch.nn.ModuleDict(
            {
                "encoder": torch.nn.Sequential(
                    torch.nn.Unflatten(1, (1, 8, 8)),
                    torch.nn.Conv2d(1, 5, 3, 2, 1),
                    torch.nn.ReLU(),
                    torch.nn.Flatten(),
                    torch.nn.Linear(80, 7),
                ),
                "decoder": torch.nn.Sequential(
                    torch.nn.Linear(7, 80),
                    torch.nn.ReLU(),
                    torch.nn.Unflatten(1, (5, 4, 4)),
                    torch.nn.ConvTranspose2d(5, 1, 3, 2, 1, 1),
                    torch.nn.Flatten(),
                ),
            }
        )
        steps, n = 12, 400

        def scheduled(name, optimizer):
            if name == "cosine":
                return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
            if name == "one-cycle":
                return torch.optim.lr_scheduler.OneCycleLR(
                    optimizer, max_lr=0.01, total_steps=steps, cycle_momentum=False
                )
            return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1)

        cases = [(activation, loss, []) for activation in modules for loss in ["mse", "bce"]]
        cases += [
            ("relu", "mse", words.split())
            for words in [
                "--schedule cosine",
                "--schedule one-cycle",
                "--weight-decay 0.3",
                "--clip 0.01",
                "--clip 1000",
                "--network conv --hidden 5",
                "--schedule one-cycle --weight-decay 0.1 --clip 0.05 --network conv --hidden 5",
            ]
        ]
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            images, start, end, losses = (
                folder / name
                for name in ["images.npy", "start.safetensors", "end.safetensors", "losses.csv"]
            )
            pixels = np.random.default_rng(0).random((n, 8, 8), "f4") ** 3
            np.save(images, pixels)
            pixels = torch.from_numpy(pixels).reshape(n, 64)
            for activation, loss, words in cases:
                with self.subTest(f"{activation} {loss} {' '.join(words)}"):
                    command = [
                        BIN / "train-ae",
                        "--images",
                        images,
                        "--losses",
                        losses,
                        "--batch",
                        n,
                        "--latent",
                        "7",
                        "--hidden",
                        "50",
                        "--activation",
                        activation,
                        "--loss",
                        loss,
                        "--threads",
                        "1",
                    ]
                    if "--hidden" in words:
                        del command[command.index("--hidden") : command.index("--hidden") + 2]
                    command = [str(word) for word in command + words]
                    # Steps below the precision of the weights leave the first weights.
                    small = [
                        word for word in command if word not in ("--weight-decay", "0.3", "0.1")
                    ]
                    subprocess.run(
                        [*small, "--out", start, "--epochs", "1", "--lr", "1e-30"],
                        check=True,
                        capture_output=True,
                    )
                    subprocess.run(
                        [*command, "--out", end, "--epochs", str(steps), "--lr", "0.01"],
                        check=True,
                        capture_output=True,
                    )

                    network = convolutional if "conv" in words else dense(activation)
                    names = {name: name for name in network.state_dict()}
                    if "conv" in words:
                        # PyTorch's module has one more layer in front, for the sides of the images.
                        before = {"encoder.1": "encoder.0", "encoder.4": "encoder.3"}
                        names = {name: before.get(name[:9], name[:9]) + name[9:] for name in names}
                    first = load_file(start)
                    network.load_state_dict({name: first[known] for name, known in names.items()})
                    value = lambda flag, default: (
                        float(words[words.index(flag) + 1]) if flag in words else default
                    )  # noqa: E731
                    optimizer = torch.optim.AdamW(
                        network.parameters(), lr=0.01, weight_decay=value("--weight-decay", 0.0)
                    )
                    scheduler = scheduled(
                        words[words.index("--schedule") + 1]
                        if "--schedule" in words
                        else "constant",
                        optimizer,
                    )
                    expected = []
                    for _ in range(steps):
                        output = network["decoder"](network["encoder"](pixels))
                        measure = (
                            torch.nn.functional.mse_loss
                            if loss == "mse"
                            else torch.nn.functional.binary_cross_entropy_with_logits
                        )
                        error = measure(output, pixels)
                        expected.append(error.item())
                        optimizer.zero_grad()
                        error.backward()
                        torch.nn.utils.clip_grad_norm_(
                            network.parameters(), value("--clip", float("inf"))
                        )
                        optimizer.step()
                        scheduler.step()
                    told = [
                        float(line.split(",")[1]) for line in losses.read_text().splitlines()[1:]
                    ]
                    largest = max(abs(a - b) / b for a, b in zip(told, expected, strict=True))
                    self.assertLess(largest, 2e-5, "losses")
                    last = load_file(end)
                    for name, tensor in network.state_dict().items():
                        moved = (tensor - first[names[name]]).abs().max().item()
                        difference = (tensor - last[names[name]]).abs().max().item()
                        self.assertGreater(moved, 1e-4, name)
                        self.assertLess(difference, 0.02 * moved, name)

    def test_the_weights_of_convolutions_give_pytorchs_latents_and_images(self):
        from torch.nn import (
            Conv2d,
            ConvTranspose2d,
            Flatten,
            Linear,
            ModuleDict,
            ReLU,
            Sequential,
            Unflatten,
        )
        import torch
        from safetensors.torch import load_file

        rng = np.random.default_rng(0)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            images, weights, latents, losses = (
                folder / name for name in ["i.npy", "w.safetensors", "l.npy", "losses.csv"]
            )
            # Sides that halve to whole numbers, and others; the last column is the output padding
            # of each transposed layer.
            for height, width, (h, w), added in [
                (8, 8, (1, 1), [1, 1, 1]),
                (28, 28, (4, 4), [0, 1, 1]),
                (11, 14, (2, 2), [(0, 1), (1, 0), (0, 1)]),
            ]:
                with self.subTest(f"{height} x {width}"):
                    np.save(images, rng.random((300, height, width), "f4"))
                    command = [
                        BIN / "train-ae",
                        "--images",
                        images,
                        "--validation",
                        images,
                        "--out",
                        weights,
                        "--losses",
                        losses,
                        "--network",
                        "conv",
                        "--latent",
                        "7",
                        "--epochs",
                        "2",
                    ]
                    subprocess.run(command, check=True, capture_output=True)
                    command = [
                        BIN / "encode",
                        "--images",
                        images,
                        "--weights",
                        weights,
                        "--out",
                        latents,
                    ]
                    subprocess.run(command, check=True, capture_output=True)

                    network = ModuleDict(
                        {
                            "encoder": Sequential(
                                Conv2d(1, 32, 5, 2, 2),
                                ReLU(),
                                Conv2d(32, 64, 5, 2, 2),
                                ReLU(),
                                Conv2d(64, 128, 3, 2, 1),
                                ReLU(),
                                Flatten(),
                                Linear(128 * h * w, 7),
                            ),
                            "decoder": Sequential(
                                Linear(7, 128 * h * w),
                                ReLU(),
                                Unflatten(1, (128, h, w)),
                                ConvTranspose2d(128, 64, 3, 2, 1, added[0]),
                                ReLU(),
                                ConvTranspose2d(64, 32, 5, 2, 2, added[1]),
                                ReLU(),
                                ConvTranspose2d(32, 1, 5, 2, 2, added[2]),
                            ),
                        }
                    )
                    network.load_state_dict(load_file(weights))
                    pixels = torch.from_numpy(np.load(images)[:, None])
                    with torch.no_grad():
                        expected = network["encoder"](pixels)
                        loss = torch.nn.functional.mse_loss(
                            network["decoder"](expected), pixels
                        ).item()
                    largest = np.abs(np.load(latents) - expected.numpy()).max()
                    self.assertLess(largest, 1e-5)
                    self.assertGreater(np.abs(expected.numpy()).max(), 0.01)
                    told = float(losses.read_text().splitlines()[-1].split(",")[2])
                    self.assertAlmostEqual(told, loss, delta=1e-6)


class AgainstScikitLearn(unittest.TestCase):
    def test_scores_agree_on_random_groupings(self):
        from scipy.optimize import linear_sum_assignment
        from sklearn import metrics

        rng = np.random.default_rng(0)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for classes, clusters, n, agreement in [
                (10, 10, 60000, 0.5),
                (10, 12, 5000, 0.2),
                (3, 7, 400, 0.9),
                (5, 2, 50, 0),
            ]:
                labels = rng.integers(classes, size=n)
                assignments = np.where(
                    rng.random(n) < agreement, labels % clusters, rng.integers(clusters, size=n)
                )
                np.save(folder / "labels.npy", labels)
                np.save(folder / "train.npy", assignments.astype("i4"))
                subprocess.run(
                    [
                        BIN / "evaluate",
                        "--assignments",
                        folder / "train.npy",
                        "--labels",
                        folder / "labels.npy",
                        "--out",
                        folder / "scores.json",
                    ],
                    check=True,
                    capture_output=True,
                )
                found = json.loads((folder / "scores.json").read_text())["splits"]["train"]
                table = metrics.cluster.contingency_matrix(labels, assignments)
                pairs = linear_sum_assignment(-table)
                expected = {
                    "purity": table.max(axis=0).sum() / n,
                    "acc": table[pairs].sum() / n,
                    "nmi": metrics.normalized_mutual_info_score(labels, assignments),
                    "ami": metrics.adjusted_mutual_info_score(labels, assignments),
                    "ari": metrics.adjusted_rand_score(labels, assignments),
                    "homogeneity": metrics.homogeneity_score(labels, assignments),
                    "completeness": metrics.completeness_score(labels, assignments),
                    "v_measure": metrics.v_measure_score(labels, assignments),
                    "fowlkes_mallows": metrics.fowlkes_mallows_score(labels, assignments),
                }
                for name, value in expected.items():
                    self.assertAlmostEqual(
                        found[name], value, delta=1e-12, msg=f"{name} of {(classes, clusters, n)}"
                    )

    def test_scores_without_labels_agree_on_random_points(self):
        from sklearn import metrics

        rng = np.random.default_rng(1)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for n, d, clusters, spread in [
                (400, 2, 3, 3.0),
                (2000, 20, 12, 1.0),
                (300, 50, 2, 0.0),
                (3000, 5, 40, 0.3),
            ]:
                assignments = rng.integers(clusters, size=n)
                points = (
                    rng.normal(size=(n, d)) + spread * rng.normal(size=(clusters, d))[assignments]
                )
                np.save(folder / "points.npy", points)
                np.save(folder / "train.npy", assignments.astype("i4"))
                subprocess.run(
                    [
                        BIN / "evaluate",
                        "--assignments",
                        folder / "train.npy",
                        "--points",
                        folder / "points.npy",
                        "--out",
                        folder / "scores.json",
                    ],
                    check=True,
                    capture_output=True,
                )
                found = json.loads((folder / "scores.json").read_text())["splits"]["train"][
                    "internal"
                ]
                self.assertEqual(found["silhouette"]["sample"], n)
                for name, value, expected in [
                    (
                        "silhouette",
                        found["silhouette"]["value"],
                        metrics.silhouette_score(points, assignments),
                    ),
                    (
                        "Davies-Bouldin",
                        found["davies_bouldin"],
                        metrics.davies_bouldin_score(points, assignments),
                    ),
                    (
                        "Calinski-Harabasz",
                        found["calinski_harabasz"],
                        metrics.calinski_harabasz_score(points, assignments),
                    ),
                ]:
                    largest = 1e-9 * max(1, abs(expected))
                    self.assertAlmostEqual(
                        value, expected, delta=largest, msg=f"{name} of {(n, d, clusters, spread)}"
                    )


if __name__ == "__main__":
    unittest.main()
