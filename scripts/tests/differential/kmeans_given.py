"""cluster-kmeans from given centroids, beside scikit-learn and Lloyd's algorithm in f64."""

import numpy as np
from sklearn.cluster import KMeans

from . import points as drawn
from .kmeans import consistent
from .lloyd import lloyd

ALGORITHMS = ["lloyd", "hamerly", "yinyang", "elkan", "auto"]


def given_centroids(case):
    """From given centroids: what Lloyd's algorithm gives, by every algorithm, wherever the points
    lie."""
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
            points.base[~heavy] = np.clip(
                points.base[~heavy] * 8, points.base.min(), points.base.max()
            )

    def run(name, moved, *more, of=None, rows=None, weighed=True, threads=1):
        array = points.array(moved) if of is None else of
        case.save(name, array if rows is None else array[rows])
        shift = points.shift if moved else 0.0
        case.save(f"{name}-start", (start + shift) * points.scale)
        words = ["--weights", "weights.npy"] if weights is not None and weighed else []
        found = case.run(
            f"cluster-kmeans --points {name}.npy --init {name}-start.npy --k {k} --tol {tol}",
            f"--max-iter {most} --out {name}-labels.npy --model {name}.npz --threads",
            f"{threads}",
            *words,
            *more,
        )
        return found, case.load(f"{name}-labels.npy"), case.load(f"{name}.npz")["centroids"]

    center = points.base[heavy].mean(axis=0)
    exact, mass = (
        points.base[heavy] - center,
        np.ones(n)[heavy] if weights is None else weights[heavy],
    )
    distinct = len(np.unique(exact, axis=0))
    for moved in (False, True):
        shift = points.shift if moved else np.zeros(d)
        where = "x + c" if moved else "x"
        found, labels, centroids = run("moved" if moved else "plain", moved)
        # What a centroid's last place is worth, far from the origin.
        representation = 2.0**-52 * (np.abs(shift) + np.abs(points.base).max()).max()
        oracle = lloyd(
            exact,
            start - center,
            mass,
            most,
            tol * exact.var(axis=0).mean(),
            points.rounding,
            representation,
        )
        consistent(case, where, points, shift, weights, found, labels, centroids)
        # Where the file tells centroids apart by less than points, rounding them cannot keep a
        # start from its end. With more clusters than distinct rows, empty ones take rows that are
        # off their centroid by rounding alone, for ever.
        if most == 350 and representation < 1e-3 and distinct >= k:
            case.expect(f"a start on {where} converges", found["converged"], True, found)
        if not oracle.certain:
            continue
        case.equal(f"assignments of {where} from given centroids", labels[heavy], oracle.labels)
        if case.equal(
            f"iterations on {where} from given centroids", found["iterations"], oracle.iterations
        ):
            extent = points.extent()
            case.close(
                f"centroids of {where}",
                centroids / points.scale - shift,
                oracle.centroids + center,
                atol=1e-10 * extent + 8 * representation,
            )
        if oracle.converged and not moved and mass.max() / mass.min() < 1e6:
            peer = KMeans(
                k, init=start - center, n_init=1, max_iter=most, tol=tol, algorithm="lloyd"
            ).fit(exact, sample_weight=mass)
            case.equal("assignments of x by scikit-learn", labels[heavy], peer.labels_)
            case.close(
                "inertia of x by scikit-learn",
                found["inertia"] / points.scale**2,
                peer.inertia_,
                rtol=1e-9,
                atol=1e-12 * mass.sum() * points.extent() ** 2,
            )
    same_written_otherwise(case, points, run)
    if weights is not None:
        weighed(case, points, weights, heavy, run, oracle.filled)


def same_written_otherwise(case, points, run):
    """The same bytes by every algorithm, number of threads, byte order and memory order; and for a
    start in any of these."""
    for number, algorithm in enumerate(case.rng.permutation(ALGORITHMS)[:3]):
        run("other", True, "--algorithm", algorithm)
        case.same_bytes("assignments by another algorithm", "other-labels.npy", "moved-labels.npy")
        case.same_bytes("model by another algorithm", "other.npz", "moved.npz")
    run("other", True, threads=2)
    case.same_bytes("model by two threads", "other.npz", "moved.npz")
    run("other", True, of=points.array(True, big=True, fortran=case.chance(0.5)))
    case.same_bytes("model of points in another order of bytes", "other.npz", "moved.npz")
    case.save("moved-start", np.asfortranarray(case.load("moved-start.npy")).astype(">f8"))
    words = (
        ["--weights", "weights.npy"]
        if "weights.npy" in {path.name for path in case.folder.iterdir()}
        else []
    )
    case.run(
        f"cluster-kmeans --points moved.npy --init moved-start.npy --k {case.drawn['k']}",
        "--tol",
        case.drawn.get("tol", 0.0),
        f"--max-iter {case.drawn['max_iter']} --out f.npy --model f.npz",
        *words,
    )
    case.same_bytes("model from centroids in Fortran order", "f.npz", "moved.npz")


def weighed(case, points, weights, heavy, run, filled):
    """Weight 0 is left out; a weight that is a whole number is that many rows; all weights times a
    power of two change nothing."""
    _, labels, _ = run("moved", True)
    case.save("weights", weights[heavy])
    found, fewer, _ = run("fewer", True, rows=heavy)
    case.equal("assignments without the rows of weight 0", fewer, labels[heavy])
    case.same_bytes("model without the rows of weight 0", "fewer.npz", "moved.npz")
    power = int(case.rng.integers(-30, 30))
    case.save("weights", weights * 2.0**power)
    heavier, other, _ = run("heavier", True)
    case.same_bytes("model with all weights times a power of two", "heavier.npz", "moved.npz")
    case.close(
        "inertia with all weights times a power of two",
        heavier["inertia"],
        found["inertia"] * 2.0**power,
        rtol=1e-12,
    )
    # An empty cluster takes a row, which may be one of several copies or all there is of it.
    if case.drawn["weights"] == "whole" and not filled:
        repeated, many, _ = run(
            "repeated",
            True,
            rows=np.repeat(np.arange(len(weights)), weights.astype(int)),
            weighed=False,
        )
        if np.array_equal(many, np.repeat(labels, weights.astype(int))):
            case.close(
                "inertia of repeated rows",
                repeated["inertia"],
                found["inertia"],
                rtol=1e-9,
                atol=1e-25 * weights.sum() * (np.abs(points.values(points.shift)).max()) ** 2,
            )
