"""cluster-gmm from a given mixture, beside scikit-learn's GaussianMixture and EM in f64."""

import warnings

import numpy as np
from scipy.special import logsumexp
from sklearn.mixture import GaussianMixture

from . import points as drawn
from .em import KINDS, Mixture, iterate, maximize
from .lloyd import assign, slack
from .mixtures import fit, labels, model, sensitivity, write, written


def given(case):
    """Checks a few EM iterations from a given start, also with shifted points."""
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
    middle, masses = (
        points.base[heavy].mean(axis=0),
        np.ones(n)[heavy] if weights is None else weights[heavy],
    )
    exact = points.base[heavy] - middle
    begun = Mixture(kind, first.weights, first.means - middle, first.covariances)
    for shift in places:
        moved = bool(shift.any())
        where = "x + c" if moved else "x"
        certain = True
        if start == "means":
            close = slack(
                exact, begun.means, points.rounding, points.extent(), 2.0**-52 * np.abs(shift).max()
            )
            labels, decided, _ = assign(exact, begun.means, close)
            certain = decided.all() and len(np.unique(labels)) == k
            begun_here = (
                maximize(exact, np.eye(k)[labels], masses, kind, regularization)[0]
                if certain
                else None
            )
            case.save("start", (first.means + shift) * points.scale)
        else:
            begun_here = begun
            write(case, "start", first, points, shift)
        words = [
            "--init",
            "start.npy" if start == "means" else "start.npz",
            "--covariance",
            kind,
            "--k",
            k,
            "--max-iter",
            most,
            "--tol",
            0,
            "--reg-covar",
            repr(regularization * points.scale**2),
        ]
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


def compare(case, where, points, shift, heavy, masses, result, oracle, middle, tolerance):
    found = np.load(case.folder / "model.npz")
    scale = np.sqrt(np.max([np.diag(covariance) for covariance in oracle.full()]))
    case.close(
        f"weights of components of {where}", found["weights"], oracle.weights, atol=tolerance
    )
    case.close(
        f"means of {where}",
        found["means"] / points.scale - shift - middle,
        oracle.means,
        atol=tolerance * scale + 2.0**-50 * (np.abs(shift) + np.abs(points.base).max()).max(),
    )
    case.close(
        f"covariances of {where}",
        found["covariances"] / points.scale**2,
        oracle.covariances,
        atol=tolerance * scale**2,
    )
    logs, _ = oracle.log_densities(points.base - middle)
    total = logsumexp(logs, axis=1)
    # log density(file) = log density - d log(scale)
    offset = points.base.shape[1] * np.log(points.scale)
    size = 1 + np.abs(total).max()
    case.close(
        f"log densities of {where}",
        case.load("densities.npy") + offset,
        total,
        atol=10 * tolerance * size,
    )
    mean = np.average(total[heavy], weights=masses)
    case.close(
        f"log-likelihood of {where}",
        result["log_likelihood"] + offset,
        mean,
        atol=10 * tolerance * size,
    )
    shares = np.exp(logs - total[:, None])
    case.close(
        f"responsibilities of {where}",
        case.load("proba.npy"),
        shares,
        atol=np.minimum(1, 20 * tolerance * size),
    )
    labels(case, where, shares, np.minimum(1, 20 * tolerance * size))
    n = masses.sum()
    case.close(
        f"BIC of {where}",
        result["bic"] - oracle.parameters() * np.log(n),
        -2 * n * result["log_likelihood"],
        rtol=1e-9,
        atol=1e-6,
    )
    case.close(
        f"AIC of {where}",
        result["aic"] - oracle.parameters() * 2,
        -2 * n * result["log_likelihood"],
        rtol=1e-9,
        atol=1e-6,
    )


def peer(case, points, exact, middle, begun, most, regularization, oracle):
    """Compares the model of cluster-gmm with GaussianMixture fitted from the same start."""
    mixture = GaussianMixture(
        len(begun.weights),
        covariance_type=begun.kind,
        tol=0,
        reg_covar=regularization,
        max_iter=most,
        init_params="random",
        weights_init=begun.weights,
        means_init=begun.means,
        precisions_init=begun.precisions(),
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mixture.fit(exact)
    found = np.load(case.folder / "model.npz")
    scale = np.sqrt(np.max([np.diag(covariance) for covariance in oracle.full()]))
    case.close(
        "means by scikit-learn",
        found["means"] / points.scale - middle,
        mixture.means_,
        atol=1e-6 * scale,
    )
    case.close(
        "covariances by scikit-learn",
        found["covariances"] / points.scale**2,
        mixture.covariances_,
        atol=1e-6 * scale**2,
    )
    case.close(
        "weights of components by scikit-learn", found["weights"], mixture.weights_, atol=1e-6
    )


def rewritten(case, points, weights, heavy, words, shift):
    """Checks that threads and byte order change no byte, and rows of weight 0 only rounding."""
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
    loose = 1e-9 + 100 * sensitivity(
        points, shift, written(case, "other-model", points, shift), 100.0
    )
    if loose < 1e-2:
        one, other = (
            written(case, "other-model", points, shift),
            written(case, "model", points, shift),
        )
        extent = points.extent() + 1
        case.close(
            "means without the rows of weight 0", one.means, other.means, atol=loose * extent
        )
        case.close(
            "covariances without the rows of weight 0",
            one.covariances,
            other.covariances,
            atol=loose * extent**2,
        )
        case.close(
            "responsibilities without the rows of weight 0",
            case.load("other-proba.npy"),
            case.load("proba.npy")[heavy],
            atol=min(1, 1e4 * loose),
        )
    case.save("weights", weights * 2.0 ** case.rng.integers(-20, 20))
    fit(case, "points", words, "other-")
    for name in ["weights", "means", "covariances"]:
        case.equal(
            f"{name} with all weights times a power of two",
            np.load(case.folder / "other-model.npz")[name],
            np.load(case.folder / "model.npz")[name],
        )
