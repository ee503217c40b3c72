"""The Makefile alone: which stages run, on which files, and when. All programs are stub.py."""

import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

from pipeline import ROOT

PROGRAMS = [
    "fetch-data",
    "train-ae",
    "encode",
    "encode-onnx",
    "encode-pca",
    "encode-scattering",
    "embed-umap",
    "cluster-kmeans",
    "cluster-gmm",
    "cluster-hdbscan",
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
IMAGE_SYSTEMS = ["pixels-kmeans"]
LATENT_SYSTEMS = ["latents-kmeans", "latents-gmm"]
UMAP_SYSTEMS = ["umap-kmeans", "umap-gmm", "umap-consensus"]


class Make(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.artifacts = self.folder / "artifacts"
        self.log = self.folder / "log"
        self.log.touch()
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for program in PROGRAMS:
            shutil.copy(ROOT / "scripts/tests/stub.py", self.bin / program)
            (self.bin / program).chmod(0o755)

    def make(self, *words, code=0, cwd=ROOT, artifacts=None, **environment):
        """Runs make and returns what it printed.

        `self.ran` are the commands of the programs that ran.
        """
        self.log.write_text("")
        command = ["make", *map(str, words), f"BIN={self.bin}", f"LIBTORCH={self.bin}"]
        if artifacts != "":
            command.append(f"ARTIFACTS={artifacts or self.artifacts}")
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("MAKE")
        }
        done = subprocess.run(
            command,
            cwd=cwd,
            capture_output=True,
            text=True,
            env={**inherited, "LOG": str(self.log), **environment},
        )
        self.assertEqual(done.returncode, code, f"{command}\n{done.stdout}\n{done.stderr}")
        self.ran = [line.split() for line in self.log.read_text().splitlines()]
        return done

    def refused(self, *words, told, **options):
        """Expects that make refuses `words` with one line that has `told`, before anything runs."""
        done = self.make(*words, code=2, **options)
        self.assertEqual(self.ran, [])
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        for part in [told] if isinstance(told, str) else told:
            self.assertIn(part, done.stderr)

    def mine(self, name, shape=(30, 4), dtype="f4"):
        """Writes a file of the user's, outside the artifacts."""
        path = self.folder / name
        np.save(path, np.zeros(shape, dtype))
        return path

    def programs(self):
        return [command[0] for command in self.ran]

    def of(self, program):
        return [command[1:] for command in self.ran if command[0] == program]

    def systems(self):
        """Returns the systems that have assignments."""
        names = {path.parent.name for path in self.artifacts.glob("clusters/*/train.npy")}
        return sorted(names)

    def nothing_to_do(self, *words):
        done = self.make("all", *words)
        self.assertEqual(self.ran, [])
        self.assertIn("Nothing to be done", done.stdout + done.stderr)

    def contents(self):
        """Returns the text of every generated file but stamps and the lock."""
        return {
            str(path.relative_to(self.artifacts)): path.read_text()
            for path in sorted(self.artifacts.rglob("*"))
            if path.is_file()
            and not {".stamps", "logs"} & set(path.parts)
            and path.name != ".lock"
        }


class Own(Make):
    """Images and vectors of the user's, in files that are imported first."""

    def photos(self, name="photos", count=3):
        folder = self.folder / name
        (folder / "a").mkdir(parents=True)
        for number in range(count):
            (folder / "a" / f"{number}.png").write_text(f"image {number}")
        return folder

    def test_a_folder_of_images_becomes_groups_without_libtorch(self):
        done = self.make("all", f"IMAGES={self.photos()}", "RUNS=2")
        self.assertEqual(
            set(self.programs()),
            {
                "import-images",
                "cluster-kmeans",
                "encode-scattering",
                "embed-umap",
                "suggest-k",
                "cluster-gmm",
                "select-clustering",
                "consensus",
                "export-clusters",
                "find-duplicates",
                "find-outliers",
                "judge",
                "report",
            },
        )
        self.assertFalse((self.artifacts / "data").exists())
        [export] = self.of("export-clusters")
        self.assertIn(f"{self.artifacts}/import/names.csv", export)
        [page] = self.of("report")
        for flag, file in {
            "--names": "import/names.csv",
            "--duplicates": "duplicates.csv",
            "--outliers": "outliers.csv",
        }.items():
            self.assertEqual(page[page.index(flag) + 1], f"{self.artifacts}/{file}")
        self.assertEqual(
            done.stdout.splitlines()[-3:],
            [
                f"the group of each: {self.artifacts}/clusters.csv",
                f"the evidence: {self.artifacts}/verdict.md",
                f"the page: {self.artifacts}/report/index.html",
            ],
        )
        self.nothing_to_do(f"IMAGES={self.folder / 'photos'}", "RUNS=2")

    def test_what_changes_in_a_folder_is_imported_again(self):
        words = [f"IMAGES={self.photos()}", "RUNS=2"]
        self.make("all", *words)
        for change in [
            lambda: (self.folder / "photos/a/new.png").write_text("new"),
            lambda: (self.folder / "photos/a/0.png").write_text("another"),
            lambda: (self.folder / "photos/a/1.png").unlink(),
        ]:
            change()
            self.make("all", *words)
            self.assertIn("import-images", self.programs())
            self.assertIn("report", self.programs())
            self.nothing_to_do(*words)

    def test_classes_are_taken_from_folders_where_that_is_asked_for(self):
        self.make("all", f"IMAGES={self.photos()}", "FOLDERS=yes", "RUNS=2", "IMPORT=--size 20")
        [imported] = self.of("import-images")
        self.assertEqual(imported[-2:], ["--size", "20"])
        self.assertIn("--labels-out", imported)
        evaluated = [command for command in self.of("evaluate") if "--labels" in command]
        self.assertTrue(evaluated)
        for command in evaluated:
            self.assertIn(f"{self.artifacts}/import/labels.npy", command)
            self.assertIn(f"{self.artifacts}/import/classes.json", command)

    def test_an_array_is_taken_as_it_is(self):
        images = self.mine("images.npy", (30, 8, 8), "u1")
        self.make("all", f"IMAGES={images}", "RUNS=2")
        self.assertNotIn("import-images", self.programs())
        self.assertNotIn("train-ae", self.programs())
        [export] = self.of("export-clusters")
        self.assertNotIn("--names", export)
        vectors = self.mine("vectors.npy", (30, 8))
        names = self.folder / "names.csv"
        names.write_text("id\n" + "a\n" * 30)
        other = self.folder / "vectors"
        words = [f"VECTORS={vectors}", f"NAMES={names}", "RUNS=2"]
        self.make("all", *words, artifacts=other)
        self.assertNotIn("import-vectors", self.programs())
        [export] = self.of("export-clusters")
        self.assertIn(str(names), export)

    def test_a_table_of_vectors_is_imported(self):
        table = self.folder / "clip.csv"
        table.write_text("id,a,b\nx,1,2\n")
        self.make("all", f"VECTORS={table}", "RUNS=2")
        [imported] = self.of("import-vectors")
        self.assertEqual(imported[:2], ["--from", str(table)])
        vectors = f"{self.artifacts}/import/vectors.npy"
        for program in ["cluster-kmeans", "cluster-gmm", "embed-umap"]:
            self.assertTrue(any(vectors in command for command in self.of(program)), program)

    def test_new_images_go_through_the_saved_models(self):
        words = [f"IMAGES={self.photos()}", "RUNS=2"]
        self.make("all", *words)
        before = self.contents()
        done = self.make("assign", f"IMAGES={self.photos('more')}")
        made = self.artifacts / "assign"
        [imported] = self.of("import-images")
        self.assertEqual(imported[2:4], ["--like", f"{self.artifacts}/import/images.npy"])
        [encoded] = self.of("encode-scattering")
        self.assertIn(f"{self.artifacts}/scattering/model.npz", encoded)
        models = [command[command.index("--transform") + 1] for command in self.of("embed-umap")]
        self.assertEqual(models, [f"{self.artifacts}/umap/{run}/model.npz" for run in [1, 2]])
        [voted] = self.of("consensus")
        self.assertIn(f"{self.artifacts}/clusters/umap-consensus/model.npz", voted)
        self.assertEqual(done.stdout.splitlines()[-1], f"the group of each: {made}/clusters.csv")
        after = self.contents()
        self.assertEqual({name: after[name] for name in before}, before)
        self.nothing_to_do(*words)
        self.make("assign", f"IMAGES={self.folder / 'more'}")
        self.assertEqual(self.ran, [])

    def test_a_pretrained_network_encodes_images_and_new_ones(self):
        model = self.folder / "net.onnx"
        model.write_text("weights")
        words = [f"IMAGES={self.photos()}", "RUNS=2", "ENCODER=onnx"]
        words += [f"MODEL={model}", "ONNX=--resize bicubic"]
        self.make("all", *words)
        self.assertNotIn("encode-scattering", self.programs())
        self.assertNotIn("pixels-kmeans", self.systems())
        [imported] = self.of("import-images")
        self.assertEqual(imported[-6:], "--size 224 --fit crop --color rgb".split())
        flags = ["--model", str(model), "--resize", "bicubic"]
        features = f"{self.artifacts}/onnx/train.npy"
        images = f"{self.artifacts}/import/images.npy"
        [encoded] = self.of("encode-onnx")
        self.assertEqual(encoded, ["--images", images, "--out", features, *flags])
        self.assertTrue(all(features in command for command in self.of("embed-umap")))
        self.nothing_to_do(*words)
        self.make("assign", f"IMAGES={self.photos('more')}")
        [encoded] = self.of("encode-onnx")
        self.assertEqual(encoded[4:], flags)
        self.assertEqual(encoded[1], f"{self.artifacts}/assign/images.npy")
        model.write_text("other weights")
        self.make("all", *words)
        self.assertIn("encode-onnx", self.programs())
        # The images are imported anew: scattering chooses their size by itself.
        self.make("all", *words[:2])
        self.assertNotIn("encode-onnx", self.programs())
        self.make("assign", f"IMAGES={self.folder / 'more'}")
        self.assertIn("encode-scattering", self.programs())

    def test_an_encoder_is_known_and_has_its_model(self):
        photos = f"IMAGES={self.photos()}"
        self.refused("all", photos, "ENCODER=clip", told="expected scattering or onnx")
        self.refused("all", photos, "ENCODER=onnx", told="name it with MODEL=F.onnx")
        self.refused("all", photos, "ENCODER=onnx", "MODEL=none.onnx", told="MODEL=F.onnx")
        self.refused("all", photos, "ONNX=--batch 2", told="are for ENCODER=onnx")

    def test_new_vectors_need_vectors(self):
        vectors = self.mine("vectors.npy", (30, 8))
        self.make("all", f"VECTORS={vectors}", "RUNS=2")
        self.make("assign", f"VECTORS={self.mine('more.npy', (5, 8))}")
        self.assertNotIn("encode-scattering", self.programs())
        self.assertEqual(len(self.of("embed-umap")), 2)
        self.refused("assign", f"IMAGES={self.photos()}", told="name new ones with VECTORS")

    def test_files_are_put_into_folders_of_groups(self):
        self.make("all", f"IMAGES={self.photos()}", "RUNS=2")
        self.make("groups", f"INTO={self.folder / 'sorted'}")
        [export] = self.of("export-clusters")
        self.assertEqual(
            export[-6:],
            ["--into", str(self.folder / "sorted"), "--link", "symbolic"]
            + ["--images", f"{self.artifacts}/import/images.npy"],
        )

    def test_what_cannot_be_done_is_refused(self):
        photos = self.photos()
        for words, told in [
            ([f"IMAGES={photos}x"], "there is no such file or folder"),
            (["FOLDERS=yes"], "name them with IMAGES"),
        ]:
            self.refused("all", *words, told=told)
        self.refused("assign", f"IMAGES={photos}", told="run make all with IMAGES or VECTORS first")
        self.refused("groups", "INTO=sorted", told="run make all with IMAGES first")
        self.refused("groups", told="make groups needs INTO=")

    def test_the_output_of_a_stage_is_in_its_log(self):
        words = [f"IMAGES={self.photos()}", "RUNS=2"]
        done = self.make("all", *words, FAIL="consensus", code=2)
        self.assertIn("consensus: told to fail", done.stderr)
        told = [line for line in done.stderr.splitlines() if line.startswith("import-images ")]
        self.assertEqual(len(told), 1)
        log = (self.artifacts / "logs/consensus-train.log").read_text()
        self.assertIn("--assignments", log.splitlines()[0])
        self.assertEqual(log.splitlines()[-1], "consensus: told to fail")
        done = self.make("all", *words, "VERBOSE=1", "K=4", FAIL="consensus", code=2)
        self.assertIn("consensus --assignments", done.stderr)


class Consensus(Make):
    def test_the_test_split_is_assigned_by_the_model_of_the_training_split(self):
        self.make("all", "RUNS=2", "K=7")
        clusters = f"{self.artifacts}/clusters"
        votes = {
            split: [f"{clusters}/umap-selected/{run}/{split}.npy" for run in [1, 2]]
            for split in ["train", "test"]
        }
        of = f"{clusters}/umap-consensus"
        train, test = sorted(self.of("consensus"), key=lambda command: "--predict" in command)
        self.assertEqual(
            train,
            [
                "--assignments",
                *votes["train"],
                "--k",
                "7",
                "--out",
                f"{of}/train.npy",
                "--agreement",
                f"{of}/train-agreement.npy",
                "--model",
                f"{of}/model.npz",
            ],
        )
        self.assertEqual(
            test,
            [
                "--assignments",
                *votes["test"],
                "--predict",
                f"{of}/model.npz",
                "--out",
                f"{of}/test.npy",
                "--agreement",
                f"{of}/test-agreement.npy",
            ],
        )
        # A lost model is made again, and then the test split is assigned anew.
        Path(of, "model.npz").unlink()
        self.make("all", "RUNS=2", "K=7")
        self.assertEqual(len(self.of("consensus")), 2)
        self.nothing_to_do("RUNS=2", "K=7")


    def test_candidates_of_yours_compete_with_the_mixtures_of_all_embeddings(self):
        mine = self.mine("mine.npy", (30,), "i4")
        self.make("all", "RUNS=2", f"CANDIDATES={mine}")
        [command] = self.of("select-clustering")
        at = command.index("--candidates")
        found = [f"{self.artifacts}/clusters/umap-runs/{run}/train.npy" for run in [1, 2]]
        self.assertEqual(command[at + 1 : at + 4], [*found, str(mine)])
        for option, form in [
            ("--points", "umap/{}/train.npy"),
            ("--out", "clusters/umap-selected/{}/train.npy"),
        ]:
            values = [value for before, value in zip(command, command[1:]) if before == option]
            self.assertEqual(values, [f"{self.artifacts}/{form.format(run)}" for run in [1, 2]])
        self.assertEqual(command[command.index("--uncertainty-weight") + 1], "10")
        # A program that takes the place of ours need not know the search.
        done = self.make("-n", "all", "RUNS=2", "CLUSTER_GMM=env mine")
        self.assertIn("--starts 30", done.stdout)
        self.assertNotIn("--search", done.stdout)
        # Likelihood has no weight of uncertainty.
        self.make("all", "RUNS=2", f"CANDIDATES={mine}", "VOTER_KEEP=likelihood")
        for command in [*self.of("select-clustering"), *self.of("cluster-gmm")]:
            self.assertNotIn("--uncertainty-weight", command)


class Neighbors(Make):
    def with_flag(self, flag, transform=False):
        """Returns the commands of embed-umap with a flag, of training or of test points."""
        commands = [command for command in self.of("embed-umap") if flag in command]
        return [command for command in commands if ("--transform" in command) == transform]

    def test_neighbors_are_found_once(self):
        self.make("all", "RUNS=3")
        found, taken = self.with_flag("--neighbors-out"), self.with_flag("--neighbors-in")
        # One for each run, and one for the map.
        self.assertEqual((len(found), len(taken)), (1, 4))
        # Those of the test points are found by the first run.
        [found] = self.with_flag("--neighbors-out", transform=True)
        taken = self.with_flag("--neighbors-in", transform=True)
        self.assertEqual(len(taken), 2)
        for command in taken:
            self.assertEqual(command[-1], found[-1])
        self.nothing_to_do("RUNS=3")
        # Other neighbors are found anew, other embeddings are not.
        self.make("all", "RUNS=3", "NEIGHBORS=30")
        self.assertEqual(len(self.with_flag("--neighbors-out")), 1)
        self.make("all", "RUNS=3", "NEIGHBORS=30", "MIN_DIST=0.1")
        self.assertEqual(len(self.with_flag("--neighbors-out")), 0)

    def test_neighbors_of_yours_are_taken_and_need_not_be(self):
        latents, knn = self.mine("latents.npy"), self.mine("knn.npy")
        self.make("all", "RUNS=2", f"LATENTS={latents}", f"KNN={knn}")
        for command in self.of("embed-umap"):
            self.assertEqual(command[command.index("--neighbors-in") + 1], str(knn))
        shutil.rmtree(self.artifacts)
        self.make("all", "RUNS=2", f"LATENTS={latents}", "KNN=")
        for command in self.of("embed-umap"):
            self.assertFalse({"--neighbors-in", "--neighbors-out"} & set(command))
        # A program that takes the place of ours need not know of a file of neighbors.
        shutil.rmtree(self.artifacts)
        self.make("all", "RUNS=2", f"LATENTS={latents}", f"EMBED_UMAP=env {self.bin}/embed-umap")
        self.assertTrue(self.of("embed-umap"))

    def test_a_study_finds_them_once_for_all_seeds(self):
        for words in [[], [f"LATENTS={self.mine('latents.npy')}"]]:
            self.make("study", "SEEDS=2", "RUNS=2", *words)
            self.assertEqual(len(self.with_flag("--neighbors-out")), 1, words)
            shutil.rmtree(self.artifacts)


class FilesOfYours(Make):
    def commands_of_mine(self, *words, systems, scored):
        """Runs make all and expects these systems, and no file of a bundled data set."""
        shutil.rmtree(self.artifacts, ignore_errors=True)
        self.make("all", "RUNS=2", *words)
        self.assertEqual(self.systems(), sorted(systems), words)
        self.assertNotIn("fetch-data", self.programs())
        for command in self.ran:
            for word in command:
                for part in [
                    f"{self.artifacts}/data",
                    "crates/programs/evaluate/reference",
                    "fashion-mnist",
                ]:
                    self.assertNotIn(part, word, command)
        self.assertEqual((self.artifacts / "scores").exists(), scored, words)
        self.assertTrue((self.artifacts / "report/index.html").exists())

    def test_no_bundled_file_takes_part_beside_points_of_yours(self):
        mine = {
            name: f"{name}={self.mine(f'{name.lower()}.npy')}"
            for name in [
                "TRAIN_IMAGES",
                "TEST_IMAGES",
                "TRAIN_LABELS",
                "TEST_LABELS",
                "LATENTS",
                "LATENTS_TEST",
                "FEATURES",
                "FEATURES_TEST",
                "CLASSES",
                "WEIGHTS",
                "MAP",
                "DECODED",
            ]
        }
        words = lambda names: [mine[name] for name in names.split()]  # noqa: E731
        image_systems = IMAGE_SYSTEMS + LATENT_SYSTEMS + UMAP_SYSTEMS
        for names, systems in {
            "LATENTS": LATENT_SYSTEMS + UMAP_SYSTEMS,
            "LATENTS TRAIN_LABELS": LATENT_SYSTEMS + UMAP_SYSTEMS,
            "LATENTS LATENTS_TEST TRAIN_LABELS TEST_LABELS CLASSES": LATENT_SYSTEMS
            + UMAP_SYSTEMS,
            "LATENTS TRAIN_IMAGES": image_systems,
            "LATENTS FEATURES": LATENT_SYSTEMS + UMAP_SYSTEMS,
            "LATENTS MAP": LATENT_SYSTEMS + UMAP_SYSTEMS,
            "FEATURES": UMAP_SYSTEMS,
            "FEATURES FEATURES_TEST TRAIN_LABELS": UMAP_SYSTEMS,
            "FEATURES TRAIN_IMAGES": image_systems,
            "TRAIN_IMAGES": image_systems,
            "TRAIN_IMAGES TRAIN_LABELS": image_systems,
            "TRAIN_IMAGES TEST_IMAGES TRAIN_LABELS TEST_LABELS": image_systems,
            "TRAIN_IMAGES WEIGHTS": image_systems,
            "TRAIN_IMAGES DECODED": image_systems,
        }.items():
            # Naming a data set does not add its files to the user's points.
            more = ["DATASET=digits"] if "TRAIN_LABELS" in names else []
            with self.subTest(names, more=more):
                self.commands_of_mine(
                    *words(names), *more, systems=systems, scored="TRAIN_LABELS" in names
                )

    def test_what_lies_beside_the_points_of_a_data_set_is_refused_unless_that_is_named(self):
        for name in [
            "TRAIN_LABELS",
            "TEST_LABELS",
            "TEST_IMAGES",
            "CLASSES",
            "MAP",
            "DECODED",
            "LATENTS_TEST",
            "FEATURES_TEST",
        ]:
            with self.subTest(name):
                mine = self.mine("mine.npy")
                self.refused(
                    "all", f"{name}={mine}", told=[f"{name}={mine}", "DATASET=fashion-mnist"]
                )
                self.assertFalse(self.artifacts.exists())
        labels = self.mine("labels.npy")
        self.make("all", "RUNS=2", f"TRAIN_LABELS={labels}", "DATASET=digits")
        for command in self.of("evaluate"):
            if "--labels" in command:
                self.assertEqual(command[command.index("--labels") + 1], str(labels))
            # Names and test labels of the data set belong to other labels than these.
            for word in command:
                for part in ["test-labels.npy", "classes.json", "reference"]:
                    self.assertNotIn(part, word)
        for name, part in [
            ("TEST_IMAGES", "test-labels"),
            ("TEST_LABELS", "classes.json"),
            ("LATENTS_TEST", "test-labels"),
            ("FEATURES_TEST", "test-labels"),
        ]:
            with self.subTest(name):
                shutil.rmtree(self.artifacts)
                self.make("all", "RUNS=2", f"{name}={labels}", "DATASET=digits")
                for command in self.of("evaluate"):
                    self.assertNotIn(part, " ".join(command))
                    self.assertNotIn("reference", " ".join(command))

    def test_weights_of_yours_encode_the_images_of_a_data_set(self):
        weights = self.mine("weights.npy")
        self.make("all", "RUNS=2", f"WEIGHTS={weights}")
        self.assertEqual(self.of("train-ae"), [])
        for command in self.of("encode"):
            self.assertEqual(command[command.index("--weights") + 1], str(weights))
        self.assertEqual(self.systems(), sorted(IMAGE_SYSTEMS + LATENT_SYSTEMS + UMAP_SYSTEMS))

    def test_files_that_the_pipeline_makes_are_not_yours_however_they_are_spelled(self):
        for folder in [self.artifacts, f"{self.folder}/./artifacts"]:
            with self.subTest(str(folder)):
                shutil.rmtree(self.artifacts, ignore_errors=True)
                words = [
                    f"FEATURES={folder}/latents/train.npy",
                    f"FEATURES_TEST={folder}/latents/test.npy",
                ]
                self.make("all", "RUNS=2", *words)
                self.assertEqual(self.of("encode-scattering"), [])
                self.assertEqual(len(self.of("train-ae")), 1)
                self.assertTrue((self.artifacts / "scores/umap-gmm.json").exists())
                # New latents are embedded anew.
                self.make("all", "RUNS=2", "EPOCHS=3", *words)
                self.assertEqual(len(self.of("embed-umap")), 6)

    def test_bundled_files_take_part_where_they_are_named(self):
        latents = self.mine("latents.npy")
        self.make(
            "all",
            "RUNS=2",
            f"LATENTS={latents}",
            "DATASET=digits",
            f"TRAIN_LABELS={self.artifacts}/data/train-labels.npy",
        )
        self.assertEqual(self.programs().count("fetch-data"), 1)
        self.assertEqual(self.systems(), sorted(LATENT_SYSTEMS + UMAP_SYSTEMS))
        self.assertTrue((self.artifacts / "scores/latents-gmm.json").exists())

    def test_what_our_systems_left_of_other_points_is_not_taken_for_yours(self):
        self.make("all", "RUNS=2")
        external = self.artifacts / "clusters/pixels-hdbscan/train.npy"
        external.parent.mkdir()
        external.write_text("")
        self.make(
            "all", "RUNS=2", f"LATENTS={self.mine('l.npy')}", f"TRAIN_LABELS={self.mine('y.npy')}"
        )
        for command in self.of("evaluate") + self.of("report"):
            self.assertNotIn("pixels-kmeans", " ".join(command))
        self.assertIn("pixels-hdbscan", " ".join(self.of("report")[0]))

    def test_points_can_be_left_out(self):
        for words, systems in {
            "LATENTS=": IMAGE_SYSTEMS + UMAP_SYSTEMS,
            "FEATURES=": IMAGE_SYSTEMS + LATENT_SYSTEMS,
        }.items():
            with self.subTest(words):
                shutil.rmtree(self.artifacts, ignore_errors=True)
                self.make("all", "RUNS=2", words)
                self.assertEqual(self.systems(), sorted(systems))

    def test_what_is_missing_beside_files_of_yours_is_told(self):
        latents = f"LATENTS={self.mine('latents.npy')}"
        other = self.mine("other.npy")
        self.refused("all", "TRAIN_IMAGES=", told="there are no points")
        self.refused("all", latents, f"DECODED={other}", told=["DECODED", "TEST_IMAGES"])
        self.refused("all", latents, f"TEST_LABELS={other}", told=["TEST_LABELS", "TRAIN_LABELS"])
        self.refused("all", f"LATENTS={self.folder}/no.npy", told=f"LATENTS={self.folder}/no.npy")
        self.refused("bench-peers", latents, told="TRAIN_IMAGES")

    def test_study_and_the_reports_three_take_files_of_yours(self):
        latents = self.mine("latents.npy")
        self.make("study", "SEEDS=2", "RUNS=2", f"LATENTS={latents}")
        self.assertNotIn("fetch-data", self.programs())
        self.assertNotIn("evaluate", self.programs())
        alike = [command for command in self.of("consensus") if "--out" not in command]
        self.assertEqual(len(alike), 5)
        labels = self.mine("labels.npy")
        shutil.rmtree(self.artifacts)
        self.make("study", "SEEDS=2", "RUNS=2", f"LATENTS={latents}", f"TRAIN_LABELS={labels}")
        self.assertNotIn("fetch-data", self.programs())
        each = [command for command in self.of("evaluate") if "--each" in command]
        self.assertEqual([len(command) for command in each], [1 + 2 * 5])
        self.assertIn("All", self.of("report")[-1])
        shutil.rmtree(self.artifacts)
        self.make("report-recipe", f"LATENTS={latents}")
        self.assertEqual(sorted(self.programs()), ["cluster-gmm", "cluster-kmeans"])

    def test_points_decide_on_covariances_unless_you_say_otherwise(self):
        latents = self.mine("latents.npy")
        for words, form in [([], "auto"), (["COVARIANCE=tied"], "tied")]:
            with self.subTest(words=words):
                self.make("all", "RUNS=2", f"LATENTS={latents}", *words)
                forms = [
                    command[command.index("--covariance") + 1]
                    for program in ["cluster-gmm", "select-clustering"]
                    for command in self.of(program)
                    if "--covariance" in command
                ]
                self.assertEqual(set(forms), {form})
                self.assertGreater(len(forms), 3)
                shutil.rmtree(self.artifacts)


class Seeds(Make):
    def test_no_two_pairs_of_seed_and_run_share_a_seed(self):
        latents = f"LATENTS={self.mine('latents.npy')}"
        seen = {}
        for seed in [0, 1, 3, 10, 11, 12, 101, 111, 112, 1011, 1111]:
            done = self.make("-n", "all", latents, "RUNS=121", f"SEED={seed}")
            for line in done.stdout.splitlines():
                for kind, part in [("embed", "/umap/"), ("vote", "/umap-runs/")]:
                    words = line.split()
                    out = words[words.index("--out") + 1] if "--out" in words else ""
                    if part not in out or "--seed" not in words or "/map/" in out:
                        continue
                    run = int(Path(out).parent.name)
                    value = int(words[words.index("--seed") + 1])
                    other = seen.setdefault((kind, value), (seed, run))
                    self.assertEqual(
                        other, (seed, run), f"two pairs share the seed {value} of {kind}"
                    )
                    if run <= 9:
                        # The seeds of the published study.
                        self.assertEqual(value, 10 * seed + run)
        self.assertEqual(len(seen), 2 * 11 * 121)


class Names(Make):
    def test_a_space_in_a_folder_or_file_is_refused_and_nothing_is_left(self):
        spaced = self.folder / "my artifacts"
        for goal in ["all", "demo", "report", "study", "clean", "table"]:
            with self.subTest(goal):
                self.refused(goal, artifacts=spaced, told=[str(spaced), "a space"])
        before = sorted(self.folder.iterdir())
        for name in ["LATENTS", "TRAIN_IMAGES", "PAGE"]:
            self.refused(
                "all", f"{name}={self.folder}/my file.npy", told=[f"{name}", "my file.npy"]
            )
        for letter in ":%'\"()&;,=*?#$":
            with self.subTest(letter):
                self.refused("all", artifacts=f"{self.folder}/a{letter}b", told=letter)
        for folder in ["", "/", "-x"]:
            self.refused("clean", "ARTIFACTS=" + folder, artifacts="", told="ARTIFACTS")
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_a_checkout_with_a_space_is_refused_and_nothing_is_left(self):
        checkout = self.folder / "my checkout"
        checkout.mkdir()
        for name in ["Makefile", "mk", "scripts", "crates"]:
            if (ROOT / name).exists():
                (checkout / name).symlink_to(ROOT / name)
        before = sorted(self.folder.rglob("*"))
        self.refused("all", cwd=checkout, artifacts="artifacts", told=[str(checkout), "a space"])
        self.refused("demo", cwd=checkout, artifacts="", told=[str(checkout), "a space"])
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def test_a_misspelt_variable_is_refused_with_the_nearest_name(self):
        for wrong, right in {
            "EPOCH=3": "EPOCHS",
            "epochs=3": "EPOCHS",
            "DATSET=digits": "DATASET",
            "TRAIN_IMAGE=x.npy": "TRAIN_IMAGES",
            "LATENT_TEST=x.npy": "LATENTS_TEST",
            "KMEANS_START=2": "KMEANS_STARTS",
        }.items():
            with self.subTest(wrong):
                self.refused("all", wrong, told=[wrong.split("=")[0], f"did you mean {right}?"])
        for goal in ["demo", "help", "table", "build", "-n", "study"]:
            with self.subTest(goal):
                self.refused(goal, "EPOCH=3", told="did you mean EPOCHS?")
        self.refused("all", "STAMPS=x", "QQQQQQQQ=1", told=["STAMPS", "QQQQQQQQ", "make help"])
        self.assertFalse(self.artifacts.exists())

    def test_every_documented_variable_is_taken(self):
        told = self.make("help").stdout
        names = [
            line.split()[0]
            for line in told.splitlines()
            if line.startswith("  ") and "make" not in line.split()[0]
        ]
        self.assertGreater(len(names), 70)
        self.make(
            "help", *[f"{name}=1" for name in names if name not in ["ARTIFACTS", "BIN", "LIBTORCH"]]
        )

    def test_man_pages_and_completions_are_where_shells_look_for_them(self):
        prefix = self.folder / "prefix"
        self.make("man", f"PREFIX={prefix}")
        for program in PROGRAMS:
            with self.subTest(program):
                kinds = [["--generate", kind] for kind in ["man", "bash", "zsh", "fish"]]
                self.assertEqual(self.of(program), kinds)
                for name in [
                    f"man/man1/{program}.1",
                    f"bash-completion/completions/{program}",
                    f"zsh/site-functions/_{program}",
                    f"fish/vendor_completions.d/{program}.fish",
                ]:
                    self.assertTrue((prefix / "share" / name).exists(), name)
        self.assertFalse(self.artifacts.exists())

    def test_a_dry_run_makes_no_folder(self):
        for words in [
            ["-n", "all"],
            ["--dry-run", "report"],
            ["-n", "demo"],
            ["--just-print", "-k", "all", "-j2"],
            ["-kn", "report-recipe"],
        ]:
            with self.subTest(words):
                told = self.make(*words, "RUNS=2").stdout
                self.assertIn("cluster-kmeans", told)
                self.assertEqual(self.ran, [])
                self.assertFalse(self.artifacts.exists())
        self.make("--question", "all", code=1)
        self.assertFalse(self.artifacts.exists())
        # An n in the value of a variable is not the flag -n.
        self.make("all", "NETWORK=conv", "RUNS=2")
        self.assertTrue(self.artifacts.exists())


class Again(Make):
    def setUp(self):
        super().setUp()
        self.words = ["RUNS=2", "DATASET=digits"]

    def fresh(self, *words):
        """Returns the contents after these commands in an empty folder."""
        shutil.rmtree(self.artifacts)
        self.make("all", *self.words, *words)
        return self.contents()

    def test_a_second_make_runs_nothing(self):
        self.make("all", *self.words)
        self.assertEqual(len(self.of("cluster-kmeans")), 6)
        self.nothing_to_do(*self.words)
        self.nothing_to_do(*self.words, "THREADS=3")
        self.nothing_to_do(*self.words, "--jobs=3")

    def test_the_number_of_clusters_is_a_file_where_it_is_suggested(self):
        self.make("all", *self.words, "K=auto")
        [command] = self.of("suggest-k")
        self.assertEqual(command.count("--points"), 2)
        suggested = (self.artifacts / "clusters/umap-k.txt").read_text().strip()
        clustered = [*self.of("cluster-kmeans"), *self.of("cluster-gmm"), *self.of("consensus")]
        fits = [command for command in clustered if "--predict" not in command]
        self.assertEqual(len(fits), 8)
        for fit in fits:
            self.assertEqual(fit[fit.index("--k") + 1], suggested)
        self.nothing_to_do(*self.words, "K=auto")
        # Another suggestion makes new clusters, and what is there is what a fresh run makes.
        self.make("all", *self.words, "K=auto", "SEED=1")
        consensus = self.of("consensus")[0]
        self.assertNotEqual(consensus[consensus.index("--k") + 1], suggested)
        self.assertEqual(self.contents(), self.fresh("K=auto", "SEED=1"))
        # A number of the user's that is the same one is no reason to cluster again.
        same = (self.artifacts / "clusters/umap-k.txt").read_text().strip()
        self.nothing_to_do(*self.words, "SEED=1", f"K={same}")
        points = self.folder / "points.npy"
        points.touch()
        refused = self.make("all", "K=auto", f"LATENTS={points}", "FEATURES=", code=2)
        self.assertIn("K=auto compares clusters of embeddings", refused.stderr)

    def test_only_what_a_parameter_concerns_runs_again(self):
        self.make("all", *self.words)
        self.make("all", *self.words, "K=12")
        self.assertEqual(
            set(self.programs()),
            {
                "cluster-kmeans",
                "cluster-gmm",
                "select-clustering",
                "consensus",
                "judge",
                "evaluate",
                "report",
            },
        )
        after = self.contents()
        self.nothing_to_do(*self.words, "K=12")
        self.assertEqual(after, self.fresh("K=12"))

    def test_outputs_from_a_clock_ahead_are_remade_when_something_changes(self):
        ahead = time.time() + 10 * 86400
        self.make("all", *self.words, "K=12")
        fresh = self.contents()
        for which in ["**/*", "clusters/*/*"]:
            with self.subTest(which):
                shutil.rmtree(self.artifacts)
                self.make("all", *self.words)
                for path in self.artifacts.glob(which):
                    os.utime(path, (ahead, ahead))
                self.make("all", *self.words, "K=12")
                self.assertEqual(self.contents(), fresh)
        self.nothing_to_do(*self.words, "K=12")

    def test_a_clock_that_was_ahead_all_along_remakes_nothing(self):
        images = self.mine("images.npy")
        os.utime(images, (time.time() + 10 * 86400,) * 2)
        self.make("all", "RUNS=2", f"TRAIN_IMAGES={images}")
        self.nothing_to_do("RUNS=2", f"TRAIN_IMAGES={images}")

    def test_an_input_that_was_replaced_by_an_older_file_is_read_again(self):
        files = {name: self.mine(f"{name}.npy") for name in ["LATENTS", "TRAIN_LABELS"]}
        words = [f"{name}={path}" for name, path in files.items()]
        for name, program in [("LATENTS", "cluster-kmeans"), ("TRAIN_LABELS", "evaluate")]:
            with self.subTest(name):
                self.make("all", "RUNS=2", *words)
                old = self.folder / "old.npy"
                np.save(old, np.ones((30, 4), "f4"))
                os.utime(old, (1e9, 1e9))
                # Replace the file as `mv` and `cp -p` do.
                if name == "LATENTS":
                    os.replace(old, files[name])
                else:
                    shutil.copy2(old, files[name])
                self.make("all", "RUNS=2", *words)
                self.assertIn(program, self.programs())
                after = self.contents()
                shutil.rmtree(self.artifacts)
                self.make("all", "RUNS=2", *words)
                self.assertEqual(after, self.contents())
                self.nothing_to_do("RUNS=2", *words)

    def test_an_input_that_changes_while_its_stage_runs_is_read_again(self):
        latents = self.mine("latents.npy")
        self.make("all", "RUNS=2", f"LATENTS={latents}", TOUCHED=str(latents))
        self.make("all", "RUNS=2", f"LATENTS={latents}")
        self.assertIn("cluster-kmeans", self.programs())
        self.nothing_to_do("RUNS=2", f"LATENTS={latents}")

    def test_outputs_put_back_from_another_run_are_remade(self):
        self.make("all", *self.words)
        before = self.contents()
        kept = self.folder / "kept"
        shutil.copytree(self.artifacts / "clusters", kept)
        self.make("all", *self.words, "K=12")
        after = self.contents()
        self.assertNotEqual(before, after)
        shutil.rmtree(self.artifacts / "clusters")
        shutil.copytree(kept, self.artifacts / "clusters")
        self.make("all", *self.words, "K=12")
        self.assertEqual(self.contents(), after)

    def test_any_file_that_is_lost_comes_back_in_one_go(self):
        self.make("all", *self.words)
        before = self.contents()
        for name in [
            "data/test-labels.npy",
            "autoencoder/losses.csv",
            "latents/test-decoded.npy",
            "scattering/model.npz",
            "umap/1/test.npy",
            "umap/neighbors.npz",
            "clusters/umap-runs/2/model.npz",
            "clusters/umap-selected/2/train.npy",
            "clusters/umap-selected/1/model.npz",
            "clusters/umap-candidates.csv",
            "clusters/umap-consensus/test-agreement.npy",
            "scores/latents-gmm.json",
        ]:
            with self.subTest(name):
                (self.artifacts / name).unlink()
                self.make("all", *self.words)
                self.assertEqual(self.contents(), before)
        self.nothing_to_do(*self.words)

    def test_what_failed_or_was_not_reached_runs_next_time(self):
        new = ["K=12", "EPOCHS=3", "SEED=3", "DATASET=synthetic", "RUNS=2"]
        self.make("all", *new)
        fresh = self.contents()
        for program in [
            "encode-scattering",
            "embed-umap",
            "cluster-gmm",
            "select-clustering",
            "consensus",
            "report",
        ]:
            with self.subTest(program):
                shutil.rmtree(self.artifacts)
                self.make("all", *self.words)
                self.make("all", "-k", *new, code=2, FAIL=program)
                self.make("all", *new)
                self.assertEqual(self.contents(), fresh)

    def test_a_run_that_failed_is_no_reason_to_remake_what_was_there(self):
        self.make("all", *self.words)
        self.make("all", *self.words, "K=2000", code=2, FAIL="cluster-kmeans cluster-gmm")
        self.nothing_to_do(*self.words)


class WhatIsThere(Make):
    """make table, figure and report after a run with variables that are not repeated."""

    def setUp(self):
        super().setUp()
        self.make("all", "RUNS=2", "NETWORK=conv", "EPOCHS=3")
        self.before = self.contents()
        self.out = self.folder / "my figure.svg"

    def test_the_table_is_printed_and_nothing_else_happens(self):
        told = self.make("table").stdout
        self.assertEqual(self.ran, [])
        self.assertEqual(told, (self.artifacts / "scores/table.md").read_text())
        self.assertEqual(self.contents(), self.before)
        self.make("table", "NETWORK=conv", "EPOCHS=3", "RUNS=2")
        self.refused("table", "EPOCHS=7", told="other variables")
        shutil.rmtree(self.artifacts)
        self.refused("table", told="there is no table")
        self.assertFalse(self.artifacts.exists())

    def test_a_figure_is_drawn_of_what_is_there(self):
        page = (self.artifacts / "report/index.html").read_text().splitlines()[0].split()
        self.make("figure", "FIGURE=map", f"OUT={self.out}", "SYSTEM=latents-gmm")
        [drawn] = self.of("report")
        self.assertEqual(["report", *drawn[: len(page) - 3]], page[:-2])
        self.assertEqual(
            drawn[len(page) - 3 :][:5], ["--figure", "map", "--system", "latents-gmm", "--out"]
        )
        self.assertTrue(self.out.exists())
        self.assertEqual(len(self.ran), 1)
        self.assertEqual(self.contents(), self.before)
        self.refused_inside("figure", "FIGURE=map", f"OUT={self.out}", "EPOCHS=7")
        shutil.rmtree(self.artifacts)
        self.refused("figure", "FIGURE=map", f"OUT={self.out}", told="there is no page")
        self.assertFalse(self.artifacts.exists())

    def test_a_folder_of_larger_images_is_made_if_it_is_asked_for(self):
        words = ["RUNS=2", "NETWORK=conv", "EPOCHS=3", "TILES=1"]
        tiles = self.artifacts / "report/tiles"
        self.make("report", *words)
        self.assertEqual(self.programs(), ["report"])
        [command] = self.of("report")
        self.assertEqual(command[-4:-1], ["--tiles", str(tiles), "--out"])
        self.nothing_to_do(*words)
        # The folder is an output like the page.
        tiles.rmdir()
        self.make("all", *words)
        self.assertEqual(self.programs(), ["report"])
        # A figure has no tiles.
        self.make("figure", "FIGURE=map", f"OUT={self.out}")
        [drawn] = self.of("report")
        self.assertNotIn("--tiles", drawn)
        self.assertEqual(drawn[: len(command) - 4], command[:-4])
        self.make("all", *words[:3], "TILES=0")
        self.assertNotIn("--tiles", self.of("report")[0])
        latents = f"LATENTS={self.mine('latents.npy')}"
        self.refused("all", latents, "TILES=1", told="it needs a PAGE, and IMAGES")

    def refused_inside(self, *words):
        done = self.make(*words, code=2)
        self.assertEqual(self.ran, [])
        self.assertIn("other variables", done.stderr)
        self.assertEqual(self.contents(), self.before)

    def test_the_page_replaces_nothing_that_was_made_otherwise(self):
        self.refused_inside("report")
        self.refused_inside("report", "EPOCHS=3")
        (self.artifacts / "report/index.html").unlink()
        self.make("report", "RUNS=2", "NETWORK=conv", "EPOCHS=3")
        self.assertEqual(self.programs(), ["report"])
        self.assertEqual(self.contents(), self.before)
        # In an empty folder it makes what it needs.
        shutil.rmtree(self.artifacts)
        self.make("report", "RUNS=2")
        self.assertTrue((self.artifacts / "report/index.html").exists())

    def test_all_remakes_everything_as_ever(self):
        self.make("all", "RUNS=2")
        self.assertEqual(len(self.of("train-ae")), 1)


class Checkpoints(Make):
    def resumed(self, *words, **environment):
        self.make("all", "RUNS=2", *words, code=2 if environment else 0, **environment)
        [command] = self.of("train-ae")
        return [word for word in command if word in ("--resume", "--discard-checkpoint")]

    def test_a_stopped_training_goes_on_and_another_says_that_it_discards_it(self):
        self.assertEqual(self.resumed("EPOCHS=5", STOP="1"), [])
        self.assertEqual(self.resumed("EPOCHS=5", STOP="1"), ["--resume"])
        self.assertEqual(self.resumed("EPOCHS=5"), ["--resume"])
        self.assertEqual(self.resumed("EPOCHS=6", STOP="1"), [])
        self.assertEqual(self.resumed("EPOCHS=7"), ["--discard-checkpoint"])
        self.nothing_to_do("RUNS=2", "EPOCHS=7")

    def test_a_training_that_failed_at_once_does_not_cost_the_one_before(self):
        self.assertEqual(self.resumed("EPOCHS=5", STOP="1"), [])
        self.assertEqual(self.resumed("LR=x", FAIL="train-ae"), ["--discard-checkpoint"])
        self.assertEqual(self.resumed("LR=y", FAIL="train-ae"), ["--discard-checkpoint"])
        self.assertEqual(self.resumed("EPOCHS=5"), ["--resume"])

    def test_a_stopped_training_on_other_images_is_not_gone_on_with(self):
        images = self.mine("images.npy")
        self.assertEqual(self.resumed(f"TRAIN_IMAGES={images}", STOP="1"), [])
        os.utime(images, (1e9, 1e9))
        self.assertEqual(self.resumed(f"TRAIN_IMAGES={images}"), ["--discard-checkpoint"])


if __name__ == "__main__":
    unittest.main()
