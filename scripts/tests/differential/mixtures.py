"""cluster-gmm beside scikit-learn's GaussianMixture and EM in f64, and itself on the same points written otherwise."""

import warnings

import numpy as np
from scipy.special import logsumexp
from sklearn.mixture import GaussianMixture

from . import points as drawn
from .em import KINDS, Mixture, iterate, maximize
from .lloyd import assign, slack


def model(case, points, k, kind, far=0.0):
    """A mixture in units of `points.base`, whose means are multiples of 1/8 near some points, or so many extents away."""
    rng, d, extent = case.rng, points.base.shape[1], points.extent() + 1
    means = points.base[rng.integers(len(points.base), size=k)] + np.round(8 * rng.normal(size=(k, d)) * extent / 30) / 8
    means = means + np.round(far * extent * rng.normal(size=d))
    deviations = extent / np.sqrt(d) * rng.uniform(0.1, 1, size=(k, d))
    turned = np.array([np.linalg.qr(rng.normal(size=(d, d)))[0] * deviation for deviation in deviations])
    full = turned @ turned.transpose(0, 2, 1)
    covariances = {"full": full, "tied": full[0], "diag": deviations**2, "spherical": deviations[:, 0] ** 2}[kind]
    return Mixture(kind, rng.dirichlet(np.full(k, 3.0)), means, covariances)


def write(case, name, mixture, points, shift, fortran=False):
    """Writes NAME.npz in the file's own units."""
    order = (lambda array: np.asfortranarray(array).astype(">f8")) if fortran else np.ascontiguousarray
    np.savez(case.folder / f"{name}.npz", weights=mixture.weights, means=order((mixture.means + shift) * points.scale),
             covariances=order(mixture.covariances * points.scale**2), covariance_type=mixture.kind)


def written(case, name, points, shift):
    """The mixture in NAME.npz, in units of `points.base`."""
    found = np.load(case.folder / f"{name}.npz")
    return Mixture(str(found["covariance_type"]), found["weights"], found["means"] / points.scale - shift, found["covariances"] / points.scale**2)


def sensitivity(points, shift, mixture, farthest):
    """How much a log density of the mixture may change because numbers as far away as `shift` are rounded."""
    rounding = 2.0**-53 * (np.abs(shift) + np.abs(points.base).max() + np.abs(mixture.means).max()).max()
    smallest = np.sqrt(min(np.linalg.eigvalsh(covariance)[0] for covariance in mixture.full()))
    d = points.base.shape[1]
    return 4 * np.sqrt(d * max(farthest, 1.0)) * rounding / smallest


def given(case):
    """From a given mixture, or given means: what some iterations of EM give, wherever the points lie."""
    points = drawn.draw(case, most=500, fewest=3)
    n, d = points.base.shape
    kind = case.choose("--covariance", KINDS)
    start = case.choose("start", ["model", "means", "far model"], [4, 2, 1])
    weights = drawn.weights(case, n, wild=False)
    heavy = np.full(n, True) if weights is None else weights > 0
    k = 1 if start == "far model" else case.integer("k", 1, min(6, heavy.sum()))
    most = case.integer("--max-iter", 1, 4)
    extent = points.extent() + 1
    regularization = case.choose("reg", [1e-2, 1e-4, 1e-6]) * extent**2
    far = 2.0 ** case.rng.integers(5, 28) if start == "far model" else 0.0
    # Means that are far away, and points that are far away: both at once would leave no digits.
    places = [np.zeros(d)] if far else [np.zeros(d), points.shift]
    first = model(case, points, k, kind, far)
    middle, masses = points.base[heavy].mean(axis=0), np.ones(n)[heavy] if weights is None else weights[heavy]
    exact = points.base[heavy] - middle
    begun = Mixture(kind, first.weights, first.means - middle, first.covariances)
    for shift in places:
        moved = bool(shift.any())
        where = "x + c" if moved else "x"
        certain = True
        if start == "means":
            close = slack(exact, begun.means, points.rounding, points.extent(), 2.0**-52 * np.abs(shift).max())
            labels, decided, _ = assign(exact, begun.means, close)
            certain = decided.all() and len(np.unique(labels)) == k
            begun_here = maximize(exact, np.eye(k)[labels], masses, kind, regularization)[0] if certain else None
            case.save("start", (first.means + shift) * points.scale)
        else:
            begun_here = begun
            write(case, "start", first, points, shift)
        words = ["--init", "start.npy" if start == "means" else "start.npz", "--covariance", kind, "--k", k, "--max-iter", most,
                 "--tol", 0, "--reg-covar", repr(regularization * points.scale**2)]
        case.save("points", points.array(moved))
        if weights is not None:
            case.save("weights", weights)
            words += ["--weights", "weights.npy"]
        result = fit(case, "points", words)
        if not certain:
            continue
        oracle, smallest, farthest = iterate(exact, masses, begun_here, most, regularization)
        # A component of next to no points is not determined by them.
        tolerance = 1e-8 + 100 * sensitivity(points, shift, oracle, farthest)
        if smallest < 0.05 or tolerance > 1e-2:
            continue
        compare(case, where, points, shift, heavy, masses, result, oracle, middle, tolerance)
        if weights is None and not moved and start == "model":
            peer(case, points, exact, middle, begun, most, regularization, oracle)
    rewritten(case, points, weights, heavy, words, places[-1])


def fit(case, name, words, out=""):
    """Runs the program on NAME.npy; it may refuse what has collapsed."""
    return case.run("cluster-gmm", "--points", f"{name}.npy", "--out", f"{out}labels.npy", "--model", f"{out}model.npz", "--proba", f"{out}proba.npy",
                    "--densities", f"{out}densities.npy", *words)


def compare(case, where, points, shift, heavy, masses, result, oracle, middle, tolerance):
    found = np.load(case.folder / "model.npz")
    scale = np.sqrt(np.max([np.diag(covariance) for covariance in oracle.full()]))
    case.close(f"weights of components of {where}", found["weights"], oracle.weights, atol=tolerance)
    case.close(f"means of {where}", found["means"] / points.scale - shift - middle, oracle.means,
               atol=tolerance * scale + 2.0**-50 * (np.abs(shift) + np.abs(points.base).max()).max())
    case.close(f"covariances of {where}", found["covariances"] / points.scale**2, oracle.covariances, atol=tolerance * scale**2)
    logs, _ = oracle.log_densities(points.base - middle)
    total = logsumexp(logs, axis=1)
    # In the file's units a density is less by so much.
    offset = points.base.shape[1] * np.log(points.scale)
    size = 1 + np.abs(total).max()
    case.close(f"log densities of {where}", case.load("densities.npy") + offset, total, atol=10 * tolerance * size)
    mean = np.average(total[heavy], weights=masses)
    case.close(f"log-likelihood of {where}", result["log_likelihood"] + offset, mean, atol=10 * tolerance * size)
    shares = np.exp(logs - total[:, None])
    case.close(f"responsibilities of {where}", case.load("proba.npy"), shares, atol=np.minimum(1, 20 * tolerance * size))
    labels(case, where, shares, np.minimum(1, 20 * tolerance * size))
    n = masses.sum()
    case.close(f"BIC of {where}", result["bic"] - oracle.parameters() * np.log(n), -2 * n * result["log_likelihood"], rtol=1e-9, atol=1e-6)
    case.close(f"AIC of {where}", result["aic"] - oracle.parameters() * 2, -2 * n * result["log_likelihood"], rtol=1e-9, atol=1e-6)


def labels(case, where, shares, tolerance):
    """Assignments are the most probable components, where one is more so than rounding can tell."""
    two = np.sort(shares, axis=1)[:, -2:]
    decided = np.full(len(shares), True) if shares.shape[1] == 1 else two[:, 1] - two[:, 0] > 2 * tolerance
    case.equal(f"assignments of {where}", case.load("labels.npy")[decided], shares.argmax(axis=1)[decided])


def peer(case, points, exact, middle, begun, most, regularization, oracle):
    """The oracle itself beside scikit-learn."""
    mixture = GaussianMixture(len(begun.weights), covariance_type=begun.kind, tol=0, reg_covar=regularization, max_iter=most, init_params="random",
                              weights_init=begun.weights, means_init=begun.means, precisions_init=begun.precisions(), random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mixture.fit(exact)
    found = np.load(case.folder / "model.npz")
    scale = np.sqrt(np.max([np.diag(covariance) for covariance in oracle.full()]))
    case.close("means by scikit-learn", found["means"] / points.scale - middle, mixture.means_, atol=1e-6 * scale)
    case.close("covariances by scikit-learn", found["covariances"] / points.scale**2, mixture.covariances_, atol=1e-6 * scale**2)
    case.close("weights of components by scikit-learn", found["weights"], mixture.weights_, atol=1e-6)


def rewritten(case, points, weights, heavy, words, shift):
    """The same bytes by two threads and in another order of bytes; weight 0 left out; whole weights as repeated rows."""
    moved = bool(shift.any())
    case.save("other", points.array(moved, big=True, fortran=case.chance(0.5)))
    fit(case, "other", [*words, "--threads", 2], "other-")
    for name in ["labels.npy", "model.npz", "proba.npy", "densities.npy"]:
        case.same_bytes(f"{name} of points in another order of bytes", f"other-{name}", name)
    if weights is None:
        return
    case.save("other", points.array(moved)[heavy])
    case.save("weights", weights[heavy])
    fit(case, "other", words, "other-")
    # The last places may differ, since points are added up in groups by their position.
    loose = 1e-9 + 100 * sensitivity(points, shift, written(case, "other-model", points, shift), 100.0)
    if loose < 1e-2:
        one, other = written(case, "other-model", points, shift), written(case, "model", points, shift)
        extent = points.extent() + 1
        case.close("means without the rows of weight 0", one.means, other.means, atol=loose * extent)
        case.close("covariances without the rows of weight 0", one.covariances, other.covariances, atol=loose * extent**2)
        case.close("responsibilities without the rows of weight 0", case.load("other-proba.npy"), case.load("proba.npy")[heavy], atol=min(1, 1e4 * loose))
    case.save("weights", weights * 2.0 ** case.rng.integers(-20, 20))
    fit(case, "points", words, "other-")
    for name in ["weights", "means", "covariances"]:
        case.equal(f"{name} with all weights times a power of two", np.load(case.folder / "other-model.npz")[name], np.load(case.folder / "model.npz")[name])


def own_starts(case):
    """From k-means: clear groups are found wherever they lie, and rows of weight 0 do not count."""
    rng = case.rng
    dtype = case.choose("dtype", ["f4", "f8", "i4"])
    d, k = case.integer("d", 1, 8), case.integer("k", 2, 5)
    each = 12 * d + case.integer("more points", 0, 30)
    # At least twenty deviations from one another.
    corners = rng.permutation(np.arange(2 ** min(d, 3) * 3))[:k]
    centers = np.array([[(corner >> bit) % 2 if bit < min(d, 3) else 0 for bit in range(d)] for corner in corners], float)
    centers[:, 0] += 2 * (corners // 2 ** min(d, 3))
    groups = rng.permutation(np.arange(k * each) % k)
    base = np.round(128 * centers[groups] + 6 * rng.normal(size=(k * each, d)))
    room = {"f4": 23, "f8": 50, "i4": 30}[dtype]
    power = 0 if dtype[0] == "i" else case.integer("power", -30, 30)
    # Half of the significand, so that there are digits left for variances.
    shift = np.round(rng.uniform(-1, 1, size=d) * 2.0 ** case.integer("shift bits", 10, min(room, 36)) / 2)
    points = drawn.Points(base, dtype, power, shift)
    words = ["--k", k, "--starts", 4, "--covariance", case.choose("--covariance", KINDS), "--seed", case.integer("--seed", 0, 99), "--reg-covar",
             repr(1e-3 * points.scale**2)]
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
    case.close("log-likelihood of x + c by its own starts", moved["log_likelihood"], plain["log_likelihood"], atol=1e-3)
    pairs = np.unique(np.array([case.load("moved-labels.npy"), labels]), axis=1)
    case.expect("groups of x + c by its own starts", len(pairs.T) == k, "those of x", pairs.T.tolist())
    if dtype[0] == "f":
        places = np.sort(rng.integers(0, len(base) + 1, size=3))
        case.save("more", np.insert(points.array(False), places, points.array(False).max() * 2.0 ** rng.integers(0, 30), axis=0))
        weights = np.insert(np.ones(len(base)), places, 0.0)
        case.save("weights", weights)
        more = fit(case, "more", [*words, "--weights", "weights.npy"], "more-")
        case.close("log-likelihood beside rows of weight 0 far away", more["log_likelihood"], plain["log_likelihood"], atol=1e-3)
        case.equal("assignments beside rows of weight 0 far away", case.load("more-labels.npy")[weights > 0], labels)


def predict(case):
    """--predict: densities and responsibilities of points near and far, in any order of rows and of the model's bytes."""
    points = drawn.draw(case, most=300)
    n, d = points.base.shape
    kind, k = case.choose("covariance", KINDS), case.integer("k", 1, 12)
    mixture = model(case, points, k, kind)
    logs, squares = mixture.log_densities(points.base)
    total = logsumexp(logs, axis=1)
    shares, offset = np.exp(logs - total[:, None]), d * np.log(points.scale)
    for moved in (False, True):
        where, shift = ("x + c with a model", points.shift) if moved else ("x with a model", np.zeros(d))
        write(case, "model", mixture, points, shift)
        case.save("points", points.array(moved))
        words = ["--proba", "proba.npy", "--densities", "densities.npy"]
        case.run("cluster-gmm", "--points", "points.npy", "--predict", "model.npz", "--out", "labels.npy", *words)
        found, proba = case.load("labels.npy"), case.load("proba.npy")
        case.close(f"sums of responsibilities of {where}", proba.sum(axis=1), 1.0 + 0 * total, atol=1e-9)
        tolerance = 1e-9 * (1 + np.abs(total)) + 20 * sensitivity(points, shift, mixture, squares.max())
        if tolerance.max() < 0.1:
            case.close(f"log densities of {where}", case.load("densities.npy") + offset, total, atol=tolerance)
            case.close(f"responsibilities of {where}", proba, shares, atol=4 * tolerance[:, None])
            labels(case, where, shares, 4 * tolerance)
        order = case.rng.permutation(n)[: max(1, n // 2)]
        case.save("some", points.array(moved)[order])
        write(case, "fortran", mixture, points, shift, fortran=True)
        case.run("cluster-gmm", "--points", "some.npy", "--predict", "fortran.npz", "--out", "other.npy", "--proba", "other-proba.npy")
        case.equal(f"assignments of some rows of {where} in another order, by a model in Fortran order", case.load("other.npy"), found[order])
        case.equal(f"responsibilities of some rows of {where} in another order, by a model in Fortran order", case.load("other-proba.npy"), proba[order])
