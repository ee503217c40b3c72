"""cluster-kmeans: models on new points, its own starts, mini-batches, numbers of clusters."""

import csv

import numpy as np
from sklearn.cluster import KMeans

from . import points as drawn
from .lloyd import assign, slack
from .scores import silhouettes


def consistent(case, where, points, shift, weights, found, labels, centroids):
    """Labels are the nearest centroids, sizes count them, and the inertia is that of both, in the
    file's own units."""
    base = points.base + shift
    middle = np.round(base.mean(axis=0))
    near, own = base - middle, np.longdouble(centroids) / points.scale - middle
    bound = slack(
        near, np.float64(own), points.rounding, points.extent(), 2.0**-52 * np.abs(base).max()
    )
    _, _, distances = assign(near, np.float64(own), bound)
    excess = distances[np.arange(len(base)), labels] - distances.min(axis=1)
    case.expect(
        f"every point of {where} goes to its nearest centroid",
        (excess <= bound).all(),
        f"no excess beyond {bound.max():.3g}",
        f"{int((excess > bound).sum())} of {len(base)} elsewhere, the worst by {excess.max():.6g}",
    )
    case.equal(f"sizes of {where}", found["sizes"], np.bincount(labels, minlength=len(centroids)))
    mass = np.ones(len(base)) if weights is None else weights
    squares = ((np.longdouble(base) - middle - own[labels]) ** 2).sum(axis=1)
    # By how much the centroids of the file may be other than those of the program.
    written = 2.0**-52 * np.sqrt(base.shape[1]) * np.abs(base).max()
    case.close(
        f"inertia of {where} from its own assignments and centroids",
        found["inertia"] / points.scale**2,
        float((mass * squares).sum()),
        rtol=1e-9,
        atol=float((mass * (2 * np.sqrt(squares) + written) * written).sum()),
    )


def predict(case):
    """--predict: the nearest centroid, in any order of rows and of the model's bytes."""
    points = drawn.draw(case)
    n, d = points.base.shape
    k = case.integer("k", 1, 40)
    spread = 8 * case.rng.normal(size=(k, d)) * points.extent() / 12
    centroids = points.base.mean(axis=0) + np.round(spread) / 8
    if case.chance(0.3):
        centroids = points.base[case.rng.integers(n, size=k)] + np.round(spread / 64) / 8
    for moved in (False, True):
        where, shift = ("x + c", points.shift) if moved else ("x", np.zeros(d))
        np.savez(case.folder / "model.npz", centroids=(centroids + shift) * points.scale)
        case.save("points", points.array(moved))
        found = case.run(
            "cluster-kmeans --points points.npy --predict model.npz --out labels.npy", "--threads 1"
        )
        labels = case.load("labels.npy")
        stored = (centroids + shift) * points.scale
        consistent(case, f"{where} with a model", points, shift, None, found, labels, stored)
        order = case.rng.permutation(n)[: max(1, n // 2)]
        case.save("some", points.array(moved)[order])
        np.savez(case.folder / "fortran.npz", centroids=np.asfortranarray(stored).astype(">f8"))
        case.run(
            "cluster-kmeans --points some.npy --predict fortran.npz --out other.npy", "--threads 2"
        )
        case.equal(
            "assignments of some rows in another order, by a model in Fortran order",
            case.load("other.npy"),
            labels[order],
        )


def own_starts(case):
    """k-means++: no worse than scikit-learn by much, the same without rows of weight 0, and the
    same inertia wherever points lie."""
    points = drawn.draw(case, most=500, fewest=2)
    n, d = points.base.shape
    k = case.integer("k", 1, min(n, 15))
    seed = case.integer("--seed", 0, 1000)
    init = case.choose("--init", ["k-means++", "random"], [3, 1])
    words = ["--k", k, "--seed", seed, "--init", init]
    exact = points.base - points.base.mean(axis=0)
    distinct = len(np.unique(exact, axis=0))
    peer = KMeans(k, n_init=10, random_state=0).fit(exact) if distinct >= k else None
    for moved in (False, True):
        where, shift = ("x + c", points.shift) if moved else ("x", np.zeros(d))
        case.save("points", points.array(moved))
        found = case.run(
            "cluster-kmeans --points points.npy --out labels.npy --model model.npz", *words
        )
        consistent(
            case,
            f"{where} by its own starts",
            points,
            shift,
            None,
            found,
            case.load("labels.npy"),
            case.load("model.npz")["centroids"],
        )
        # As for given centroids: see `given_centroids` in kmeans_given.py.
        if distinct >= k and 2.0**-52 * np.abs(points.base + shift).max() < 1e-3:
            case.expect(f"own starts on {where} converge", found["converged"], True, found)
        inertia, whole = found["inertia"] / points.scale**2, (exact**2).sum()
        if init == "k-means++" and peer is not None:
            # Ten starts each: neither finds the best for certain, which may be next to nothing
            # where rows are few.
            case.expect(
                f"inertia of {where} beside scikit-learn's",
                inertia <= 1.4 * peer.inertia_ + 0.01 * whole,
                f"at most 1.4 times {peer.inertia_} and a hundredth of {whole}",
                inertia,
            )
        if init == "k-means++" and distinct <= k:
            case.close(
                f"inertia of {where} with a cluster for each distinct row",
                inertia,
                0.0,
                atol=1e-12 * whole,
            )
        if distinct >= k and not peer_empty(peer):
            case.expect(
                f"no cluster of {where} is empty",
                min(found["sizes"]) > 0,
                "all sizes above 0",
                found["sizes"],
            )
    # Rows of weight 0, among the others and as far away as the dtype allows.
    if points.dtype in ("f4", "f8"):
        places = np.sort(case.rng.integers(0, n + 1, size=case.rng.integers(1, 6)))
        far = points.array(False).max() * 2.0 ** case.rng.integers(0, 40)
        more = np.insert(points.array(True), places, far, axis=0)
        weights = np.insert(np.ones(n), places, 0.0)
        case.save("more", more)
        case.save("weights", weights)
        case.save("ones", np.ones(n))
        case.run(
            "cluster-kmeans --points points.npy --weights ones.npy --out labels.npy --model",
            "model.npz",
            *words,
        )
        case.run(
            "cluster-kmeans --points more.npy --weights weights.npy --out more-labels.npy",
            "--model more.npz",
            *words,
        )
        case.equal(
            "assignments with rows of weight 0 far away",
            case.load("more-labels.npy")[weights > 0],
            case.load("labels.npy"),
        )
        case.same_bytes("model with rows of weight 0 far away", "more.npz", "model.npz")


def peer_empty(peer):
    return peer is not None and len(np.unique(peer.labels_)) < peer.n_clusters


def batches(case):
    """--algorithm minibatch: labels and inertia are of its centroids, which are about as good as
    those of all points."""
    points = drawn.draw(case, most=1500, fewest=20, dtypes=(["f4", "f8", "u1"], [3, 2, 1]))
    n, d = points.base.shape
    k = case.integer("k", 1, min(n // 4, 10))
    words = ["--k", k, "--seed", case.integer("--seed", 0, 1000)]
    whole = ((points.base - points.base.mean(axis=0)) ** 2).sum()
    case.save("points", points.array(False))
    best = (
        case.run("cluster-kmeans --points points.npy --out labels.npy", *words)["inertia"]
        / points.scale**2
    )
    for moved in (False, True):
        where, shift = ("x + c", points.shift) if moved else ("x", np.zeros(d))
        case.save("points", points.array(moved))
        found = case.run(
            "cluster-kmeans --points points.npy --algorithm minibatch --batch",
            case.choose("--batch", [32, 256, 1024]),
            "--out labels.npy --model model.npz",
            *words,
        )
        consistent(
            case,
            f"{where} by mini-batches",
            points,
            shift,
            None,
            found,
            case.load("labels.npy"),
            case.load("model.npz")["centroids"],
        )
        # Few batches see the outliers that most of the inertia may be of; a single row apart is
        # one.
        case.expect(
            f"inertia of {where} by mini-batches",
            case.drawn["shape"] == "tails"
            or len(np.unique(points.base, axis=0)) < k
            or found["inertia"] / points.scale**2 <= 3 * best + 0.15 * whole,
            f"at most thrice {best} and 0.15 of {whole}",
            found["inertia"] / points.scale**2,
        )


def selection(case):
    """--select-k: the table has what a fit of each number of clusters has, and its silhouette."""
    points = drawn.draw(case, most=300, fewest=4)
    n = len(points.base)
    first = case.integer("first", 1, min(5, n - 1))
    last = case.integer("last", first + 1, min(first + 4, n))
    words = ["--starts", 2, "--seed", case.integer("--seed", 0, 1000)]
    case.save("points", points.array(True))
    case.run(f"cluster-kmeans --points points.npy --select-k {first}..{last} --out k.csv", *words)
    with open(case.folder / "k.csv") as file:
        table = list(csv.DictReader(file))
    case.equal("numbers of clusters", [int(row["k"]) for row in table], np.arange(first, last + 1))
    exact = points.base - points.base.mean(axis=0)
    for row in table:
        found = case.run(
            f"cluster-kmeans --points points.npy --k {row['k']} --out labels.npy", *words
        )
        labels = case.load("labels.npy")
        if not np.isclose(found["inertia"], float(row["inertia"]), rtol=1e-12):
            continue
        case.compared["a row of the table is a fit"] += 1
        count = len(np.unique(labels))
        if 1 < count < n:
            expected, tolerance = silhouettes(
                exact, labels, points.rounding, points.extent(), np.abs(points.shift).max()
            )
            if tolerance < 0.05:
                case.close(
                    "silhouette of a number of clusters",
                    float(row["silhouette"]),
                    expected,
                    atol=tolerance,
                )
