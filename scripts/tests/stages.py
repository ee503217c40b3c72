"""Every program on small inputs of its own, for tests that disturb them all in the same way."""

import struct
import subprocess
import zipfile

import numpy as np

from pipeline import BIN

# The arguments and outputs of each program. The first output is written last, so it tells that the
# run was complete.
STAGES = {
    "fetch-data": (
        "--dataset synthetic --count 3000 --out-dir out",
        [
            "train-images.npy",
            "train-labels.npy",
            "test-images.npy",
            "test-labels.npy",
            "classes.json",
        ],
    ),
    "train-ae": (
        "--images images.npy --validation images.npy --hidden 32 --latent 4 --epochs 8 "
        "--out out/w.safetensors",
        ["w.safetensors", "losses.csv"],
    ),
    "encode": (
        "--images images.npy --weights w.safetensors --out out/latents.npy "
        "--decode out/decoded.npy",
        ["latents.npy", "decoded.npy"],
    ),
    "encode-scattering": (
        "--images images.npy --angles 4 --dims 20 --out out/features.npy --model out/model.npz",
        ["features.npy", "model.npz"],
    ),
    "encode-pca": (
        "--points points.npy --dims 4 --scale standard --out out/e.npy "
        "--model out/model.npz",
        ["e.npy", "model.npz"],
    ),
    "embed-umap": (
        "--points points.npy --epochs 60 --out out/embedding.npy --model out/model.npz "
        "--neighbors-out out/neighbors.npz",
        ["embedding.npy", "model.npz", "neighbors.npz"],
    ),
    "cluster-kmeans": (
        "--points points.npy --starts 20 --tol 0 --out out/k.npy --model out/model.npz",
        ["k.npy", "model.npz"],
    ),
    "cluster-gmm": (
        "--points points.npy --starts 3 --search split-merge --out out/g.npy "
        "--model out/model.npz --proba out/p.npy",
        ["g.npy", "model.npz", "p.npy"],
    ),
    "cluster-hdbscan": (
        "--points points.npy --min-cluster-size 20 --out out/h.npy --model out/model.npz "
        "--probabilities out/p.npy",
        ["h.npy", "model.npz", "p.npy"],
    ),
    "suggest-k": (
        "--points points.npy map.npy --k 2..12 --rows 1000 --out out/k.csv "
        "--suggestion out/k.txt",
        ["k.csv", "k.txt"],
    ),
    "select-clustering": (
        "--points points.npy --candidates a.npy b.npy c.npy --tol 0.01 --out out/s.npy "
        "--model out/model.npz --table out/table.csv",
        ["s.npy", "model.npz", "table.csv"],
    ),
    "consensus": (
        "--assignments a.npy b.npy c.npy --k 10 --out out/c.npy --agreement out/agreement.npy "
        "--model out/model.npz",
        ["c.npy", "agreement.npy", "model.npz"],
    ),
    "evaluate": (
        "--assignments a.npy --labels labels.npy --points points.npy --out out/scores.json",
        ["scores.json"],
    ),
    "import-images": (
        "--from pictures.zip --size 32 --out out/i.npy --names out/names.csv "
        "--skipped out/skipped.csv --labels folders --labels-out out/labels.npy "
        "--classes out/classes.json",
        ["i.npy", "names.csv", "labels.npy", "classes.json", "skipped.csv"],
    ),
    "import-vectors": (
        "--from vectors.csv --out out/v.npy --names out/names.csv",
        ["v.npy", "names.csv"],
    ),
    "export-clusters": (
        "--assignments a.npy --names vectors.csv --points points.npy --out out/clusters.csv",
        ["clusters.csv"],
    ),
    "find-duplicates": (
        "--points points.npy --names vectors.csv --threshold 1 --out out/duplicates.csv",
        ["duplicates.csv"],
    ),
    "find-outliers": (
        "--points points.npy --names vectors.csv --out out/outliers.csv",
        ["outliers.csv"],
    ),
    "judge": (
        "--assignments a=a.npy --points points.npy --groups out/groups.csv --out out/verdict.md",
        ["groups.csv", "verdict.md"],
    ),
    "report": (
        "--assignments a=a.npy --points a=points.npy --labels labels.npy --images images.npy "
        "--names vectors.csv --map map.npy --out out/index.html",
        ["index.html"],
    ),
}


def bitmap(levels):
    """Returns a BMP file of gray `levels` (height, width); the width is a multiple of 4."""
    height, width = levels.shape
    palette = b"".join(bytes([level, level, level, 0]) for level in range(256))
    start = 54 + len(palette)
    head = struct.pack("<2sIII", b"BM", start + height * width, 0, start)
    head += struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 0, height * width, 0, 0, 256, 0)
    return head + palette + levels[::-1].astype("u1").tobytes()


def prepare(folder, rows=2000):
    """Writes what the programs read into `folder`."""
    rng = np.random.default_rng(0)
    labels = rng.integers(10, size=rows)
    centers = rng.normal(size=(10, 12))
    np.save(folder / "labels.npy", labels.astype("u1"))
    np.save(
        folder / "points.npy", (centers[labels] + 0.7 * rng.normal(size=(rows, 12))).astype("f4")
    )
    np.save(folder / "map.npy", centers[labels, :2] + rng.normal(size=(rows, 2)))
    np.save(folder / "images.npy", rng.integers(256, size=(rows, 16, 16), dtype="u1"))
    for name in "abc":
        moved = np.where(rng.random(rows) < 0.2, rng.integers(10, size=rows), labels)
        np.save(folder / f"{name}.npy", rng.permutation(10)[moved].astype("i4"))
    rows_of_vectors = rng.normal(size=(rows, 12)).round(4)
    lines = [",".join(["id", *"abcdefghijkl"])]
    lines += [f"v{row}," + ",".join(map(str, vector)) for row, vector in enumerate(rows_of_vectors)]
    (folder / "vectors.csv").write_text("\n".join(lines) + "\n")
    with zipfile.ZipFile(folder / "pictures.zip", "w") as archive:
        for picture in range(400):
            levels = rng.integers(256, size=(40, 40))
            archive.writestr(f"{picture % 2}/{picture}.bmp", bitmap(levels))
    weights = (
        "--images images.npy --hidden 32 --latent 4 --epochs 1 --out w.safetensors "
        "--losses first.csv"
    )
    subprocess.run(
        [BIN / "train-ae", *weights.split()], cwd=folder, check=True, capture_output=True
    )


def command(program, *more):
    return [str(BIN / program), *STAGES[program][0].split(), *map(str, more)]
