"""Compares the weights, latents and training steps of the autoencoder with PyTorch's."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np

from pipeline import BIN


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

if __name__ == "__main__":
    unittest.main()
