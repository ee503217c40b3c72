"""A program or `make all` that is stopped at any moment leaves no half-written file.

Run again, it ends with the same bytes.

Part of `make test-faults`; KILLS says how many processes are killed in all.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from pipeline import ROOT, SMALL, digests, make
from stages import STAGES, command, prepare

KILLS = int(os.environ.get("KILLS", "20"))
# The number of these kills that stop make.
OF_MAKE = max(2, KILLS * 3 // 10)
EACH = -(-(KILLS - OF_MAKE) // len(STAGES))
# Flags of the second run of a pair, so that its files differ from those of the first.
OTHERWISE = {
    "fetch-data": ["--seed", "1"],
    "train-ae": ["--seed", "1"],
    "encode": [],
    "encode-scattering": ["--scales", "1"],
    "embed-umap": ["--seed", "1"],
    "cluster-kmeans": ["--seed", "1", "--init", "random", "--max-iter", "3"],
    "cluster-hdbscan": ["--method", "leaf"],
    "encode-pca": [],
    "find-duplicates": [],
    "find-outliers": ["--score", "lof"],
    "judge": ["--neighbors", "8"],
    "cluster-gmm": ["--seed", "1", "--max-iter", "3"],
    "suggest-k": ["--seed", "1"],
    "select-clustering": ["--uncertainty-weight", "10"],
    "consensus": [],
    "evaluate": [],
    "report": ["--title", "Another"],
    "import-images": ["--fit", "crop", "--invert", "yes"],
    "import-vectors": ["--missing", "drop"],
    "export-clusters": [],
}


def temporaries(folder):
    return [path for path in folder.rglob("*") if path.name.endswith((".tmp", ".new"))]


class Kills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="a folder's näme "))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.out = cls.folder / "out"
        prepare(cls.folder)

    def run_undisturbed(self, stage, *more):
        """Returns the digests of the files of a run, and its seconds."""
        shutil.rmtree(self.out, ignore_errors=True)
        started = time.monotonic()
        subprocess.run(command(stage, *more), cwd=self.folder, check=True, capture_output=True)
        return digests(self.out), time.monotonic() - started

    def moment(self, rng, seconds):
        """Draws a moment of a run, more often towards its end, where files appear."""
        time.sleep(
            seconds * (rng.uniform(0, 1.05) if rng.random() < 0.6 else rng.uniform(0.85, 1.05))
        )

    def test_a_program_that_is_killed_leaves_old_files_or_new_ones(self):
        rng, unfinished = random.Random(0), 0
        for stage, (_, outputs) in STAGES.items():
            resumed = ["--resume"] if stage == "train-ae" else []
            new, seconds = self.run_undisturbed(stage)
            for number in range(EACH):
                old, _ = self.run_undisturbed(stage, *OTHERWISE[stage])
                if number % 2 == 1:
                    old = {}
                    shutil.rmtree(self.out)
                with self.subTest(stage, number=number):
                    process = subprocess.Popen(
                        command(stage, *resumed),
                        cwd=self.folder,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                    )
                    self.moment(rng, seconds)
                    process.kill()
                    unfinished += process.wait() != 0
                    found = {
                        name: digest
                        for name, digest in digests(self.out).items()
                        if not name.startswith((".", "checkpoint"))
                    }
                    for name, digest in found.items():
                        self.assertIn(
                            digest,
                            [old.get(name), new.get(name)],
                            f"{name} is neither the old file nor the new one",
                        )
                    if found.get(outputs[0]) == new[outputs[0]] != old.get(outputs[0]):
                        self.assertEqual(found, new, f"{outputs[0]} is there before the others")
                    subprocess.run(
                        command(stage, *resumed), cwd=self.folder, check=True, capture_output=True
                    )
                    self.assertEqual(digests(self.out), new)
                    self.assertEqual(temporaries(self.out), [])
        print(f"\n{EACH * len(STAGES)} programs killed, {unfinished} before they were done")

    def test_a_signal_ends_a_program_within_a_second_and_leaves_nothing(self):
        rng, signals = random.Random(1), 0
        # A training leaves its checkpoint, see test_resume.py.
        for stage in [stage for stage in STAGES if stage != "train-ae"]:
            _, seconds = self.run_undisturbed(stage)
            for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143)] * max(1, EACH // 4):
                shutil.rmtree(self.out)
                with self.subTest(stage, signal=number):
                    process = subprocess.Popen(
                        command(stage),
                        cwd=self.folder,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                    )
                    self.moment(rng, seconds)
                    process.send_signal(number)
                    started = time.monotonic()
                    # Before it handles signals the system ends it by them, which a shell reports as
                    # 130 and 143 as well.
                    self.assertIn(process.wait(timeout=10), [0, code, -number])
                    self.assertLess(time.monotonic() - started, 1)
                    self.assertEqual(temporaries(self.folder), [])
                    signals += 1
                    self.out.mkdir(exist_ok=True)
        print(f"\n{signals} programs interrupted or terminated")

    def test_make_that_is_killed_ends_with_the_same_bytes(self):
        artifacts = self.folder.with_name(f"{os.getpid()}-killed")
        self.addCleanup(shutil.rmtree, artifacts, ignore_errors=True)
        words = ["make", "all", f"ARTIFACTS={artifacts}", *SMALL]
        started = time.monotonic()
        make(artifacts)
        duration = time.monotonic() - started
        undisturbed = digests(artifacts)
        shutil.rmtree(artifacts)
        rng, complete = random.Random(2), 0
        for number in range(OF_MAKE):
            process = subprocess.Popen(
                words,
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            time.sleep(rng.uniform(0, duration / 4))
            os.killpg(process.pid, signal.SIGKILL)
            told = process.communicate()[1]
            self.assertNotIn("expected", told, "a file that a killed run left was refused")
            # A run that was not stopped in time is started anew.
            if number % 6 == 5:
                make(artifacts)
                self.assertEqual(digests(artifacts), undisturbed)
                self.assertEqual(
                    [path for path in temporaries(artifacts) if ".stamps" not in path.parts], []
                )
                shutil.rmtree(artifacts)
                complete += 1
        make(artifacts)
        self.assertEqual(digests(artifacts), undisturbed)
        print(f"\nmake all killed {OF_MAKE} times, {complete + 1} times on its way to the end")


if __name__ == "__main__":
    unittest.main()
