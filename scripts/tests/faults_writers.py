"""Several at the same files: what is there in the end is all from one of them.

Part of `make test-faults`.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from pipeline import ROOT, SMALL, digests, make
from stages import command, prepare

ROUNDS = int(os.environ.get("KILLS", "20")) // 10


class Writers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        prepare(cls.folder)

    def test_programs_with_the_same_outputs_do_not_mix_them(self):
        out = self.folder / "out"
        for stage in ["fetch-data", "train-ae", "embed-umap", "cluster-kmeans", "cluster-gmm"]:
            alone = []
            for seed in range(3):
                shutil.rmtree(out, ignore_errors=True)
                subprocess.run(
                    command(stage, "--seed", seed), cwd=self.folder, check=True, capture_output=True
                )
                alone.append(digests(out))
            for number in range(ROUNDS):
                with self.subTest(stage, number=number):
                    shutil.rmtree(out)
                    all_at_once = [
                        subprocess.Popen(
                            command(stage, "--seed", seed),
                            cwd=self.folder,
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE,
                            text=True,
                        )
                        for seed in range(3)
                    ]
                    for process in all_at_once:
                        told = process.communicate()[1]
                        self.assertEqual(process.returncode, 0, told)
                    self.assertIn(digests(out), alone)

    def test_a_second_make_says_who_is_at_work(self):
        artifacts = self.folder / "artifacts"
        words = ["make", "all", f"ARTIFACTS={artifacts}", *SMALL]
        first = subprocess.Popen(
            words,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        first.stderr.readline()
        second = make(artifacts, check=False)
        self.assertEqual(second.returncode, 2)
        self.assertIn(f"{artifacts} is in use by another make (process {first.pid}", second.stderr)
        # A make in another folder is not kept waiting.
        make(self.folder / "elsewhere")
        self.assertEqual(first.wait(), 0, first.communicate()[1])
        first.stderr.close()
        found = digests(artifacts)
        self.assertEqual(make(artifacts).returncode, 0)
        self.assertEqual(digests(artifacts), found)

    def test_a_make_that_was_killed_is_in_nobodys_way(self):
        artifacts = self.folder / "killed"
        words = ["make", "all", f"ARTIFACTS={artifacts}", *SMALL]
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        process.stderr.readline()
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        make(artifacts)


if __name__ == "__main__":
    unittest.main()
