"""Training and encoding on a CUDA device beside the same on the CPU.

`make test-cuda` runs it; without a device it fails.
"""

import csv
import json
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

from pipeline import BIN

ROWS, SIDE = 4000, 16
# Greatest relative difference between the losses of any epoch on the two devices. Each rounds in an
# order of its own, and training lets these differences grow.
AGREE = {"f32": 2e-3, "tf32": 2e-2, "bf16": 5e-2}
# Options of train-ae; every choice of each occurs at least once.
RECIPES = {
    "default": "",
    "convolutions": "--network conv --hidden 8,16",
    "augmented": "--shift 2 --scale 0.2 --blur 0.7 --brightness 0.2 --noise 0.1",
    "recipe": "--loss bce --activation gelu --init pytorch --schedule one-cycle "
    "--weight-decay 0.01 --clip 0.1",
    "normalized": "--normalize l2 --activation tanh --schedule cosine",
    "elu": "--activation elu",
    "sigmoid": "--activation sigmoid --latent 3",
}


def blobs(rows):
    """Draws images that can be learned: two soft spots each, (rows, SIDE, SIDE) u8."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    images = np.zeros((rows, SIDE, SIDE))
    for _ in range(2):
        at, width = rng.uniform(3, SIDE - 3, (2, rows, 1, 1)), rng.uniform(1, 3, (rows, 1, 1))
        images += np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / (2 * width**2))
    return (255 * np.minimum(images, 1)).astype("u1")


class Cuda(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.at = Path(cls.folder.name)
        np.save(cls.at / "images.npy", blobs(ROWS))
        np.save(cls.at / "validation.npy", blobs(ROWS + 500)[-500:])
        cls.train("first", "cuda", "--epochs 1")

    @classmethod
    def run_program(cls, program, words, check=True):
        done = subprocess.run(
            [BIN / program, *words.split()], cwd=cls.at, capture_output=True, text=True
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{program} {words}\n{done.stderr}")
        return done

    @classmethod
    def train(cls, name, device, more):
        """Returns losses on training and validation images, (epochs, 2)."""
        hidden = "" if "--hidden" in more else "--hidden 128,64"
        cls.run_program(
            "train-ae",
            f"--images images.npy --validation validation.npy {hidden} --out {name}/w.safetensors "
            f"--device {device} {more}",
        )
        with open(cls.at / name / "losses.csv", encoding="utf-8") as file:
            return np.array(
                [[float(row["train"]), float(row["validation"])] for row in csv.DictReader(file)]
            )

    def device_of(self, path):
        return json.loads((self.at / path).read_text())["run"]["device"]

    def encoded(self, weights, device):
        """Returns latents and decoded images."""
        self.run_program(
            "encode",
            f"--images images.npy --weights {weights} --device {device} --out {device}-latents.npy "
            f"--decode {device}-decoded.npy",
        )
        return [
            np.load(self.at / f"{device}-{name}.npy").astype("f8")
            for name in ("latents", "decoded")
        ]

    def test_losses_are_those_of_the_cpu(self):
        for name, words in RECIPES.items():
            for precision in ["f32"] if name != "default" else AGREE:
                with self.subTest(recipe=name, precision=precision):
                    more = f"{words} --epochs 4 --seed 3"
                    cpu = self.train("cpu", "cpu", more)
                    cuda = self.train("cuda", "cuda", f"{more} --precision {precision}")
                    self.assertEqual(cuda.shape, (4, 2))
                    self.assertLess(cuda[-1, 0], cuda[0, 0])
                    difference = np.abs(cuda / cpu - 1).max()
                    print(
                        f"\n  {name}, {precision}: losses differ by {difference:.1e} at most",
                        end="",
                        flush=True,
                    )
                    self.assertLess(difference, AGREE[precision])

    def test_latents_and_images_are_those_of_the_cpu(self):
        for name in ["default", "convolutions", "normalized"]:
            with self.subTest(recipe=name):
                self.train("trained", "cuda", f"{RECIPES[name]} --epochs 3")
                self.assertEqual(self.device_of("trained/w.safetensors.json"), "cuda:0")
                for what, cpu, cuda in zip(
                    ["latents", "images"],
                    *(self.encoded("trained/w.safetensors", d) for d in ["cpu", "cuda"]),
                ):
                    difference = np.abs(cuda - cpu).max() / np.abs(cpu).max()
                    print(
                        f"\n  {name}: {what} differ by {difference:.1e} of the largest at most",
                        end="",
                        flush=True,
                    )
                    self.assertLess(difference, 1e-5)
                    self.assertGreater(np.abs(cpu).max(), 0.1)

    def test_auto_takes_it_and_says_so(self):
        self.train("auto", "auto", "--epochs 1")
        self.assertEqual(self.device_of("auto/w.safetensors.json"), "cuda:0")

    def test_one_that_is_not_there_is_an_error(self):
        done = self.run_program(
            "train-ae", "--images images.npy --out no/w.safetensors --device cuda:99", check=False
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("no CUDA device 99", done.stderr)
        self.assertIn("numbered from 0", done.stderr)
        self.assertFalse((self.at / "no").exists())

    def test_a_stopped_training_goes_on_to_the_same_losses(self):
        whole = self.train("whole", "cuda", "--epochs 300")
        words = (
            "--images images.npy --validation validation.npy --hidden 128,64 --out "
            "parts/w.safetensors --device cuda --epochs 300"
        )
        started = subprocess.Popen(
            [BIN / "train-ae", *words.split()],
            cwd=self.at,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        while not (self.at / "parts/losses.csv").exists() and started.poll() is None:
            time.sleep(0.05)
        started.send_signal(signal.SIGINT)
        said = started.communicate()[1].decode()
        self.assertEqual(started.returncode, 130, said)
        self.assertIn("--resume goes on", said)
        done = len((self.at / "parts/losses.csv").read_text().splitlines()) - 1
        self.assertTrue(0 < done < 300, done)
        # A checkpoint belongs to no device, so another one resumes it.
        losses = self.train("parts", "cuda", "--epochs 300 --resume")
        self.assertEqual(len(losses), 300)
        difference = np.abs(losses[: done + 5] / whole[: done + 5] - 1).max()
        print(
            f"\n  stopped after {done} epochs: losses until 5 later differ by {difference:.1e} at "
            f"most",
            end="",
            flush=True,
        )
        self.assertLess(difference, 5e-2)

    def test_the_best_epoch_is_kept(self):
        losses = self.train("best", "cuda", "--epochs 8 --keep best --lr 0.02")
        result = json.loads((self.at / "best/w.safetensors.json").read_text())["result"]
        self.assertEqual(result["epoch"], 1 + int(losses[:, 1].argmin()))


if __name__ == "__main__":
    unittest.main()
