#!/usr/bin/python3 -SI
"""A program of the pipeline as tests of the Makefile need it: it takes any name and any flags.

Every output tells the program's name, its flags and the content of its inputs, so that two files
are equal only if the same commands made them of the same inputs. A suggestion is a number that
depends on the same. Appends its name and flags as a line to the file LOG; fails if the name is in
FAIL; with STOP, leaves a checkpoint and fails; before it ends, writes into the file TOUCHED if that
is among its inputs. It imports little, to start fast.
"""

import os
import sys
import zlib

OUTPUTS = {
    "--out",
    "--model",
    "--proba",
    "--agreement",
    "--decode",
    "--neighbors-out",
    "--table",
}
IMPORTED = {"--names", "--skipped", "--labels-out", "--classes"}
RESUMED = {"--resume", "--discard-checkpoint"}
DATA = [
    "train-labels.npy",
    "test-images.npy",
    "test-labels.npy",
    "classes.json",
    "train-images.npy",
]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".tmp", "w") as file:
        file.write(text)
    os.replace(path + ".tmp", path)


def main():
    name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
    with open(os.environ["LOG"], "a") as log:
        print(name, *words, file=log)
    if name in os.environ.get("FAIL", "").split():
        sys.exit(f"{name}: told to fail")
    text = f"{name} {' '.join(word for word in words if word not in RESUMED)}\n"
    outputs, inputs, suggestions = [], [], []
    for before, word in zip([None, *words], words):
        file = word.split("=")[-1]
        read = name == "encode-onnx" and before == "--model"
        imported = name.startswith("import-") and before in IMPORTED
        judged = name == "judge" and before == "--groups"
        if (before in OUTPUTS and not read) or imported or judged:
            outputs.append(word)
        elif before == "--tiles":
            os.makedirs(word, exist_ok=True)
        elif before == "--out-dir":
            outputs += [f"{word}/{file}" for file in DATA]
        elif before == "--suggestion" and name == "suggest-k":
            suggestions.append(word)
        elif os.path.isfile(file):
            inputs.append(file)
            with open(file, "rb") as content:
                text += f"{file} {zlib.crc32(content.read())}\n"
    if name == "train-ae" and outputs:
        folder = os.path.dirname(outputs[0])
        outputs.append(f"{folder}/losses.csv")
        if "STOP" in os.environ:
            write(f"{folder}/checkpoint.safetensors", "")
            sys.exit("train-ae: stopped")
        if os.path.exists(f"{folder}/checkpoint.safetensors"):
            os.remove(f"{folder}/checkpoint.safetensors")
    for file in suggestions:
        # Two suggestions should differ, and folders of tests have random names.
        write(file, f"{2 + zlib.crc32(text.encode()) % 100_000}\n")
    for file in reversed(outputs):
        write(file, text + os.path.basename(file))
    if os.environ.get("TOUCHED") in inputs:
        write(os.environ["TOUCHED"], "new")
    if name == "evaluate":
        print("| system | split |", *inputs)


main()
