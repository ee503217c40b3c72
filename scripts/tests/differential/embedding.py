"""embed-umap: neighbors that stay, wherever the points lie and at any scale, and spans beside
umap-learn's."""

import warnings

import numpy as np

from . import points as drawn
from .lloyd import squared_distances
from .neighborhoods import blobs, components, nearest, recall, span

# Largest side of an embedding that umap-learn did not exceed in any of these kinds of cases is
# below 60.
WIDEST = 100.0


def embed(case, name, *words, model=None):
    more = ["--model", model] if model else []
    result = case.run(
        f"embed-umap --points {name}.npy --out {name}-embedding.npy --threads 1", *more, *words
    )
    found = case.load(f"{name}-embedding.npy")
    case.expect("an embedding is finite", np.isfinite(found).all(), "finite", found)
    return result, found


def anywhere(case):
    """Groups far from the origin and at any scale: as many parts, and as many neighbors kept, as of
    the same points near it."""
    rng = case.rng
    neighbors = case.integer("--neighbors", 5, 15)
    k, d = case.integer("groups", 2, 6), case.choose("d", [2, 3, 8, 20, 130])
    base, _ = blobs(case, k, d, 2 * neighbors + case.integer("more points", 0, 30))
    words = [
        "--neighbors",
        neighbors,
        "--dims",
        case.choose("--dims", [2, 10]),
        "--seed",
        case.integer("--seed", 0, 99),
        "--init",
        case.choose("--init", ["spectral", "pca"]),
        "--epochs",
        100,
    ]
    case.save("plain", base.astype("f4"))
    plain, embedding = embed(case, "plain", *words, model="model.npz")
    kept = recall(base, embedding).mean()
    _, distances = nearest(base, 1)
    least, most = components(distances, neighbors - 1)
    case.expect(
        "parts of the graph",
        least <= plain["components"] <= most,
        f"{least} to {most}",
        plain["components"],
    )
    dtype = case.choose("dtype", ["f4", "f8", "i4", "i8"])
    room = {"f4": 23, "f8": 50, "i4": 30, "i8": 50}[dtype]
    power = (
        0
        if dtype[0] == "i"
        else int(rng.integers(-1, 2)) * case.integer("power", 0, 60 if dtype == "f4" else 300)
    )
    shift = np.round(rng.uniform(-1, 1, size=d) * (2.0**room - 2048)) * case.choose("moved", [0, 1])
    moved = drawn.Points(base, dtype, case.note("power", power), shift)
    case.save("moved", moved.array(True))
    result, other = embed(case, "moved", *words)
    case.expect(
        "parts of the graph of x + c at another scale",
        least <= result["components"] <= most,
        f"{least} to {most}",
        result["components"],
    )
    found = recall(base, other).mean()
    case.expect(
        "neighbors kept of x + c at another scale",
        found >= kept - 0.15,
        f"at least {kept:.3f} - 0.15",
        f"{found:.3f}",
    )
    case.expect(
        "the span of x + c at another scale",
        span(other) <= 3 * span(embedding),
        f"at most 3 times {span(embedding):.4g}",
        span(other),
    )
    # The same file otherwise.
    case.save("plain", np.asfortranarray(base.astype(">f4")))
    case.run("embed-umap --points plain.npy --out again.npy --threads 2", *words)
    case.same_bytes(
        "embedding by two threads of points in another order of bytes",
        "again.npy",
        "plain-embedding.npy",
    )


def new_points(case):
    """--transform: the same row at the same place, whatever comes with it, and in the group that it
    belongs to."""
    rng = case.rng
    neighbors = case.integer("--neighbors", 4, 15)
    k, d = case.integer("groups", 2, 5), case.choose("d", [2, 5, 20])
    base, groups = blobs(case, k, d, 2 * neighbors + 30, separation=4.0)
    metric = case.choose("--metric", ["euclidean", "cosine"], [3, 1])
    fresh = rng.random(len(base)) < 0.25
    case.save("known", base[~fresh].astype("f4"))
    _, embedding = embed(
        case,
        "known",
        "--neighbors",
        neighbors,
        "--dims",
        case.choose("--dims", [2, 5]),
        "--epochs",
        100,
        "--metric",
        metric,
        model="model.npz",
    )

    def transform(name, rows):
        case.save(name, rows)
        case.run(
            f"embed-umap --points {name}.npy --transform model.npz --out {name}-out.npy",
            "--threads 1",
        )
        return case.load(f"{name}-out.npy")

    new = base[fresh].astype("f4")
    places = transform("new", new)
    case.expect("places of new points are finite", np.isfinite(places).all(), "finite", places)
    order = rng.permutation(len(new))
    case.equal(
        "places of new points in another order", transform("order", new[order]), places[order]
    )
    one = int(rng.integers(len(new)))
    case.equal(
        "the place of a new point alone",
        transform("alone", new[one : one + 1]),
        places[one : one + 1],
    )
    twice = transform("twice", np.concatenate([new, new[: len(new) // 2]]))
    case.equal(
        "places of rows that are there twice",
        twice,
        np.concatenate([places, places[: len(new) // 2]]),
    )
    case.equal("places of new points in f8", transform("other", new.astype(">f8")), places)
    centers = np.array(
        [np.median(embedding[groups[~fresh] == group], axis=0) for group in range(k)]
    )
    gap = squared_distances(centers, centers)[np.triu_indices(k, 1)].min()
    spread = max(
        ((embedding[groups[~fresh] == group] - centers[group]) ** 2).sum(axis=1).max()
        for group in range(k)
    )
    if metric == "euclidean" and gap > 4 * spread:
        right = squared_distances(places, centers).argmin(axis=1) == groups[fresh]
        case.expect(
            "new points come to lie in their group",
            right.mean() > 0.9,
            "above 0.9 of them",
            right.mean(),
        )


def hubs(case):
    """Copies of one row, rows that are nearest to all others, zero rows: no explosion, and
    neighbors kept as by umap-learn."""
    rng, n = case.rng, case.integer("n", 150, 900)
    kind = case.choose("kind", ["hubs", "zero rows", "copies"])
    if kind == "hubs":
        rows = rng.normal(size=(n, case.integer("d", 20, 60)))
        rows /= np.sqrt((rows**2).sum(axis=1, keepdims=True))
        rows[: case.integer("hubs", 1, 6)] *= 1e-3
    elif kind == "zero rows":
        rows = np.concatenate([rng.normal(size=(n // 4, 8)), np.zeros((n - n // 4, 8))])
    else:
        base, _ = blobs(case, 6, 8, n // 8)
        rows = np.concatenate([base / 200, np.tile(base[0] / 200, (n - len(base), 1))])
    rows = rows[rng.permutation(len(rows))].astype("f4")
    dims, start, seed = (
        case.choose("--dims", [2, 10]),
        case.choose("--init", ["spectral", "pca"]),
        case.integer("--seed", 0, 99),
    )
    case.save("rows", rows)
    _, embedding = embed(
        case,
        "rows",
        "--neighbors",
        15,
        "--dims",
        dims,
        "--init",
        start,
        "--seed",
        seed,
        "--epochs",
        200,
    )
    wide, kept = span(embedding), recall(rows.astype("f8"), embedding).mean()
    case.expect(f"the span beside {kind}", wide <= WIDEST, f"at most {WIDEST}", f"{wide:.5g}")
    if kind != "hubs":
        # Rows that are there many times stay with one another.
        _, which, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        copies = which.ravel() == counts.argmax()
        together = recall(rows.astype("f8"), embedding)[copies].mean()
        case.expect(
            f"copies stay together beside {kind}",
            together > 0.9,
            "above 0.9 of the nearest of each",
            f"{together:.3f}",
        )
    peer = umap(rows, 15, dims, seed, start)
    if peer is not None:
        case.expect(
            f"the span beside {kind} and umap-learn's",
            wide <= 3 * span(peer) + 10,
            f"at most 3 times {span(peer):.5g} + 10",
            f"{wide:.5g}",
        )
        of_peer = recall(rows.astype("f8"), peer).mean()
        if kind != "hubs":
            case.note(
                "copies together by umap-learn",
                round(float(recall(rows.astype("f8"), peer)[copies].mean()), 3),
            )
        case.expect(
            f"neighbors kept beside {kind} and by umap-learn",
            kept >= of_peer - 0.1,
            f"at least {of_peer:.3f} - 0.1",
            f"{kept:.3f}",
        )


def umap(rows, neighbors, dims, seed, start):
    """umap-learn's embedding, or None where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from umap import UMAP

            # Of fewer columns than dimensions it has no principal components to start from.
            start = start if rows.shape[1] >= dims else "spectral"
            peer = UMAP(
                n_neighbors=neighbors,
                n_components=dims,
                min_dist=0.0,
                random_state=seed,
                n_epochs=200,
                n_jobs=1,
                init=start,
            )
            return peer.fit_transform(rows)
    except ImportError:
        return None


def angles(case):
    """--metric cosine: lengths of rows are nothing to it, and a zero row is near none."""
    rng = case.rng
    neighbors, d = (
        case.integer("--neighbors", 4, 12),
        case.integer("words of each of two vocabularies", 5, 30),
    )
    each = 3 * neighbors + case.integer("more points", 0, 20)
    rows = np.zeros((2 * each, 2 * d))
    rows[:each, :d], rows[each:, d:] = (
        rng.integers(0, 30, size=(each, d)) + 1,
        rng.integers(0, 30, size=(each, d)) + 1,
    )
    words = [
        "--neighbors",
        neighbors,
        "--metric",
        "cosine",
        "--dims",
        2,
        "--epochs",
        100,
        "--seed",
        case.integer("--seed", 0, 99),
    ]
    case.save("rows", rows.astype("f4"))
    plain, embedding = embed(case, "rows", *words)
    kept = recall(rows, embedding, cosine=True).mean()
    case.expect(
        "two vocabularies that share nothing stay apart",
        plain["components"] >= 2,
        "at least 2 parts",
        plain["components"],
    )
    powers = 2.0 ** rng.integers(-20, 21, size=(len(rows), 1))
    case.save("scaled", (rows * powers).astype("f4"))
    scaled, other = embed(case, "scaled", *words)
    case.expect(
        "parts of the graph of rows of other lengths",
        scaled["components"] == plain["components"],
        plain["components"],
        scaled["components"],
    )
    found = recall(rows, other, cosine=True).mean()
    case.expect(
        "neighbors kept of rows of other lengths",
        found >= kept - 0.15,
        f"at least {kept:.3f} - 0.15",
        f"{found:.3f}",
    )
    with_zero = np.concatenate([rows, np.zeros((1, 2 * d))])
    case.save("zero", with_zero.astype("f4"))
    zero, other = embed(case, "zero", *words)
    case.expect(
        "a zero row joins no two vocabularies",
        zero["components"] >= 2,
        "at least 2 parts",
        zero["components"],
    )
    found = recall(rows, other[:-1], cosine=True).mean()
    case.expect(
        "neighbors kept beside a zero row",
        found >= kept - 0.15,
        f"at least {kept:.3f} - 0.15",
        f"{found:.3f}",
    )
