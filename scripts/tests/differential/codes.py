"""encode beside PyTorch, with drawn weights in any dtype and drawn images in any dtype and
order."""

import json

import numpy as np

ACTIVATIONS = ["relu", "elu", "gelu", "tanh", "sigmoid"]


def network(case):
    """A drawn network as a list of (name, tensor), and a function from images (n, pixels) to codes
    and reconstructions."""
    import torch

    torch.set_num_threads(1)
    rng = case.rng
    pixels = case.drawn["height"] * case.drawn["width"]
    hidden = [int(width) for width in rng.integers(1, 70, size=case.integer("hidden layers", 0, 3))]
    widths = [pixels, *case.note("hidden", hidden), case.integer("latent", 1, 12)]
    tensors, layers = {}, {"encoder": [], "decoder": []}
    for part, sizes in [("encoder", widths), ("decoder", widths[::-1])]:
        for number, (before, after) in enumerate(zip(sizes, sizes[1:])):
            weight = torch.tensor(
                rng.normal(size=(after, before)) / np.sqrt(before), dtype=torch.float32
            )
            bias = torch.tensor(0.3 * rng.normal(size=after), dtype=torch.float32)
            tensors[f"{part}.{2 * number}.weight"], tensors[f"{part}.{2 * number}.bias"] = (
                weight,
                bias,
            )
            layers[part].append(f"{part}.{2 * number}")
    activation = case.choose("activation", ACTIVATIONS)
    act = {
        "relu": torch.relu,
        "elu": torch.nn.functional.elu,
        "gelu": torch.nn.functional.gelu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
    }[activation]
    loss = case.choose("loss", ["mse", "bce"], [3, 1])
    # Normalized images are no probabilities.
    normalize = case.choose("normalize", ["none", "l2"], [3, 1]) if loss == "mse" else "none"

    def through(part, values, tensors):
        for number, name in enumerate(layers[part]):
            values = torch.nn.functional.linear(
                values, tensors[f"{name}.weight"].double(), tensors[f"{name}.bias"].double()
            )
            values = act(values) if number + 1 < len(layers[part]) else values
        return values

    def evaluate(images, tensors):
        values = torch.tensor(images, dtype=torch.float64)
        size = values.square().mean(dim=1, keepdim=True).sqrt()
        codes = through(
            "encoder",
            values / torch.where(size > 0, size, 1) if normalize == "l2" else values,
            tensors,
        )
        made = through("decoder", codes, tensors)
        made = torch.sigmoid(made) if loss == "bce" else made
        return codes.numpy(), (made * size if normalize == "l2" else made).numpy()

    metadata = {
        "autoencoder": json.dumps({"activation": activation, "loss": loss, "normalize": normalize})
    }
    return tensors, metadata, evaluate


def encoded(case):
    """Codes and reconstructions, of images of every dtype, by weights of every dtype."""
    import torch
    from safetensors.torch import save_file

    rng = case.rng
    n, height, width = (
        case.integer("n", 1, 60),
        case.integer("height", 2, 12),
        case.integer("width", 2, 12),
    )
    tensors, metadata, evaluate = network(case)
    kind = case.choose("images", ["u1", "bool", "f4", "f8", "f2"])
    images = rng.random((n, height, width)) * (rng.random((n, 1, 1)) < 0.9)
    images = (
        np.round(images * 255).astype("u1")
        if kind == "u1"
        else images > 0.5
        if kind == "bool"
        else images.astype(kind)
    )
    if kind in ("u1", "bool"):
        # So that it has gray levels above 1, and no image is all black.
        images[:, 0, 0] = 255 if kind == "u1" else True
    flat = images.reshape(n, -1).astype("f8") / (255 if kind == "u1" else 1)
    dtype = case.choose("weights", ["float32", "float16", "bfloat16", "float64"], [3, 1, 1, 1])
    prefix = case.choose("prefix", ["", "_orig_mod.", "module."], [4, 1, 1])
    stored = {
        f"{prefix}{name}": tensor.to(getattr(torch, dtype)) for name, tensor in tensors.items()
    }
    rounded = {name: stored[f"{prefix}{name}"].float() for name in tensors}
    save_file(stored, case.folder / "w.safetensors", metadata)
    codes, made = evaluate(flat, rounded)
    case.save("images", images)
    case.run(
        "encode --images images.npy --weights w.safetensors --out codes.npy --decode",
        "made.npy --device cpu --threads 1",
    )
    case.close("codes", case.load("codes.npy"), codes, atol=2e-5 * (1 + np.abs(codes).max()))
    case.close(
        "reconstructions",
        case.load("made.npy").reshape(n, -1),
        made,
        atol=2e-5 * (1 + np.abs(made).max()),
    )
    # The same images otherwise.
    other = np.asfortranarray(images.astype(images.dtype.newbyteorder(">")))
    case.save("other", other if case.chance(0.5) else images.reshape(n, -1))
    case.run(
        "encode --images other.npy --weights w.safetensors --out other-codes.npy",
        "--device cpu --threads 2",
    )
    case.same_bytes(
        "codes of the same images in another order of bytes", "other-codes.npy", "codes.npy"
    )
    some = rng.permutation(n)[: n // 2 + 1]
    case.save("some", images[some])
    case.run(
        "encode --images some.npy --weights w.safetensors --out some-codes.npy --device", "cpu"
    )
    case.close(
        "codes of some images in another order",
        case.load("some-codes.npy"),
        case.load("codes.npy")[some],
        atol=2e-5 * (1 + np.abs(codes).max()),
    )
    # What the program cannot compute with, it must not leave out in silence.
    further = case.choose(
        "further tensor",
        [
            "encoder.1.running_mean",
            f"encoder.{2 * len(case.drawn['hidden']) + 3}.weight",
            "decoder.1.weight",
        ],
    )
    save_file(
        {**stored, f"{prefix}{further}": torch.ones(case.drawn["latent"])},
        case.folder / "further.safetensors",
        metadata,
    )
    done = case.execute(
        "encode --images images.npy --weights further.safetensors --out no.npy --device", "cpu"
    )
    case.expect(
        "a further tensor is refused by name",
        done.returncode == 1 and further in done.stderr,
        f"a refusal that names {further}",
        f"exit code {done.returncode}: {done.stderr.strip()}",
    )
