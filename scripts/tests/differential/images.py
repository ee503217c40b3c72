"""encode-scattering: its principal components beside numpy's, and images of any scale."""

import numpy as np
from sklearn.decomposition import PCA

# More features than any of these images has values, so that all of them are kept as they are.
ALL = 1_000_000


def draw(case, most=60, fewest=4):
    """Images (n, height, width) in 0..=1, of lines, spots and noise."""
    rng = case.rng
    n, height, width = (
        case.integer("n", fewest, most),
        case.integer("height", 12, 20),
        case.integer("width", 12, 20),
    )
    y, x = np.mgrid[:height, :width]
    images = np.empty((n, height, width))
    for image in images:
        angle, phase, period = rng.uniform(0, np.pi), rng.uniform(0, 7), rng.uniform(3, 12)
        wave = np.cos((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period + phase)
        spot = np.exp(
            -((x - rng.uniform(0, width)) ** 2 + (y - rng.uniform(0, height)) ** 2)
            / rng.uniform(4, 40)
        )
        image[:] = np.clip(0.5 + 0.4 * wave * spot + 0.1 * rng.normal(size=(height, width)), 0, 1)
    return images


def words(case, dims=ALL):
    return [
        "--scales",
        case.drawn.get("--scales") or case.choose("--scales", [1, 2]),
        "--angles",
        case.drawn.get("--angles") or case.choose("--angles", [2, 4]),
        "--dims",
        dims,
    ]


def components(case):
    """The features that are kept: orthonormal directions that explain as much variance as exact
    ones do, of scores that do not correlate."""
    images = draw(case, most=80, fewest=8)
    n = len(images)
    case.save("images", images.astype("f4"))
    case.run(
        "encode-scattering --images images.npy --out some.npy --model some.npz", *words(case, 1)
    )
    # All values are kept where there are as many images, and the same ones again change nothing
    # else.
    times = -(-len(np.load(case.folder / "some.npz")["mean"]) // n)
    case.save("often", np.tile(images.astype("f4"), (times, 1, 1)))
    case.run("encode-scattering --images often.npy --out all.npy", *words(case))
    values = case.load("all.npy")[:n].astype("f8")
    case.close(
        "lengths of the features of an image",
        np.sqrt((values**2).sum(axis=1)),
        np.ones(n),
        atol=1e-5,
    )
    dims = case.integer("--dims", 1, min(12, n - 2))
    case.run(
        "encode-scattering --images images.npy --out some.npy --model some.npz", *words(case, dims)
    )
    scores = case.load("some.npy").astype("f8")
    kept = np.load(case.folder / "some.npz")["components"]
    case.close("products of the components", kept @ kept.T, np.eye(dims), atol=1e-5)
    centered = values - values.mean(axis=0)
    exact = np.linalg.svd(centered, compute_uv=False) ** 2
    peer = PCA(dims, svd_solver="randomized", random_state=0).fit(values)
    explained = (scores - scores.mean(axis=0)).T @ (scores - scores.mean(axis=0))
    allowed = (
        2 * (1 - peer.explained_variance_ratio_.sum() * exact.sum() / exact[:dims].sum()) + 1e-4
    )
    case.expect(
        "explained variance",
        np.trace(explained) >= (1 - allowed) * exact[:dims].sum(),
        f"at least {1 - allowed} of {exact[:dims].sum()}",
        np.trace(explained),
    )
    case.close(
        "scores that do not correlate",
        explained - np.diag(np.diag(explained)),
        np.zeros((dims, dims)),
        atol=1e-3 * exact[0],
    )
    case.close(
        "variance of each direction",
        np.diag(explained),
        exact[:dims],
        rtol=0.02,
        atol=2e-3 * exact[0],
    )
    right = np.linalg.svd(centered, full_matrices=False)[2]
    if exact[0] > 1.2 * exact[1]:
        case.expect(
            "cosine of the first direction with the exact one",
            abs(kept[0] @ right[0]) > 0.999,
            "above 0.999",
            abs(kept[0] @ right[0]),
        )


def scaled(case):
    """New images have the same features at any scale of any of them, in any dtype and order, with
    whatever others they come."""
    images = draw(case, most=24)
    n = len(images)
    case.save("images", images.astype("f4"))
    dims = case.choose("--dims", [ALL, 3])
    case.run(
        "encode-scattering --images images.npy --out features.npy --model model.npz",
        *words(case, dims),
    )
    features = case.load("features.npy")
    case.expect("features are finite", np.isfinite(features).all(), "finite", features)

    def transform(name, array):
        case.save(name, array)
        done = case.run_or_refuse(
            f"encode-scattering --images {name}.npy --transform model.npz"
            f" --out {name}-features.npy",
            "--threads 1",
        )
        return None if done is None else case.load(f"{name}-features.npy")

    transform("same", np.asfortranarray(images.astype(">f4")))
    case.same_bytes(
        "features by the model of the same images in another order of bytes",
        "same-features.npy",
        "features.npy",
    )
    order = case.rng.permutation(n)[: n // 2 + 1]
    case.equal(
        "features of some images in another order",
        transform("some", images.astype("f4")[order]),
        features[order],
    )
    dtype = case.choose("dtype", ["f4", "f8"])
    most = {"f4": 100, "f8": 300}[dtype]
    powers = case.rng.integers(-most, most + 1, size=n) * (
        case.rng.random(n) < case.choose("share of scaled images", [1.0, 0.1])
    )
    found = transform("scaled", (images.astype("f4") * 2.0 ** powers[:, None, None]).astype(dtype))
    if found is not None:
        case.close("features of images of other scales", found, features, atol=1e-4)
    # One image that is far brighter or darker than all others, among those that a model is learned
    # from: what comes out is finite.
    extreme = images.astype("f4").copy()
    extreme[case.rng.integers(n)] *= np.float32(2.0 ** case.rng.integers(-100, 100))
    case.save("extreme", extreme)
    if (
        case.run_or_refuse(
            "encode-scattering --images extreme.npy --out out.npy", *words(case, dims)
        )
        is not None
    ):
        features = case.load("out.npy")
        case.expect(
            "features beside an extreme image are finite",
            np.isfinite(features).all(),
            "finite",
            f"{np.isnan(features).sum()} NaN of {features.size}",
        )
        case.expect(
            "features beside an extreme image are not all 0",
            (np.abs(features).max(axis=1) > 0).sum() >= n - 1,
            "at most one image without",
            np.abs(features).max(axis=1),
        )
    # All images at one scale give what they give at another.
    power = int(case.rng.integers(-most, most + 1))
    case.save("all", images.astype("f4").astype(dtype) * np.dtype(dtype).type(2.0**power))
    command = "encode-scattering --images all.npy --out out.npy"
    if case.run_or_refuse(command, *words(case, dims)) is not None:
        same_products(
            case,
            "features of images that are all of another scale",
            "out.npy",
            "features.npy",
            dims,
        )
    gray = np.round(images * 255).astype("u1")
    case.save("gray", gray)
    case.save("same", (gray / 255).astype("f4"))
    case.run("encode-scattering --images gray.npy --out gray-out.npy", *words(case, dims))
    case.run("encode-scattering --images same.npy --out same-out.npy", *words(case, dims))
    same_products(
        case, "features of gray levels and of their shares", "gray-out.npy", "same-out.npy", dims
    )


def same_products(case, what, name, other, dims):
    """Expects features that are the same but for a rotation: which directions stand for equal
    variances is no matter."""
    one, two = case.load(name).astype("f8"), case.load(other).astype("f8")
    if dims == ALL:
        case.close(f"products of {what}", one @ one.T, two @ two.T, atol=1e-3)
    case.close(f"squares of {what}", (one**2).sum(), (two**2).sum(), rtol=1e-3, atol=1e-3)
