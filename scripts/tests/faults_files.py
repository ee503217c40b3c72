"""Outputs under dangerous names, every layout of models and arrays, files of other programs.

Part of `make test-faults`. What files do to one another is the business of all programs alike, so
each is tried.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path

import numpy as np

from pipeline import BIN, digests
from stages import STAGES, prepare

# Ways to store the floats of a model that change no value.
SAME_VALUES = {
    "Fortran order": np.asfortranarray,
    "big endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "Fortran order, big endian": lambda x: np.asfortranarray(x.astype(x.dtype.newbyteorder(">"))),
}
# Ways to store them that round their values.
ROUNDED = {
    "f4": lambda x: x.astype("f4"),
    "big-endian f4 in Fortran order": lambda x: np.asfortranarray(x.astype(">f4")),
    "f2": lambda x: x.astype("f2"),
}


def options(program):
    """Returns pairs of option and value of the program's command.

    What comes without an option belongs to the last.
    """
    words, option = STAGES[program][0].split(), None
    for word in words:
        if word.startswith("--"):
            option = word
        else:
            yield option, word


def unlocked_temporary(name, drawn="AbCdEf"):
    """Returns the name of the file that a killed process left while it wrote `name`."""
    check = hashlib.sha256(f"{name}\0{drawn}".encode()).hexdigest()[:6]
    return f".{name}.{drawn}{check}.tmp"


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        prepare(cls.folder, rows=200)
        cls.out = cls.folder / "out"
        rng = np.random.default_rng(1)
        np.save(cls.folder / "new-points.npy", rng.normal(size=(50, 12)).astype("f4"))
        np.save(cls.folder / "new-images.npy", rng.integers(256, size=(20, 16, 16), dtype="u1"))

    def setUp(self):
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()

    def run_here(self, program, *words, **how):
        words = [str(word) for word in words]
        return subprocess.run(
            [BIN / program, *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            **how,
        )

    def done(self, program, *words):
        done = self.run_here(program, *words, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def refused(self, program, *words):
        """Expects one line and exit 1, and every file as it was."""
        before = self.all_files()
        done = self.run_here(program, *words, "--quiet")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(self.all_files(), before)
        return done.stderr.strip()

    def all_files(self):
        return {
            path: path.read_bytes() if path.is_file() else None
            for path in sorted(self.folder.rglob("*"))
        }

    def command(self, program, changed):
        """Returns the words of the program's command, with some values `changed`."""
        words, last = [], None
        for option, value in options(program):
            words += [] if option == last else [option]
            words.append(changed.get(value, value))
            last = option
        return words

    def test_outputs_that_would_replace_one_another_are_refused_before_anything_is_read(self):
        tried = 0
        for program in STAGES:
            if program == "fetch-data":
                continue
            values = [value for _, value in options(program)]
            outputs = [value for value in values if value.startswith("out/")]
            if program == "train-ae":
                outputs.append("out/losses.csv")
            # No input exists, so a program that read one first would name it.
            missing = {
                value: value.replace(".npy", "-missing.npy")
                for value in values
                if value.endswith((".npy", ".safetensors")) and value not in outputs
            }
            os.symlink("../out", self.out / "loop")
            for first in outputs:
                name = first.removeprefix("out/")
                others = [value for value in outputs if value != first and value in values]
                for second in others:
                    suffix = Path(second).suffix
                    spellings = [
                        first,
                        f"./{first}",
                        f"out/../{first}",
                        f"gone/../{first}",
                        f"out/loop/{name}",
                        f"{first}.json",
                    ]
                    os.symlink(name, self.out / f"link{suffix}")
                    for spelling in [*spellings, f"out/link{suffix}"]:
                        with self.subTest(program, first=first, second=second, spelling=spelling):
                            # Another suffix of weights is wrong usage, whatever the file is.
                            ending = (
                                (".safetensors",)
                                if suffix == ".safetensors"
                                else (".safetensors", ".csv")
                            )
                            if program == "train-ae" and not spelling.endswith(ending):
                                continue
                            told = self.refused(
                                program, *self.command(program, {**missing, second: spelling})
                            )
                            self.assertIn("another output of this run", told)
                            self.assertIn("give each output a name of its own", told)
                            tried += 1
                    (self.out / f"link{suffix}").unlink()
            if program == "train-ae":
                for more in [
                    ["--losses", "out/w.safetensors"],
                    ["--losses", "out/checkpoint.safetensors"],
                    ["--losses", "out/w.safetensors.json"],
                    [
                        "--losses",
                        "out/state.safetensors",
                        "--checkpoint",
                        "./out/state.safetensors",
                    ],
                    ["--checkpoint", "out/../out/w.safetensors"],
                ]:
                    with self.subTest(program, more=more):
                        told = self.refused(program, *self.command(program, missing), *more)
                        self.assertIn("another output of this run", told)
            (self.out / "loop").unlink()
        print(f"\n{tried} names of outputs refused")

    def test_outputs_that_would_replace_an_input_are_refused_before_anything_is_read(self):
        tried = 0
        for program in STAGES:
            if program == "fetch-data":
                continue
            values = [value for _, value in options(program)]
            outputs = [value for value in values if value.startswith("out/")] + (
                ["losses"] if program == "train-ae" else []
            )
            inputs = {
                value: value.removeprefix("a=")
                for value in values
                if (self.folder / value.removeprefix("a=")).is_file()
            }
            for value, path in inputs.items():
                # The others do not exist, so a program that read one first would name it.
                missing = {
                    other: other.replace(path, "missing.npy")
                    for other in inputs
                    if other != value and inputs[other] != path
                }
                os.symlink(path, self.folder / "link-to-input")
                os.link(self.folder / path, self.folder / "same-as-input")
                for spelling in [
                    path,
                    f"./{path}",
                    f"out/../{path}",
                    f"gone/../{path}",
                    self.folder / path,
                    "link-to-input",
                    "same-as-input",
                    f"{path}.json",
                ]:
                    for output in outputs:
                        if program == "report" or (program, output) == (
                            "train-ae",
                            "out/w.safetensors",
                        ):
                            # These programs require a suffix.
                            continue
                        with self.subTest(program, input=path, output=output, spelling=spelling):
                            changed, more = {**missing, output: str(spelling)}, []
                            if output == "losses":
                                changed, more = missing, ["--losses", spelling]
                            told = self.refused(program, *self.command(program, changed), *more)
                            self.assertIn("an input of this run", told)
                            self.assertIn("give the output another name", told)
                            tried += 1
                (self.folder / "link-to-input").unlink()
                (self.folder / "same-as-input").unlink()
        # A page whose provenance would replace that of an input, and weights that would replace
        # the input weights.
        os.symlink("../images.npy", self.out / "page.html")
        words = [
            "--assignments",
            "a=missing.npy",
            "--images",
            "images.npy",
            "--out",
            "out/page.html",
        ]
        self.assertIn("an input of this run", self.refused("report", *words))
        (self.folder / "classes.json").write_text("[]")
        words = [
            "--assignments",
            "missing.npy",
            "--labels",
            "labels.npy",
            "--classes",
            "classes.json",
            "--out",
            "classes",
        ]
        self.assertIn(
            "an input of this run (--classes classes.json)", self.refused("evaluate", *words)
        )
        print(f"\n{tried} names of outputs refused")

    def test_outputs_that_could_not_be_written_are_refused_before_anything_is_read(self):
        (self.folder / "folder.json").mkdir()
        (self.folder / "folder").mkdir()
        os.symlink("nowhere/file", self.folder / "lost")
        os.symlink("loop", self.folder / "loop")
        os.mkfifo(self.folder / "pipe")
        for program in [
            "cluster-kmeans",
            "cluster-gmm",
            "cluster-hdbscan",
            "embed-umap",
            "encode-pca",
            "encode-scattering",
            "encode",
            "suggest-k",
            "find-duplicates",
            "find-outliers",
            "judge",
            "select-clustering",
            "consensus",
            "evaluate",
        ]:
            values = [value for _, value in options(program)]
            missing = {value: "missing.npy" for value in values if (self.folder / value).is_file()}
            for output in [value for value in values if value.startswith("out/")]:
                for name, told in [
                    ("folder", "a folder"),
                    ("folder/", "a folder"),
                    ("folder.json", "a folder"),
                    ("pipe", "not a file"),
                    ("lost", "whose folder does not exist"),
                    ("loop", "symbolic links"),
                    ("points.npy/new", "Not a directory"),
                    ("x" * 240, "too long"),
                    ("y" * 300 + "/new", "too long"),
                    ("/proc/none/new", "cannot write"),
                ]:
                    with self.subTest(program, output=output, name=name):
                        self.assertIn(
                            told,
                            self.refused(
                                program, *self.command(program, {**missing, output: name})
                            ),
                        )
        for name in ["folder.json", "folder"]:
            (self.folder / name).rmdir()
        for name in ["lost", "loop", "pipe"]:
            (self.folder / name).unlink()

    def test_images_of_a_data_set_do_not_replace_its_labels(self):
        os.symlink("train-labels.npy", self.out / "train-images.npy")
        told = self.refused("fetch-data", "--dataset", "digits", "--out-dir", "out")
        self.assertIn("another output of this run", told)

    def test_links_in_place_of_outputs_are_followed_and_modes_kept(self):
        outside = self.folder / "outside"
        for program, (_, outputs) in STAGES.items():
            with self.subTest(program):
                names = [*outputs, *(f"{output}.json" for output in outputs)]
                shutil.rmtree(self.out)
                shutil.rmtree(outside, ignore_errors=True)
                self.done(program, *STAGES[program][0].split())
                expected = digests(self.out)
                shutil.rmtree(self.out)
                self.out.mkdir()
                outside.mkdir()
                for at, name in enumerate(names):
                    # Relative and absolute links, and links to files that do not exist yet.
                    os.symlink([outside / name, f"../outside/{name}"][at % 2], self.out / name)
                    if at % 3 != 2:
                        (outside / name).write_text("old")
                        os.chmod(outside / name, [0o600, 0o664, 0o640][at % 3])
                modes = {
                    name: (outside / name).stat().st_mode
                    for name in names
                    if (outside / name).exists()
                }
                self.done(program, *STAGES[program][0].split())
                self.assertTrue(all((self.out / name).is_symlink() for name in names))
                self.assertEqual(digests(outside), expected)
                self.assertEqual({name: (outside / name).stat().st_mode for name in modes}, modes)

    def test_files_that_only_look_like_leftovers_stay(self):
        for program, (words, outputs) in STAGES.items():
            with self.subTest(program):
                shutil.rmtree(self.out)
                self.out.mkdir()
                mine, pipes, left = [], [], []
                for name in [*outputs, *(f"{output}.json" for output in outputs)]:
                    mine += [
                        f".{name}.{drawn}.tmp"
                        for drawn in [
                            "backup",
                            "250131",
                            "Copy01",
                            "x7Z0aB",
                            "beforebackup",
                            "AbCdEf000000",
                        ]
                    ]
                    pipes += [f".{name}.AbCdEg.tmp", unlocked_temporary(name, "Pipe01")]
                    left.append(unlocked_temporary(name))
                for name in mine + left:
                    (self.out / name).write_text("mine")
                for name in pipes:
                    os.mkfifo(self.out / name)
                self.done(program, *words.split())
                found = {path.name for path in self.out.iterdir()}
                self.assertEqual(
                    found, {*mine, *pipes, *outputs, *(f"{output}.json" for output in outputs)}
                )

    def models(self):
        """Yields for each program with a model how to make it and how to use it on other inputs."""
        kmeans, gmm = ["--points", "points.npy", "--k", "3"], ["--points", "points.npy", "--k", "3"]
        new = ["--points", "new-points.npy"]
        yield "cluster-kmeans", kmeans, [[*new, "--predict"]]
        for covariance in ["full", "tied", "diag", "spherical"]:
            yield (
                "cluster-gmm",
                [*gmm, "--covariance", covariance],
                [
                    [*new, "--proba", "out/proba.npy", "--predict"],
                    ["--points", "points.npy", "--init"],
                ],
            )
        yield (
            "embed-umap",
            ["--points", "points.npy", "--epochs", "30"],
            [[*new, "--transform"]],
        )
        yield (
            "encode-scattering",
            ["--images", "images.npy", "--angles", "4", "--dims", "20"],
            [["--images", "new-images.npy", "--transform"]],
        )

    def test_models_may_be_stored_in_any_order_byte_order_and_dtype(self):
        for program, fit, uses in self.models():
            model = self.folder / "model.npz"
            self.done(program, *fit, "--out", "out/fit.npy", "--model", model)
            arrays = dict(np.load(model))
            # Rounding would change a curve, and the weights of a mixture would no longer sum to 1.
            kept = {"a", "b", "weights"}
            stored = {
                name: {
                    key: form(x) if x.dtype.kind == "f" and key not in kept else x
                    for key, x in arrays.items()
                }
                for name, form in {**SAME_VALUES, **ROUNDED}.items()
            }
            stored["text as bytes"] = {
                key: np.bytes_(str(x)) if x.dtype.kind == "U" else x for key, x in arrays.items()
            }
            stored["big-endian text"] = {
                key: x.astype(x.dtype.newbyteorder(">")) for key, x in arrays.items()
            }
            for use in uses:
                self.setUp()
                self.done(program, *use, model, "--out", "out/new.npy")
                expected = {path.name: path.read_bytes() for path in self.out.glob("*.npy")}
                for name, changed in stored.items():
                    with self.subTest(program, fit=fit, use=use, stored=name):
                        np.savez_compressed(self.folder / "changed.npz", **changed)
                        self.done(program, *use, "changed.npz", "--out", "out/new.npy")
                        if name not in ROUNDED:
                            self.assertEqual(
                                {path.name: path.read_bytes() for path in self.out.glob("*.npy")},
                                expected,
                            )
        np.save(
            self.folder / "start.npy",
            np.asfortranarray(np.load(self.folder / "points.npy")[:3].astype(">f8")),
        )
        for program in ["cluster-kmeans", "cluster-gmm"]:
            self.done(
                program,
                "--points",
                "points.npy",
                "--k",
                3,
                "--init",
                "start.npy",
                "--out",
                "out/new.npy",
            )

    def test_members_that_cannot_be_read_are_named(self):
        for program, fit, uses in self.models():
            self.done(program, *fit, "--out", "out/fit.npy", "--model", "model.npz")
            names = np.load(self.folder / "model.npz").files
            for method, told in [
                (zipfile.ZIP_BZIP2, "compressed with bzip2"),
                (zipfile.ZIP_LZMA, "compressed with LZMA"),
            ]:
                with (
                    zipfile.ZipFile(self.folder / "model.npz") as old,
                    zipfile.ZipFile(self.folder / "changed.npz", "w", method) as new,
                ):
                    for member in old.namelist():
                        new.writestr(member, old.read(member))
                with self.subTest(program, told=told):
                    self.assertIn(
                        told, self.refused(program, *uses[0], "changed.npz", "--out", "out/new.npy")
                    )
            # NumPy finds arrays without their suffix as well.
            with (
                zipfile.ZipFile(self.folder / "model.npz") as old,
                zipfile.ZipFile(self.folder / "changed.npz", "w") as new,
            ):
                for member in old.namelist():
                    new.writestr(member.removesuffix(".npy"), old.read(member))
            self.done(program, *uses[0], "changed.npz", "--out", "out/new.npy")
            # Files of other programs have no version.
            for name in set(names) - {"format_version"}:
                with self.subTest(program, missing=name):
                    np.savez(
                        self.folder / "changed.npz",
                        **{
                            key: x
                            for key, x in np.load(self.folder / "model.npz").items()
                            if key != name
                        },
                    )
                    self.assertIn(
                        f"`{name}`, found",
                        self.refused(program, *uses[0], "changed.npz", "--out", "out/new.npy"),
                    )

    def test_arrays_are_read_out_of_archives_and_gzipped_files(self):
        for program, (_, outputs) in STAGES.items():
            self.setUp()
            if program == "fetch-data":
                continue
            self.done(program, *STAGES[program][0].split())
            expected = {
                name: (self.out / name).read_bytes() for name in outputs if name.endswith(".npy")
            }
            arrays = {
                value
                for _, value in options(program)
                if value.endswith(".npy") and not value.startswith("out/")
            }
            for form in ["npz", "npz of several", "gz"]:
                changed = {}
                for value in arrays:
                    path = value.removeprefix("a=")
                    array = np.load(self.folder / path)
                    new = Path(path).stem + (".npy.gz" if form == "gz" else ".npz")
                    changed[value] = value.replace(path, new)
                    if form == "gz":
                        (self.folder / new).write_bytes(
                            gzip.compress((self.folder / path).read_bytes())
                        )
                    elif form == "npz":
                        np.savez(self.folder / new, array)
                    else:
                        key = "labels" if array.ndim == 1 else "points"
                        np.savez_compressed(self.folder / new, other=np.zeros(3), **{key: array})
                with self.subTest(program, form=form):
                    self.done(program, *self.command(program, changed))
                    self.assertEqual(
                        {name: (self.out / name).read_bytes() for name in expected}, expected
                    )
                    self.assertTrue(all((self.out / name).is_file() for name in outputs))

    def test_the_hint_for_an_array_that_is_refused_is_none_that_changes_nothing(self):
        def raw(descr, shape, payload):
            header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
            header = header.ljust(63 - 10 % 64 + 64 * (len(header) // 64)) + "\n"
            return (
                b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + payload
            )

        def saved(array):
            np.save(self.folder / "saved.npy", array, allow_pickle=True)
            return (self.folder / "saved.npy").read_bytes()

        bad = {
            "bfloat16.npy": (
                raw("'<V2'", "(200, 12)", bytes(4800)),
                ["bfloat16", "astype('f4')"],
                [],
            ),
            "structured.npy": (
                saved(np.zeros(200, [("a", "f4"), ("b", "f4")])),
                ["['FIELD'].astype('f4')"],
                [],
            ),
            "objects.npy": (saved(np.array([1, "a"], object)), ["astype('f4')"], []),
            "complex.npy": (saved(np.zeros((200, 12), "c16")), ["astype('f4')"], []),
            "long-double.npy": (saved(np.zeros((200, 12), np.longdouble)), ["astype('f8')"], []),
            "no-rows.npy": (saved(np.zeros((0, 12))), ["(0, 12)", "at least one row"], ["reshape"]),
            "no-columns.npy": (
                saved(np.zeros((200, 0))),
                ["(200, 0)", "at least one column"],
                ["reshape"],
            ),
            "single.npy": (saved(np.array(3.0)), ["shape ()"], ["reshape"]),
            "several.npz": (b"", ["left, right", "np.load"], []),
            "table.csv": (b"1,2,3\n4,5,6\n", ["loadtxt"], []),
            "packed.npy.bz2": (b"BZh91AY&SY", ["bunzip2"], []),
        }
        for name, (content, told, untold) in bad.items():
            (self.folder / name).write_bytes(content)
            if name == "several.npz":
                np.savez(self.folder / name, left=np.zeros((200, 12)), right=np.zeros((200, 12)))
            for program, flag in [
                ("cluster-kmeans", "--points"),
                ("cluster-gmm", "--points"),
                ("embed-umap", "--points"),
                ("encode-scattering", "--images"),
            ]:
                with self.subTest(program, name=name):
                    line = self.refused(program, flag, name, "--out", "out/new.npy")
                    for word in [name, *told]:
                        self.assertIn(word, line)
                    for word in untold:
                        self.assertNotIn(word, line)

    def test_every_spelling_of_a_dtype_that_numpy_reads_is_read(self):
        points = np.random.default_rng(2).integers(0, 9, size=(60, 3))
        letters = "bBhHiIlLqQpPnNefd?"
        names = [
            "int8",
            "uint8",
            "int16",
            "uint16",
            "int32",
            "uint32",
            "int64",
            "uint64",
            "float16",
            "float32",
            "float64",
            "half",
            "single",
            "double",
            "int",
            "uint",
            "float",
            "intc",
            "uintc",
            "short",
            "ushort",
            "long",
            "ulong",
            "longlong",
            "ulonglong",
            "byte",
            "ubyte",
            "intp",
            "uintp",
            "bool",
        ]
        codes = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "b1"]
        spellings = names + [
            order + code for code in [*letters, *codes] for order in ["", "<", ">", "=", "|"]
        ]
        for spelling in spellings:
            with self.subTest(spelling):
                try:
                    array = points.astype(np.dtype(spelling))
                except TypeError:
                    # An older NumPy does not know this dtype.
                    continue
                header = (
                    f"{{'descr': '{spelling}', 'fortran_order': False, 'shape': (60, 3), }}".ljust(
                        117
                    )
                    + "\n"
                )
                (self.folder / "spelled.npy").write_bytes(
                    b"\x93NUMPY\x01\x00"
                    + len(header).to_bytes(2, "little")
                    + header.encode()
                    + array.tobytes()
                )
                self.assertTrue((np.load(self.folder / "spelled.npy") == array).all())
                self.done(
                    "cluster-kmeans",
                    "--points",
                    "spelled.npy",
                    "--k",
                    2,
                    "--init",
                    "random",
                    "--out",
                    "out/k.npy",
                )
                np.save(self.folder / "plain.npy", array)
                self.done(
                    "cluster-kmeans",
                    "--points",
                    "plain.npy",
                    "--k",
                    2,
                    "--init",
                    "random",
                    "--out",
                    "out/plain.npy",
                )
                self.assertEqual(
                    (self.out / "k.npy").read_bytes(), (self.out / "plain.npy").read_bytes()
                )

    def test_json_with_a_byte_order_mark_is_read(self):
        names = [f"class {i}" for i in range(10)]
        common = ["--assignments", "a.npy", "--labels", "labels.npy"]
        (self.folder / "names.json").write_text(json.dumps(names))
        self.done("evaluate", *common, "--classes", "names.json", "--out", "out/scores.json")
        expected = (self.out / "scores.json").read_bytes()
        shown = self.done("evaluate", "out/scores.json").stdout
        for encoding in ["utf-8-sig", "utf-16"]:
            with self.subTest(encoding):
                (self.folder / "marked.json").write_text(json.dumps(names), encoding=encoding)
                self.done(
                    "evaluate", *common, "--classes", "marked.json", "--out", "out/scores.json"
                )
                self.assertEqual((self.out / "scores.json").read_bytes(), expected)
                (self.folder / "scores.json").write_text(expected.decode(), encoding=encoding)
                self.assertEqual(self.done("evaluate", "scores.json").stdout, shown)
                (self.folder / "reference.json").write_text(
                    '{"scores": {"a": {"purity": 0.5}}}', encoding=encoding
                )
                self.assertIn(
                    "0.5000",
                    self.done("evaluate", "scores.json", "--reference", "reference.json").stdout,
                )
                self.done(
                    "report",
                    "--assignments",
                    "a=a.npy",
                    "--images",
                    "images.npy",
                    "--labels",
                    "labels.npy",
                    "--classes",
                    "marked.json",
                    "--scores",
                    "scores.json",
                    "--out",
                    "out/page.html",
                )

    def test_numbers_of_hundreds_of_digits_are_told_in_short(self):
        many = "9" * 290
        for shape in [f"({many}, 3)", f"(3, {many})", f"(-{many}, 3)"]:
            header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n"
            (self.folder / "many.npy").write_bytes(
                b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
            )
            for program, flag in [
                ("cluster-kmeans", "--points"),
                ("embed-umap", "--points"),
                ("encode-scattering", "--images"),
            ]:
                self.short(self.refused(program, flag, "many.npy", "--out", "out/new.npy"))
        np.save(self.folder / "large.npy", np.full(200, -1e290))
        for words in [
            ["cluster-kmeans", "--points", "points.npy", "--weights", "large.npy"],
            ["evaluate", "--assignments", "large.npy", "--labels", "labels.npy"],
            ["consensus", "--assignments", "a.npy", "large.npy"],
        ]:
            self.short(self.refused(*words, "--out", "out/new.npy"))
        scores = {"purity": 0.5, "acc": 0.5, "nmi": 0.5, "ari": 0.5, "n": 10}
        for key in scores:
            text = json.dumps({"splits": {"a": scores}}).replace(
                f'"{key}": {scores[key]}', f'"{key}": {many}'
            )
            (self.folder / "many.json").write_text(text)
            done = self.run_here("evaluate", "many.json")
            self.assertIn(done.returncode, [0, 1], done.stderr)
            self.short(done.stdout + done.stderr)
        (self.folder / "many.csv").write_text(f"epoch,train,validation\n1,{many},\n")
        self.short(
            self.refused(
                "report", "--assignments", "a=a.npy", "--losses", "many.csv", "--out", "out/p.html"
            )
        )

    def short(self, text):
        self.assertNotIn("panicked", text)
        self.assertIsNone(re.search(r"\d{60}", text), text)


if __name__ == "__main__":
    unittest.main()
