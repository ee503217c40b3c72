"""Trainings that are stopped go on from their checkpoint, and end with the same bytes."""

import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

from programs import BIN, ProgramTest


class Resume(ProgramTest):
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

if __name__ == "__main__":
    unittest.main()
