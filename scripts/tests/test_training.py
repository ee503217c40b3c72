"""What `train-ae` and `encode` refuse, warn of and keep.

Trainings broken off, scales of images, weights of others.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from pipeline import BIN


class Training(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        rng = np.random.default_rng(0)
        self.images = rng.integers(256, size=(300, 4, 6), dtype="u1")
        self.save("images.npy", self.images)
        self.save("floats.npy", self.images.astype("f4"))
        self.save("wide.npy", self.images.astype("u2") * 200)

    def save(self, name, array):
        np.save(self.folder / name, array)

    def start(self, program, words, code=0, **how):
        command = [BIN / program, *words.split()]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, **how)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def train(self, words, **how):
        return self.start("train-ae", f"--out w.safetensors --hidden 8 --latent 2 {words}", **how)

    def encode(self, words, **how):
        return self.start("encode", f"--out latents.npy {words}", **how)

    def refused(self, done, *told):
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for text in told:
            self.assertIn(text, done.stderr)

    def break_off(self, words="--images images.npy --epochs 100000"):
        """Leaves the checkpoint of a training that was broken off; returns its bytes."""
        command = [BIN / "train-ae", *f"--out w.safetensors --hidden 8 --latent 2 {words}".split()]
        process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for line in process.stderr:
            if line.startswith("epoch 3/"):
                break
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertEqual(process.returncode, 130)
        return (self.folder / "checkpoint.safetensors").read_bytes()

    def test_another_training_does_not_overwrite_one_that_was_broken_off(self):
        saved = self.break_off()
        for words in [
            "--images images.npy --epochs 2",
            "--images floats.npy --epochs 2",
            "--images images.npy --epochs 100000",
        ]:
            done = self.train(words, code=1)
            self.assertIn("expected no checkpoint, found one of an interrupted", done.stderr)
            self.assertIn("--resume", done.stderr)
            self.assertIn("--discard-checkpoint", done.stderr)
            self.assertEqual((self.folder / "checkpoint.safetensors").read_bytes(), saved)
        done = self.train("--images images.npy --epochs 2 --resume --discard-checkpoint", code=2)
        self.refused(done, "exclude each other")
        self.train("--images images.npy --epochs 2 --discard-checkpoint")
        self.assertFalse((self.folder / "checkpoint.safetensors").exists())

    def test_no_fewer_epochs_than_are_done(self):
        self.break_off()
        done = self.train("--images images.npy --epochs 1 --resume", code=1)
        self.assertIn(
            "expected the state of a training with at most 1 epochs, found one with", done.stderr
        )
        self.assertFalse((self.folder / "w.safetensors").exists())

    def test_the_message_of_another_architecture_is_in_words(self):
        self.break_off()
        done = self.train("--images images.npy --epochs 100000 --resume --activation tanh", code=1)
        self.assertIn("with activation tanh, found one with activation relu", done.stderr)
        self.assertNotIn("{", done.stderr)

    def test_a_checkpoint_goes_with_a_loss_that_ran_away_after_that_is_said(self):
        words = "--images images.npy --epochs 100000 --lr 1e18"
        saved = self.folder / "checkpoint.safetensors"
        self.train("--images images.npy --epochs 1 --checkpoint other.safetensors")
        shutil.copy(self.folder / "other.safetensors", saved)
        done = self.train(f"{words} --discard-checkpoint", code=1)
        warning, error = [
            line for line in done.stderr.splitlines() if not line.startswith("epoch ")
        ]
        self.assertTrue(
            warning.startswith("warning: checkpoint.safetensors is removed"), done.stderr
        )
        self.assertIn("diverged", error)
        self.assertFalse(saved.exists())

    def test_a_named_checkpoint_is_the_same_in_every_run(self):
        found = set()
        for i in range(6):
            self.train(f"--images images.npy --epochs 2 --checkpoint {i}.safetensors")
            found.add((self.folder / f"{i}.safetensors").read_bytes())
        self.assertEqual(len(found), 1)

    def test_validation_images_of_another_size_or_scale_are_named(self):
        self.save("small.npy", self.images[:, :2])
        done = self.train("--images images.npy --validation small.npy", code=1)
        self.assertIn("small.npy: expected images of 24 pixels", done.stderr)
        done = self.train("--images images.npy --validation floats.npy", code=1)
        self.assertIn("floats.npy: expected images with values from about 0 to 1", done.stderr)

    def test_images_of_an_unusual_scale_are_warned_of(self):
        for name in ["floats.npy", "wide.npy"]:
            done = self.train(f"--images {name} --epochs 1 --lr 1e-6")
            self.assertIn(f"warning: {name}: values from 0 to ", done.stderr)
            done = self.train(f"--images {name} --epochs 1 --normalize l2")
            self.assertNotIn("are taken as they are", done.stderr)
        done = self.train("--images images.npy --epochs 1")
        self.assertNotIn("are taken as they are", done.stderr)

    def test_a_network_that_draws_the_mean_image_is_warned_of(self):
        done = self.train("--images images.npy --epochs 1 --lr 1e-9")
        self.assertIn("warning: the network has collapsed", done.stderr)
        # Images in two groups, which one value of the code tells apart.
        halves = np.zeros((300, 4, 6), "u1")
        halves[::2, :2] = 255
        halves[1::2, 2:] = 255
        self.save("halves.npy", halves)
        done = self.train("--images halves.npy --epochs 60 --lr 0.01")
        self.assertNotIn("collapsed", done.stderr)

    def test_images_of_another_scale_or_shape_than_those_of_the_training_are_not_encoded(self):
        self.train("--images images.npy --epochs 1")
        self.save("turned.npy", self.images.transpose(0, 2, 1).copy())
        for name, told in [
            ("floats.npy", "values from about 0 to 1"),
            ("wide.npy", "values from about 0 to 1"),
            ("turned.npy", "expected images of 4 rows of 6 pixels, found 6 of 4"),
        ]:
            self.refused(
                self.encode(f"--images {name} --weights w.safetensors", code=1), name, told
            )
            self.assertFalse((self.folder / "latents.npy").exists())
        self.save("unit.npy", self.images / 255)
        self.save("flat.npy", self.images.reshape(300, 24))
        for name in ["unit.npy", "flat.npy"]:
            self.encode(f"--images {name} --weights w.safetensors")
        self.train("--images floats.npy --epochs 1 --lr 1e-6")
        self.encode("--images floats.npy --weights w.safetensors")
        self.refused(
            self.encode("--images images.npy --weights w.safetensors", code=1),
            "values from about 0 to 255, as",
            "found 0 to 1",
        )

    def test_weights_that_say_nothing_of_themselves(self):
        self.train("--images images.npy --epochs 1 --activation tanh")
        tensors = load_file(self.folder / "w.safetensors")
        self.encode("--images images.npy --weights w.safetensors")
        expected = np.load(self.folder / "latents.npy")
        save_file(tensors, self.folder / "plain.safetensors")
        done = self.encode("--images images.npy --weights plain.safetensors")
        self.assertIn(
            "assuming --activation relu and --loss mse (the output is linear)", done.stderr
        )
        done = self.encode(
            "--images images.npy --weights plain.safetensors --activation tanh --decode d.npy "
            "--loss bce"
        )
        np.testing.assert_array_equal(np.load(self.folder / "latents.npy"), expected)
        self.assertTrue((np.load(self.folder / "d.npy") >= 0).all())
        self.refused(
            self.encode("--images images.npy --weights w.safetensors --activation relu", code=1),
            "expected --activation tanh, as in the weights file, found --activation relu",
        )

    def test_a_batch_normalization_is_not_left_out(self):
        """A PyTorch module with layers that train-ae does not have."""

        def half(widths):
            layers = [
                torch.nn.Linear(widths[0], widths[1]),
                torch.nn.BatchNorm1d(widths[1]),
                torch.nn.Linear(widths[1], widths[2]),
            ]
            return torch.nn.Sequential(*layers)

        module = torch.nn.ModuleDict({"encoder": half([24, 8, 2]), "decoder": half([2, 8, 24])})
        save_file(module.state_dict(), self.folder / "normalized.safetensors")
        self.refused(
            self.encode("--images images.npy --weights normalized.safetensors", code=1),
            "coder.1.",
            "which is of no layer",
        )

    def test_compiled_and_half_precision_modules_are_read(self):
        """Latents equal those that PyTorch computes."""
        torch.manual_seed(0)
        half = lambda a, b, c: torch.nn.Sequential(
            torch.nn.Linear(a, b), torch.nn.ReLU(), torch.nn.Linear(b, c)
        )  # noqa: E731
        module = torch.nn.ModuleDict({"encoder": half(24, 8, 2), "decoder": half(2, 8, 24)})
        images = torch.from_numpy(self.images.reshape(300, 24) / 255)
        for dtype, tolerance in [
            (torch.float64, 1e-6),
            (torch.float16, 1e-5),
            (torch.bfloat16, 1e-5),
        ]:
            state = {
                f"_orig_mod.{name}": tensor.to(dtype)
                for name, tensor in module.state_dict().items()
            }
            save_file(state, self.folder / "other.safetensors")
            self.encode("--images images.npy --weights other.safetensors")
            # The weights are rounded as they are in the file; what follows is f32 here.
            rounded = {
                name.removeprefix("_orig_mod."): tensor.double() for name, tensor in state.items()
            }
            expected = torch.func.functional_call(
                module["encoder"].double(),
                {
                    name.removeprefix("encoder."): t
                    for name, t in rounded.items()
                    if name.startswith("encoder.")
                },
                images,
            )
            np.testing.assert_allclose(
                np.load(self.folder / "latents.npy"), expected.detach().numpy(), atol=tolerance
            )
            module.float()

    def test_latents_that_are_the_same_for_all_images_are_warned_of(self):
        self.train("--images images.npy --epochs 1")
        tensors = load_file(self.folder / "w.safetensors")
        tensors["encoder.2.weight"][1] = 0
        save_file(tensors, self.folder / "one.safetensors")
        done = self.encode("--images images.npy --weights one.safetensors")
        self.assertIn("warning: latents that are the same for all images: 1", done.stderr)
        tensors["encoder.2.weight"][:] = 0
        save_file(tensors, self.folder / "dead.safetensors")
        done = self.encode("--images images.npy --weights dead.safetensors")
        self.assertIn("warning: all images have the same latents", done.stderr)

    def test_a_foreign_libtorch_on_the_library_path_is_not_loaded(self):
        foreign = self.folder / "foreign"
        foreign.mkdir()
        for name in ["libtorch_cpu.so", "libc10.so"]:
            (foreign / name).write_bytes(b"not a library")
        self.train(
            "--images images.npy --epochs 1", env={**os.environ, "LD_LIBRARY_PATH": str(foreign)}
        )

    def test_the_bench_goes_on_as_long_as_it_is_asked_before_it_times(self):
        command = "train-ae", "--images images.npy --hidden 8 --latent 2 --bench 5 --json"
        told = json.loads(self.start(command[0], f"{command[1]} --warm-up 50").stdout)
        self.assertEqual(told["result"]["warm_up"], 50)
        self.assertGreater(told["result"]["losses"][-1][0], 50 * 150)
        self.refused(
            self.train("--images images.npy --warm-up 3", code=2), "--warm-up belongs to --bench"
        )


if __name__ == "__main__":
    unittest.main()
