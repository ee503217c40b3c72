"""Hostile files and names: programs print one line, use little memory and leave the folder alone.

Part of `make test-faults`. What the readers make of bytes is fuzzed as well, see fuzz/.
"""

import io
import os
import pickle
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

import numpy as np

from pipeline import BIN, ROOT
from stages import STAGES, prepare

# Limit on address space: libtorch needs some of it, a false header would take terabytes.
MEMORY = 8 << 30
NAMES = [
    "with space",
    "with 'quotes' and \"more\"",
    "new\nline",
    "tab\tand\\backslash",
    "naïve 日本 🧥",
    "$(touch owned); `touch owned`",
    "a%n%s{}",
    "...",
]


def header(text, version=1):
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode("latin1")


def described(descr="'<f8'", shape="(2, 2)", more=""):
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, {more}}}\n"


# Endings of the names of files in the commands of programs.
ENDINGS = (".npy", ".npz", ".safetensors", ".json", ".html", ".csv", ".txt", ".zip", ".md")


class Inputs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        prepare(cls.folder, rows=200)

    def run_here(self, *words, **how):
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))  # noqa: E731
        return subprocess.run(
            [str(word) for word in words],
            cwd=how.pop("cwd", self.folder),
            capture_output=True,
            text=True,
            errors="replace",
            preexec_fn=limit,
            timeout=60,
            **how,
        )

    def refused(self, *words, code=1, **how):
        done = self.run_here(*words, **how)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        return done.stderr

    def every_reader(self, path):
        """Yields all commands with this file in the place of each of their inputs."""
        for program, (words, _) in STAGES.items():
            words = words.split()
            for at, word in enumerate(words):
                if not word.startswith("out") and (self.folder / word.removeprefix("a=")).is_file():
                    changed = [
                        *words[:at],
                        word[: word.rfind("=") + 1] + str(path),
                        *words[at + 1 :],
                    ]
                    yield [BIN / program, *changed, "--quiet"]
        for program, flag in [
            ("cluster-kmeans", "predict"),
            ("cluster-gmm", "predict"),
            ("embed-umap", "transform"),
            ("cluster-kmeans", "init"),
            ("cluster-gmm", "weights"),
        ]:
            yield [
                BIN / program,
                "--points",
                "points.npy",
                f"--{flag}",
                path,
                "--out",
                "out/new.npy",
                "--quiet",
            ]
        yield [
            BIN / "report",
            "--assignments",
            "a=a.npy",
            "--images",
            "images.npy",
            "--weights",
            "w.safetensors",
            "--losses",
            path,
            "--out",
            "out/p.html",
            "--quiet",
        ]
        yield [BIN / "evaluate", path, "--quiet"]

    def test_files_that_promise_more_than_there_is(self):
        tensor = (
            b'{"encoder.0.weight":{"dtype":"F32","shape":[4294967296,4294967296],'
            b'"data_offsets":[0,9223372036854775807]}}'
        )
        files = {
            "terabytes": header(described(shape="(1000000000, 1000000)")),
            "terabytes-2": header(described(shape="(1000000000, 1000000)"), version=2),
            "negative": header(described(shape="(-1, 2)")),
            "overflowing": header(described(shape="(4294967296, 4294967296, 2)")),
            "beyond-words": header(described(shape=f"({'9' * 400}, 2)")),
            "twice": header(described(shape="(1, 2)", more="'shape': (1000000000, 1000000), "))
            + bytes(16),
            "objects": header(described(descr="'|O'")) + bytes(32),
            "nested": header("{'descr': " + "(" * 3000 + ")" * 3000 + "}\n"),
            "long": b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1),
            "safetensors": struct.pack("<Q", 2**63) + b"{}",
            "safetensors-2": struct.pack("<Q", 120) + tensor.ljust(120),
            "json": b"[" * 100000,
            "json-2": b'{"splits": ' + b'{"a":' * 100000,
            "csv": b"epoch,train,validation\n" + b'"' * 100000,
            "nothing": b"",
        }
        tried = 0
        for name, content in files.items():
            name += ".npy"
            (self.folder / name).write_bytes(content)
            for words in self.every_reader(name):
                with self.subTest(name, words=" ".join(map(str, words))):
                    self.assertIn(name, self.refused(*words))
                    tried += 1
        print(f"\n{tried} commands given {len(files)} files")

    def test_archives_that_only_fill_memory(self):
        content = header(described(shape="(50000000, 2)").ljust(117)) + bytes(0)
        for name in ["centroids", "means", "points"]:
            with zipfile.ZipFile(self.folder / f"{name}.npz", "w", zipfile.ZIP_DEFLATED) as archive:
                with archive.open(f"{name}.npy", "w") as member:
                    member.write(content)
                    for _ in range(800):
                        member.write(bytes(1_000_000))
                for other in ["weights", "covariances", "covariance_type", "embedding", "settings"]:
                    with archive.open(f"{other}.npy", "w") as member:
                        np.save(
                            member,
                            np.array("full") if other == "covariance_type" else np.zeros((2, 2)),
                        )
        limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))}
        for program, flag, name in [
            ("cluster-kmeans", "predict", "centroids"),
            ("cluster-gmm", "predict", "means"),
            ("embed-umap", "transform", "points"),
        ]:
            words = [
                BIN / program,
                "--points",
                "points.npy",
                f"--{flag}",
                f"{name}.npz",
                "--out",
                "out/new.npy",
                "--quiet",
                "--threads",
                "1",
            ]
            done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, **limit)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("more than", done.stderr)

    def test_pickles_are_never_loaded(self):
        class Touch:
            def __reduce__(self):
                return (open, (str(Path(tempfile.gettempdir()) / f"owned-{os.getpid()}"), "w"))

        owned = Path(tempfile.gettempdir()) / f"owned-{os.getpid()}"
        stream = io.BytesIO()
        np.save(stream, np.array([Touch()], dtype=object), allow_pickle=True)
        (self.folder / "pickled.npy").write_bytes(stream.getvalue())
        (self.folder / "bare.npy").write_bytes(pickle.dumps(Touch()))
        owned.unlink(missing_ok=True)
        for name in ["pickled.npy", "bare.npy"]:
            for words in self.every_reader(name):
                self.refused(*words)
            for script, flags in [
                ("cluster_sklearn.py", "--k 2"),
                ("encode_pca.py", "--latent 2"),
                ("embed_umap.py", ""),
            ]:
                first = "--images" if script == "encode_pca.py" else "--points"
                done = self.run_here(
                    sys.executable,
                    ROOT / "scripts/standins" / script,
                    first,
                    name,
                    *flags.split(),
                    "--out",
                    "out/new.npy",
                )
                self.assertNotEqual(done.returncode, 0)
        self.assertFalse(owned.exists())

    def test_pipes_devices_and_folders_are_no_inputs(self):
        os.mkfifo(self.folder / "pipe.npy")
        os.symlink("/dev/zero", self.folder / "zero.npy")
        os.symlink("loop.npy", self.folder / "loop.npy")
        (self.folder / "folder.npy").mkdir()
        for name, told in [
            ("pipe.npy", "something that is not a file"),
            ("zero.npy", "something that is not a file"),
            ("folder.npy", "a folder"),
            ("loop.npy", "symbolic links"),
        ]:
            for words in self.every_reader(name):
                with self.subTest(name, words=" ".join(map(str, words))):
                    self.assertIn(told, self.refused(*words))

    def test_any_name_is_as_good_as_another(self):
        for name in NAMES:
            with self.subTest(name):
                place = self.folder / "names" / name
                place.mkdir(parents=True)
                for file in [
                    "points.npy",
                    "a.npy",
                    "b.npy",
                    "c.npy",
                    "labels.npy",
                    "images.npy",
                    "map.npy",
                    "w.safetensors",
                    "vectors.csv",
                    "pictures.zip",
                ]:
                    shutil.copy(self.folder / file, place / file)
                for program, (words, outputs) in STAGES.items():
                    words = [
                        f"a={name}/{word[2:]}"
                        if word.startswith("a=")
                        else f"{name}/{word}"
                        if word.endswith(ENDINGS)
                        or word == "out"
                        else word
                        for word in words.split()
                    ]
                    done = self.run_here(
                        BIN / program, *words, "--quiet", cwd=self.folder / "names"
                    )
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertTrue(
                        all((place / "out" / output).is_file() for output in outputs), program
                    )
                missing = self.refused(
                    BIN / "cluster-kmeans",
                    "--points",
                    f"{name}/none.npy",
                    "--out",
                    "x.npy",
                    cwd=self.folder / "names",
                )
                self.assertIn("No such file", missing)
                self.assertEqual(sorted(os.listdir(self.folder / "names")), [name])
                shutil.rmtree(self.folder / "names")

    def test_names_that_are_no_text_or_too_long(self):
        points, kmeans = self.folder / "points.npy", BIN / "cluster-kmeans"
        os.link(points, os.path.join(os.fsencode(self.folder), b"\xff\xfe.npy"))
        done = subprocess.run(
            [os.fsencode(kmeans), b"--points", b"\xff\xfe.npy", b"--out", b"new.npy"],
            cwd=self.folder,
            capture_output=True,
        )
        self.assertIn(done.returncode, [0, 1, 2], done.stderr)
        self.assertNotIn(b"panicked", done.stderr)
        self.assertLessEqual(len(done.stderr.splitlines()), 1)
        self.assertIn("too long", self.refused(kmeans, "--points", "x" * 300, "--out", "new.npy"))
        self.assertIn(
            "too long",
            self.refused(kmeans, "--points", points, "--k", "2", "--out", "x" * 255, "--quiet"),
        )
        self.assertIn(
            "too long", self.refused(kmeans, "--points", "/".join(["d"] * 2500), "--out", "new.npy")
        )
        # The system accepts paths of 4,000 characters.
        folder = "/".join(["f" * 99] * ((3960 - len(str(self.folder))) // 100))
        out = f"{self.folder}/{folder}/{'n' * 20}.npy"
        done = self.run_here(kmeans, "--points", points, "--k", "2", "--out", out, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(np.load(out)), 200)
        shutil.rmtree(self.folder / ("f" * 99))


if __name__ == "__main__":
    unittest.main()
