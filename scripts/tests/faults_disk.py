"""Programs that cannot write exit with 1 and one line, and leave the old files as they were.

The causes are a full disk, a quota, and a folder without permission to write.

Part of `make test-faults`. A disk that is full is a tmpfs, for which the tests have to run as root
on Linux; they are skipped elsewhere.
"""

import errno
import resource
import shutil
import subprocess
import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path

from pipeline import ROOT, SMALL, digests, make
from stages import STAGES, command, prepare


@contextmanager
def tmpfs(folder, options):
    folder.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        raise unittest.SkipTest(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder):
    """Fills the disk to its last byte."""
    for size in [1 << 16, 1]:
        with open(folder / f"filler-{size}", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


class Disk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.out = cls.folder / "out"
        prepare(cls.folder)

    def refused(self, stage, told, names, **how):
        """Expects one line on cause and hint, and that only the files `names` are there."""
        before = {name: (self.out / name).read_bytes() for name in names}
        done = subprocess.run(
            command(stage, "--quiet"), cwd=self.folder, capture_output=True, text=True, **how
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("cannot write: ", done.stderr)
        self.assertIn(told, done.stderr)
        self.assertEqual(
            {
                path.name: path.read_bytes()
                for path in self.out.iterdir()
                if not path.name.startswith("filler")
            },
            before,
        )

    def old_files(self, stage):
        names = STAGES[stage][1]
        for name in names:
            (self.out / name).write_bytes(b"old")
        return names

    def test_a_disk_that_is_full(self):
        for stage in STAGES:
            with self.subTest(stage), tmpfs(self.out, "size=4m"):
                names = self.old_files(stage)
                fill(self.out)
                self.refused(stage, "No space left on device", names)
                for filler in self.out.glob("filler*"):
                    filler.unlink()
                subprocess.run(command(stage), cwd=self.folder, check=True, capture_output=True)
                self.assertEqual(
                    {path.name for path in self.out.iterdir()},
                    {*names, *(f"{name}.json" for name in names)},
                )

    def test_a_file_that_may_not_grow(self):
        """The system's limit on the length of a file acts as a quota does."""
        for stage in STAGES:
            with self.subTest(stage):
                shutil.rmtree(self.out, ignore_errors=True)
                self.out.mkdir()
                names = self.old_files(stage)
                self.refused(
                    stage,
                    "File too large",
                    names,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200)),
                )

    def test_a_folder_that_may_not_be_written_to(self):
        for stage in STAGES:
            with self.subTest(stage), tmpfs(self.out, "size=1m"):
                names = self.old_files(stage)
                subprocess.run(["mount", "-o", "remount,ro", self.out], check=True)
                self.refused(stage, "Read-only file system", names)

    def test_a_folder_in_the_place_of_an_output(self):
        for stage in STAGES:
            for name in STAGES[stage][1]:
                with self.subTest(stage, name=name):
                    shutil.rmtree(self.out, ignore_errors=True)
                    (self.out / name).mkdir(parents=True)
                    done = subprocess.run(
                        command(stage, "--quiet"), cwd=self.folder, capture_output=True, text=True
                    )
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertIn("found a folder", done.stderr)
                    self.assertEqual([path.name for path in self.out.iterdir()], [name])

    def test_make_goes_on_where_a_disk_was_full(self):
        with tmpfs(self.folder / "artifacts", "size=1m") as artifacts:
            told = set()
            for size in range(1, 20):
                subprocess.run(
                    ["mount", "-o", f"remount,size={256 * size}k", artifacts], check=True
                )
                done = subprocess.run(
                    ["make", "all", f"ARTIFACTS={artifacts}", *SMALL],
                    cwd=ROOT,
                    capture_output=True,
                    text=True,
                )
                if done.returncode == 0:
                    break
                told.update(
                    line.split(":")[0]
                    for line in done.stderr.splitlines()
                    if "No space left" in line
                )
                self.assertIn("No space left", done.stderr)
            subprocess.run(["mount", "-o", "remount,size=100m", artifacts], check=True)
            make(artifacts)
            found = digests(artifacts)
            shutil.rmtree(artifacts / "data")
            for path in artifacts.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            make(artifacts)
            self.assertEqual(found, digests(artifacts))
        print(f"\nfull at {len(told)} of the stages: {', '.join(sorted(told))}")


if __name__ == "__main__":
    unittest.main()
