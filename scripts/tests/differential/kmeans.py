"""cluster-kmeans beside scikit-learn, Lloyd's algorithm in f64, and itself on the same points written otherwise."""

import csv

import numpy as np
from sklearn.cluster import KMeans

from . import points as drawn
from .lloyd import assign, lloyd, slack
from .scores import silhouettes

ALGORITHMS = ["lloyd", "hamerly", "yinyang", "elkan", "auto"]


def given_centroids(case):
    """From given centroids: what Lloyd's algorithm gives, by every algorithm, wherever the points lie."""
    points = drawn.draw(case)
    n, d = points.base.shape
    weights = drawn.weights(case, n)
    heavy = np.full(n, True) if weights is None else weights > 0
    k = case.integer("k", 1, min(heavy.sum(), case.choose("most k", [3, 12, n], [3, 5, 1]), 120))
    start = points.base[case.rng.choice(n, size=k, replace=False)]
    if case.chance(0.5):
        start = start + np.round(8 * case.rng.normal(size=(k, d)) * points.extent() / 20) / 8
    most = case.choose("max_iter", [1, 2, 350], [1, 1, 4])
    # Of weighted points the mean variance may be weighted or not; with 0 both are the same.
    tol = case.choose("tol", [0.0, 1e-3], [3, 1]) if weights is None else 0.0
    if weights is not None:
        case.save("weights", weights)
        # Rows of weight 0 are left out, wherever they are.
        if case.chance(0.5):
            points.base[~heavy] = np.clip(points.base[~heavy] * 8, points.base.min(), points.base.max())

    def run(name, moved, *more, of=None, rows=None, weighed=True, threads=1):
        array = points.array(moved) if of is None else of
        case.save(name, array if rows is None else array[rows])
        shift = points.shift if moved else 0.0
        case.save(f"{name}-start", (start + shift) * points.scale)
        words = ["--weights", "weights.npy"] if weights is not None and weighed else []
        found = case.run("cluster-kmeans", "--points", f"{name}.npy", "--init", f"{name}-start.npy", "--k", k, "--tol", tol, "--max-iter", most,
                         "--out", f"{name}-labels.npy", "--model", f"{name}.npz", "--threads", threads, *words, *more)
        return found, case.load(f"{name}-labels.npy"), case.load(f"{name}.npz")["centroids"]

    center = points.base[heavy].mean(axis=0)
    exact, mass = points.base[heavy] - center, np.ones(n)[heavy] if weights is None else weights[heavy]
    for moved in (False, True):
        shift = points.shift if moved else np.zeros(d)
        where = "x + c" if moved else "x"
        found, labels, centroids = run("moved" if moved else "plain", moved)
        # What a centroid's last place is worth, far from the origin.
        representation = 2.0**-52 * (np.abs(shift) + np.abs(points.base).max()).max()
        oracle = lloyd(exact, start - center, mass, most, tol * exact.var(axis=0).mean(), points.rounding, representation)
        consistent(case, where, points, shift, weights, found, labels, centroids)
        # Where the file tells centroids apart by less than points, rounding them cannot keep a start from its end.
        if most == 350 and representation < 1e-3:
            case.expect(f"a start on {where} converges", found["converged"], True, found)
        if not oracle.certain:
            continue
        case.equal(f"assignments of {where} from given centroids", labels[heavy], oracle.labels)
        if case.equal(f"iterations on {where} from given centroids", found["iterations"], oracle.iterations):
            extent = points.extent()
            case.close(f"centroids of {where}", centroids / points.scale - shift, oracle.centroids + center,
                       atol=1e-10 * extent + 8 * representation)
        if oracle.converged and not moved and mass.max() / mass.min() < 1e6:
            peer = KMeans(k, init=start - center, n_init=1, max_iter=most, tol=tol, algorithm="lloyd").fit(exact, sample_weight=mass)
            case.equal("assignments of x by scikit-learn", labels[heavy], peer.labels_)
            case.close("inertia of x by scikit-learn", found["inertia"] / points.scale**2, peer.inertia_, rtol=1e-9,
                       atol=1e-12 * mass.sum() * points.extent() ** 2)
    same_written_otherwise(case, points, run)
    if weights is not None:
        weighed(case, points, weights, heavy, run)


def consistent(case, where, points, shift, weights, found, labels, centroids):
    """Labels are the nearest centroids, sizes count them, and the inertia is that of both, in the file's own units."""
    base = points.base + shift
    middle = np.round(base.mean(axis=0))
    near, own = base - middle, np.longdouble(centroids) / points.scale - middle
    bound = slack(near, np.float64(own), points.rounding, points.extent(), 2.0**-52 * np.abs(base).max())
    _, _, distances = assign(near, np.float64(own), bound)
    excess = distances[np.arange(len(base)), labels] - distances.min(axis=1)
    case.expect(f"every point of {where} goes to its nearest centroid", (excess <= bound).all(), f"no excess beyond {bound.max():.3g}",
                f"{int((excess > bound).sum())} of {len(base)} points elsewhere, the worst by {excess.max():.6g}")
    case.equal(f"sizes of {where}", found["sizes"], np.bincount(labels, minlength=len(centroids)))
    mass = np.ones(len(base)) if weights is None else weights
    squares = ((np.longdouble(base) - middle - own[labels]) ** 2).sum(axis=1)
    # By how much the centroids of the file may be other than those of the program.
    written = 2.0**-52 * np.sqrt(base.shape[1]) * np.abs(base).max()
    case.close(f"inertia of {where} from its own assignments and centroids", found["inertia"] / points.scale**2, float((mass * squares).sum()),
               rtol=1e-9, atol=float((mass * (2 * np.sqrt(squares) + written) * written).sum()))


def same_written_otherwise(case, points, run):
    """The same bytes by every algorithm, number of threads, byte order and memory order; and for a start in any of these."""
    for number, algorithm in enumerate(case.rng.permutation(ALGORITHMS)[:3]):
        run("other", True, "--algorithm", algorithm)
        case.same_bytes("assignments by another algorithm", "other-labels.npy", "moved-labels.npy")
        case.same_bytes("model by another algorithm", "other.npz", "moved.npz")
    run("other", True, threads=2)
    case.same_bytes("model by two threads", "other.npz", "moved.npz")
    run("other", True, of=points.array(True, big=True, fortran=case.chance(0.5)))
    case.same_bytes("model of points in another order of bytes", "other.npz", "moved.npz")
    case.save("moved-start", np.asfortranarray(case.load("moved-start.npy")).astype(">f8"))
    words = ["--weights", "weights.npy"] if "weights.npy" in {path.name for path in case.folder.iterdir()} else []
    case.run("cluster-kmeans", "--points", "moved.npy", "--init", "moved-start.npy", "--k", case.drawn["k"], "--tol", case.drawn.get("tol", 0.0),
             "--max-iter", case.drawn["max_iter"], "--out", "f.npy", "--model", "f.npz", *words)
    case.same_bytes("model from centroids in Fortran order", "f.npz", "moved.npz")


def weighed(case, points, weights, heavy, run):
    """Weight 0 is left out; a weight that is a whole number is that many rows; all weights times a power of two change nothing."""
    _, labels, _ = run("moved", True)
    case.save("weights", weights[heavy])
    found, fewer, _ = run("fewer", True, rows=heavy)
    case.equal("assignments without the rows of weight 0", fewer, labels[heavy])
    case.same_bytes("model without the rows of weight 0", "fewer.npz", "moved.npz")
    power = int(case.rng.integers(-30, 30))
    case.save("weights", weights * 2.0**power)
    heavier, other, _ = run("heavier", True)
    case.same_bytes("model with all weights times a power of two", "heavier.npz", "moved.npz")
    case.close("inertia with all weights times a power of two", heavier["inertia"], found["inertia"] * 2.0**power, rtol=1e-12)
    if case.drawn["weights"] == "whole":
        repeated, many, _ = run("repeated", True, rows=np.repeat(np.arange(len(weights)), weights.astype(int)), weighed=False)
        if np.array_equal(many, np.repeat(labels, weights.astype(int))):
            case.close("inertia of repeated rows", repeated["inertia"], found["inertia"], rtol=1e-9,
                       atol=1e-25 * weights.sum() * (np.abs(points.values(points.shift)).max()) ** 2)


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
        found = case.run("cluster-kmeans", "--points", "points.npy", "--predict", "model.npz", "--out", "labels.npy", "--threads", 1)
        labels = case.load("labels.npy")
        stored = (centroids + shift) * points.scale
        consistent(case, f"{where} with a model", points, shift, None, found, labels, stored)
        order = case.rng.permutation(n)[: max(1, n // 2)]
        case.save("some", points.array(moved)[order])
        np.savez(case.folder / "fortran.npz", centroids=np.asfortranarray(stored).astype(">f8"))
        case.run("cluster-kmeans", "--points", "some.npy", "--predict", "fortran.npz", "--out", "other.npy", "--threads", 2)
        case.equal("assignments of some rows in another order, by a model in Fortran order", case.load("other.npy"), labels[order])


def own_starts(case):
    """k-means++: no worse than scikit-learn by much, the same without rows of weight 0, and the same inertia wherever points lie."""
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
        found = case.run("cluster-kmeans", "--points", "points.npy", "--out", "labels.npy", "--model", "model.npz", *words)
        consistent(case, f"{where} by its own starts", points, shift, None, found, case.load("labels.npy"), case.load("model.npz")["centroids"])
        case.expect(f"own starts on {where} converge", found["converged"], True, found)
        inertia, whole = found["inertia"] / points.scale**2, (exact**2).sum()
        if init == "k-means++" and peer is not None:
            # Ten starts each: neither finds the best for certain, which may be next to nothing where rows are few.
            case.expect(f"inertia of {where} beside scikit-learn's", inertia <= 1.4 * peer.inertia_ + 0.01 * whole,
                        f"at most 1.4 times {peer.inertia_} and a hundredth of {whole}", inertia)
        if init == "k-means++" and distinct <= k:
            case.close(f"inertia of {where} with a cluster for each distinct row", inertia, 0.0, atol=1e-12 * whole)
        if distinct >= k and not peer_empty(peer):
            case.expect(f"no cluster of {where} is empty", min(found["sizes"]) > 0, "all sizes above 0", found["sizes"])
    # Rows of weight 0, among the others and as far away as the dtype allows.
    if points.dtype in ("f4", "f8"):
        places = np.sort(case.rng.integers(0, n + 1, size=case.rng.integers(1, 6)))
        far = points.array(False).max() * 2.0 ** case.rng.integers(0, 40)
        more = np.insert(points.array(True), places, far, axis=0)
        weights = np.insert(np.ones(n), places, 0.0)
        case.save("more", more)
        case.save("weights", weights)
        case.save("ones", np.ones(n))
        case.run("cluster-kmeans", "--points", "points.npy", "--weights", "ones.npy", "--out", "labels.npy", "--model", "model.npz", *words)
        case.run("cluster-kmeans", "--points", "more.npy", "--weights", "weights.npy", "--out", "more-labels.npy", "--model", "more.npz", *words)
        case.equal("assignments with rows of weight 0 far away", case.load("more-labels.npy")[weights > 0], case.load("labels.npy"))
        case.same_bytes("model with rows of weight 0 far away", "more.npz", "model.npz")


def peer_empty(peer):
    return peer is not None and len(np.unique(peer.labels_)) < peer.n_clusters


def batches(case):
    """--algorithm minibatch: labels and inertia are of its centroids, which are about as good as those of all points."""
    points = drawn.draw(case, most=1500, fewest=20, dtypes=(["f4", "f8", "u1"], [3, 2, 1]))
    n, d = points.base.shape
    k = case.integer("k", 1, min(n // 4, 10))
    words = ["--k", k, "--seed", case.integer("--seed", 0, 1000)]
    whole = ((points.base - points.base.mean(axis=0)) ** 2).sum()
    case.save("points", points.array(False))
    best = case.run("cluster-kmeans", "--points", "points.npy", "--out", "labels.npy", *words)["inertia"] / points.scale**2
    for moved in (False, True):
        where, shift = ("x + c", points.shift) if moved else ("x", np.zeros(d))
        case.save("points", points.array(moved))
        found = case.run("cluster-kmeans", "--points", "points.npy", "--algorithm", "minibatch", "--batch", case.choose("--batch", [32, 256, 1024]),
                         "--out", "labels.npy", "--model", "model.npz", *words)
        consistent(case, f"{where} by mini-batches", points, shift, None, found, case.load("labels.npy"), case.load("model.npz")["centroids"])
        case.expect(f"inertia of {where} by mini-batches", found["inertia"] / points.scale**2 <= 3 * best + 0.15 * whole,
                    f"at most thrice {best} and a seventh of {whole}", found["inertia"] / points.scale**2)


def selection(case):
    """--select-k: the table has what a fit of each number of clusters has, and its silhouette."""
    points = drawn.draw(case, most=300, fewest=4)
    n = len(points.base)
    first = case.integer("first", 1, min(5, n - 1))
    last = case.integer("last", first + 1, min(first + 4, n))
    words = ["--starts", 2, "--seed", case.integer("--seed", 0, 1000)]
    case.save("points", points.array(True))
    case.run("cluster-kmeans", "--points", "points.npy", "--select-k", f"{first}..{last}", "--out", "k.csv", *words)
    with open(case.folder / "k.csv") as file:
        table = list(csv.DictReader(file))
    case.equal("numbers of clusters", [int(row["k"]) for row in table], np.arange(first, last + 1))
    exact = points.base - points.base.mean(axis=0)
    for row in table:
        found = case.run("cluster-kmeans", "--points", "points.npy", "--k", row["k"], "--out", "labels.npy", *words)
        labels = case.load("labels.npy")
        if not np.isclose(found["inertia"], float(row["inertia"]), rtol=1e-12):
            continue
        case.compared["a row of the table is a fit"] += 1
        count = len(np.unique(labels))
        if 1 < count < n:
            expected, tolerance = silhouettes(exact, labels, points.rounding, points.extent(), np.abs(points.shift).max())
            if tolerance < 0.05:
                case.close("silhouette of a number of clusters", float(row["silhouette"]), expected, atol=tolerance)
