"""Writes golden networks for encode-onnx, with the features that ONNX Runtime computes.

    pip install torch onnx onnxscript onnxruntime numpy pillow
    python scripts/golden/make_onnx.py

Last run with torch 2.11, onnx 1.23, onnxscript 0.7, onnxruntime 1.32. All weights are random.
Writes crates/programs/encode-onnx/tests/golden: NAME.onnx, and NAME.npy with the features of
images.npy, averaged over places and of the first token where the output has these.
"""

import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic
from PIL import Image
from torch import nn

GOLDEN = Path(__file__).parents[2] / "crates/programs/encode-onnx/tests/golden"
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
SIDE = 16


class Convolutional(nn.Module):
    """Convolutions and pooling; its output has places."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU6(), nn.AvgPool2d(2),
            nn.Conv2d(16, 16, 3, groups=16, padding=1), nn.Hardswish(), nn.Conv2d(16, 24, 1),
        )  # fmt: skip

    def forward(self, images):
        return self.layers(images)


class Block(nn.Module):
    """A residual block with squeeze and excitation."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs),
            nn.SiLU(), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs),
        )  # fmt: skip
        self.squeeze = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(outputs, 4, 1), nn.ReLU(),
            nn.Conv2d(4, outputs, 1), nn.Sigmoid(),
        )  # fmt: skip
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, images):
        inner = self.layers(images)
        return torch.relu(inner * self.squeeze(inner) + self.shortcut(images))


class Residual(nn.Module):
    """Residual blocks and an average over places; then a classifier, which is to be cut off."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Block(3, 8, 1), Block(8, 8, 2), Block(8, 16, 2))
        self.classifier = nn.Linear(16, 5)

    def forward(self, images):
        features = self.blocks(images).mean((2, 3))
        return features, self.classifier(features)


class Transformer(nn.Module):
    """A vision transformer with a class token; its output has tokens."""

    def __init__(self, patch=4, width=16, depth=2):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.places = nn.Parameter(torch.randn(1, (SIDE // patch) ** 2 + 1, width))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, 2, 2 * width, 0.0, "gelu", batch_first=True, norm_first=True
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, images):
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(images.shape[0], -1, -1), tokens], 1) + self.places
        for layer in self.layers:
            tokens = layer(tokens)
        return self.norm(tokens)


def network(kind):
    """Returns a network with random weights, which are not all near the ones it starts from."""
    torch.manual_seed(0)
    made = kind().eval()
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    return made


def export(module, path, outputs=("features",), opset=18, dynamic=("batch",), legacy=False):
    images = torch.randn(2, 3, SIDE, SIDE)
    axes = {at: name for at, name in zip((0, 2, 3), dynamic)}
    options = {"input_names": ["images"], "output_names": list(outputs), "opset_version": opset}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if legacy:
            names = {name: {0: "batch"} for name in outputs}
            torch.onnx.export(
                module, (images,), path, dynamo=False, dynamic_axes={"images": axes} | names,
                **options,
            )  # fmt: skip
        else:
            shapes = {at: torch.export.Dim(name) for at, name in axes.items()}
            torch.onnx.export(
                module, (images,), path, dynamo=True, dynamic_shapes=(shapes,), verbose=False,
                external_data=False, **options,
            )  # fmt: skip
    model = onnx.load(path)
    # Names of places in the source, which make up most of a small file.
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.initializer]:
        del value.metadata_props[:]
    onnx.save(model, path)


def prepared(levels):
    """Returns images (n, height, width, 3) of levels as networks take them: (n, 3, ...)."""
    return ((levels.astype("f4") / 255 - MEAN) / STD).transpose(0, 3, 1, 2).copy()


def computed(path, inputs, output=None, name="images"):
    """Returns the features that ONNX Runtime computes."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    kind = {"tensor(float16)": "f2"}.get(session.get_inputs()[0].type, "f4")
    (found,) = session.run(output and [output], {name: inputs.astype(kind)})
    found = found.astype("f4")
    return {2: lambda x: x, 3: lambda x: x[:, 0], 4: lambda x: x.mean((2, 3))}[found.ndim](found)


def resized(levels, side, kind):
    return np.stack([np.asarray(Image.fromarray(x).resize((side, side), kind)) for x in levels])


def halved(path):
    """Writes the convolutional network with weights, input and output of 16 bits."""
    model = onnx.load(GOLDEN / "convolutional.onnx")
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            tensor.CopyFrom(
                numpy_helper.from_array(numpy_helper.to_array(tensor).astype("f2"), tensor.name)
            )
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.t.data_type == TensorProto.FLOAT:
                half = numpy_helper.to_array(attribute.t).astype("f2")
                attribute.t.CopyFrom(numpy_helper.from_array(half))
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.elem_type = TensorProto.FLOAT16
    del model.graph.value_info[:]
    onnx.save(model, path)


def channels_last(path):
    """Writes the convolutional network with channels last, for input and output."""
    model = onnx.load(GOLDEN / "convolutional.onnx")
    graph = model.graph
    graph.node[0].input[0], graph.node[-1].output[0] = "first", "channels"
    graph.node.insert(0, helper.make_node("Transpose", ["images"], ["first"], perm=[0, 3, 1, 2]))
    graph.node.append(helper.make_node("Transpose", ["channels"], ["features"], perm=[0, 2, 3, 1]))
    last = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (
        ("images", ["batch", SIDE, SIDE, 3]), ("features", ["batch", 4, 4, 24]))]  # fmt: skip
    graph.input[0].CopyFrom(last[0])
    graph.output[0].CopyFrom(last[1])
    del graph.value_info[:]
    onnx.save(model, path)


def text_and_images(path):
    """Writes a network of two inputs, each with an output, and one of both, as CLIP has them."""
    model = onnx.load(GOLDEN / "convolutional.onnx")
    graph, shape = model.graph, ["batch", 24, 4, 4]
    graph.input.append(helper.make_tensor_value_info("text", TensorProto.FLOAT, shape))
    graph.node.append(helper.make_node("Neg", ["text"], ["text_features"]))
    graph.node.append(helper.make_node("Mul", ["features", "text_features"], ["likeness"]))
    for name in ("text_features", "likeness"):
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    onnx.save(model, path)


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    waves = [
        128 + 100 * np.sin(a * x + b * y + c)
        for a, b, c in rng.uniform(-1, 1, (7 * 3, 3))
    ]  # fmt: skip
    levels = np.stack(waves).reshape(7, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    levels = np.clip(levels + rng.normal(0, 10, levels.shape), 0, 255).astype("u1")
    np.save(GOLDEN / "images.npy", levels)
    inputs = prepared(levels)
    paths = {}

    def path(name):
        return paths.setdefault(name, str(GOLDEN / f"{name}.onnx"))

    def save(name, features):
        np.save(GOLDEN / f"{name}.npy", features)

    export(network(Convolutional), path("convolutional"), opset=17, legacy=True)
    export(network(Residual), path("residual"), ("features", "classes"))
    export(network(Transformer), path("transformer"))
    for name in ("convolutional", "residual", "transformer"):
        save(name, computed(path(name), inputs, "features"))

    export(network(Convolutional), path("open"), dynamic=("batch", "height", "width"), opset=22)
    for kind in (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC):
        features = computed(path("open"), prepared(resized(levels, 24, kind)))
        save(f"open-{kind.name.lower()}", features)

    halved(path("half"))
    channels_last(path("channels-last"))
    text_and_images(path("text-and-images"))
    quantize_dynamic(path("transformer"), path("quantized"))
    save("quantized", computed(path("quantized"), inputs))
    onnx.save_model(
        onnx.load(path("convolutional")), path("beside"), save_as_external_data=True,
        location="beside.onnx.data", size_threshold=0,
    )  # fmt: skip


if __name__ == "__main__":
    main()
