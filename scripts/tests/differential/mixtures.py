"""cluster-gmm: its models on new points, and its own starts."""

import numpy as np
from scipy.special import logsumexp

from . import points as drawn
from .em import KINDS, Mixture


def model(case, points, k, kind, far=0.0):
    """A mixture in units of `points.base`, whose means are multiples of 1/8 near some points, or so
    many extents away."""
    rng, d, extent = case.rng, points.base.shape[1], points.extent() + 1
    means = (
        points.base[rng.integers(len(points.base), size=k)]
        + np.round(8 * rng.normal(size=(k, d)) * extent / 30) / 8
    )
    means = means + np.round(far * extent * rng.normal(size=d))
    deviations = extent / np.sqrt(d) * rng.uniform(0.1, 1, size=(k, d))
    turned = np.array(
        [np.linalg.qr(rng.normal(size=(d, d)))[0] * deviation for deviation in deviations]
    )
    full = turned @ turned.transpose(0, 2, 1)
    covariances = {
        "full": full,
        "tied": full[0],
        "diag": deviations**2,
        "spherical": deviations[:, 0] ** 2,
    }[kind]
    return Mixture(kind, rng.dirichlet(np.full(k, 3.0)), means, covariances)


def write(case, name, mixture, points, shift, fortran=False):
    """Writes NAME.npz in the file's own units."""
    order = (
        (lambda array: np.asfortranarray(array).astype(">f8")) if fortran else np.ascontiguousarray
    )
    np.savez(
        case.folder / f"{name}.npz",
        weights=mixture.weights,
        means=order((mixture.means + shift) * points.scale),
        covariances=order(mixture.covariances * points.scale**2),
        covariance_type=mixture.kind,
    )


def written(case, name, points, shift):
    """The mixture in NAME.npz, in units of `points.base`."""
    found = np.load(case.folder / f"{name}.npz")
    return Mixture(
        str(found["covariance_type"]),
        found["weights"],
        found["means"] / points.scale - shift,
        found["covariances"] / points.scale**2,
    )


def sensitivity(points, shift, mixture, farthest):
    """How much a log density of the mixture may change because numbers as far away as `shift` are
    rounded."""
    rounding = (
        2.0**-53 * (np.abs(shift) + np.abs(points.base).max() + np.abs(mixture.means).max()).max()
    )
    smallest = np.sqrt(min(np.linalg.eigvalsh(covariance)[0] for covariance in mixture.full()))
    d = points.base.shape[1]
    return 4 * np.sqrt(d * max(farthest, 1.0)) * rounding / smallest


def fit(case, name, words, out=""):
    """Runs the program on NAME.npy; it may refuse what has collapsed."""
    return case.run(
        f"cluster-gmm --points {name}.npy --out {out}labels.npy --model {out}model.npz",
        f"--proba {out}proba.npy --densities {out}densities.npy",
        *words,
    )


def labels(case, where, shares, tolerance):
    """Assignments are the most probable components, where one is more so than rounding can tell."""
    two = np.sort(shares, axis=1)[:, -2:]
    decided = (
        np.full(len(shares), True)
        if shares.shape[1] == 1
        else two[:, 1] - two[:, 0] > 2 * tolerance
    )
    case.equal(
        f"assignments of {where}", case.load("labels.npy")[decided], shares.argmax(axis=1)[decided]
    )


def own_starts(case):
    """From k-means: clear groups are found wherever they lie, and rows of weight 0 do not count."""
    rng = case.rng
    dtype = case.choose("dtype", ["f4", "f8", "i4"])
    d, k = case.integer("d", 1, 8), case.integer("k", 2, 5)
    each = 12 * d + case.integer("more points", 0, 30)
    # At least twenty deviations from one another.
    corners = rng.permutation(np.arange(2 ** min(d, 3) * 3))[:k]
    centers = np.array(
        [[(corner >> bit) % 2 if bit < min(d, 3) else 0 for bit in range(d)] for corner in corners],
        float,
    )
    centers[:, 0] += 2 * (corners // 2 ** min(d, 3))
    groups = rng.permutation(np.arange(k * each) % k)
    base = np.round(128 * centers[groups] + 6 * rng.normal(size=(k * each, d)))
    room = {"f4": 23, "f8": 50, "i4": 30}[dtype]
    power = 0 if dtype[0] == "i" else case.integer("power", -30, 30)
    # Half of the significand, so that there are digits left for variances.
    shift = np.round(
        rng.uniform(-1, 1, size=d) * 2.0 ** case.integer("shift bits", 10, min(room, 36)) / 2
    )
    points = drawn.Points(base, dtype, power, shift)
    words = [
        "--k",
        k,
        "--starts",
        4,
        "--covariance",
        case.choose("--covariance", KINDS),
        "--seed",
        case.integer("--seed", 0, 99),
        "--reg-covar",
        repr(1e-3 * points.scale**2),
    ]
    if dtype == "i4":
        points.shift = np.clip(shift, -(2.0**30), 2.0**30)
    case.save("points", points.array(False))
    plain = fit(case, "points", words)
    labels = case.load("labels.npy")
    pairs = np.unique(np.array([groups, labels]), axis=1)
    if case.drawn["--covariance"] != "tied":
        case.expect("clear groups are found", len(pairs.T) == k, f"{k} pairs", pairs.T.tolist())
    case.save("moved", points.array(True))
    moved = fit(case, "moved", words, "moved-")
    case.close(
        "log-likelihood of x + c by its own starts",
        moved["log_likelihood"],
        plain["log_likelihood"],
        atol=1e-3,
    )
    pairs = np.unique(np.array([case.load("moved-labels.npy"), labels]), axis=1)
    case.expect(
        "groups of x + c by its own starts", len(pairs.T) == k, "those of x", pairs.T.tolist()
    )
    if dtype[0] == "f":
        places = np.sort(rng.integers(0, len(base) + 1, size=3))
        case.save(
            "more",
            np.insert(
                points.array(False),
                places,
                points.array(False).max() * 2.0 ** rng.integers(0, 30),
                axis=0,
            ),
        )
        weights = np.insert(np.ones(len(base)), places, 0.0)
        case.save("weights", weights)
        more = fit(case, "more", [*words, "--weights", "weights.npy"], "more-")
        case.close(
            "log-likelihood beside rows of weight 0 far away",
            more["log_likelihood"],
            plain["log_likelihood"],
            atol=1e-3,
        )
        case.equal(
            "assignments beside rows of weight 0 far away",
            case.load("more-labels.npy")[weights > 0],
            labels,
        )


def predict(case):
    """--predict: densities and responsibilities of points near and far, in any order of rows and of
    the model's bytes."""
    points = drawn.draw(case, most=300)
    n, d = points.base.shape
    kind, k = case.choose("covariance", KINDS), case.integer("k", 1, 12)
    mixture = model(case, points, k, kind)
    logs, squares = mixture.log_densities(points.base)
    total = logsumexp(logs, axis=1)
    shares, offset = np.exp(logs - total[:, None]), d * np.log(points.scale)
    for moved in (False, True):
        where, shift = (
            ("x + c with a model", points.shift) if moved else ("x with a model", np.zeros(d))
        )
        write(case, "model", mixture, points, shift)
        case.save("points", points.array(moved))
        words = ["--proba", "proba.npy", "--densities", "densities.npy"]
        case.run("cluster-gmm --points points.npy --predict model.npz --out labels.npy", *words)
        found, proba = case.load("labels.npy"), case.load("proba.npy")
        case.close(
            f"sums of responsibilities of {where}", proba.sum(axis=1), 1.0 + 0 * total, atol=1e-9
        )
        tolerance = 1e-9 * (1 + np.abs(total)) + 20 * sensitivity(
            points, shift, mixture, squares.max()
        )
        if tolerance.max() < 0.1:
            case.close(
                f"log densities of {where}",
                case.load("densities.npy") + offset,
                total,
                atol=tolerance,
            )
            case.close(f"responsibilities of {where}", proba, shares, atol=4 * tolerance[:, None])
            labels(case, where, shares, 4 * tolerance)
        order = case.rng.permutation(n)[: max(1, n // 2)]
        case.save("some", points.array(moved)[order])
        write(case, "fortran", mixture, points, shift, fortran=True)
        case.run(
            "cluster-gmm --points some.npy --predict fortran.npz --out other.npy --proba",
            "other-proba.npy",
        )
        case.equal(
            f"assignments of some rows of {where}, by a model in Fortran order",
            case.load("other.npy"),
            found[order],
        )
        case.equal(
            f"responsibilities of some rows of {where}, by a model in Fortran order",
            case.load("other-proba.npy"),
            proba[order],
        )
