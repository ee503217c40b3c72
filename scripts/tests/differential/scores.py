"""evaluate beside scikit-learn's scores and scipy's assignment, with noise, gaps between ids, and
many classes."""

import json

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix

from . import points as drawn

NOISE = -1
PEERS = {
    "nmi": metrics.normalized_mutual_info_score,
    "ami": metrics.adjusted_mutual_info_score,
    "ari": metrics.adjusted_rand_score,
    "homogeneity": metrics.homogeneity_score,
    "completeness": metrics.completeness_score,
    "v_measure": metrics.v_measure_score,
    "fowlkes_mallows": metrics.fowlkes_mallows_score,
}


def ids(case, name, n, most, noise, like=None):
    """Drawn ids (n,) of any integer dtype, with gaps, and -1 where there is noise."""
    rng = case.rng
    count = case.integer(f"{name}", 1, most)
    if like is None:
        odds = rng.dirichlet(np.full(count, rng.choice([0.1, 1.0, 100.0])))
        found = rng.choice(count, size=n, p=odds)
    else:
        found = np.where(
            rng.random(n) < rng.choice([0.0, 0.1, 0.5, 1.0]),
            rng.integers(count, size=n),
            rng.integers(count, size=like.max() + 1)[like],
        )
    gaps = case.choose(f"gaps in {name}", [1, 3, 1000], [4, 1, 1])
    places = np.sort(rng.choice(gaps * count, size=count, replace=False))
    dtype = case.choose(
        f"dtype of {name}",
        [
            dtype
            for dtype in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", ">i8"]
            if np.iinfo(dtype).max > places.max()
        ],
    )
    found = places[found]
    if noise and np.dtype(dtype).kind == "i" and case.chance(0.5):
        found[rng.random(n) < rng.choice([0.02, 0.3, 1.0], p=[0.6, 0.35, 0.05])] = NOISE
    return found.astype(dtype)


def with_labels(case):
    """Every score that reads labels."""
    n = case.note("n", int(np.exp(case.rng.uniform(0, np.log(3000)))))
    most = case.choose("most groups", [3, 12, 60, 400, 2000], [4, 4, 4, 4, 1])
    labels = ids(case, "classes", n, most, noise=False)
    assignments = ids(
        case,
        "clusters",
        n,
        most,
        noise=True,
        like=np.unique(labels, return_inverse=True)[1] if case.chance(0.7) else None,
    )
    case.save("labels", labels)
    case.save("assignments", assignments if case.chance(0.8) else assignments[:, None])
    case.run("evaluate --assignments assignments.npy --labels labels.npy --out scores.json")
    scores = json.loads((case.folder / "scores.json").read_text())["splits"]["assignments"]
    labels, assignments = labels.astype("i8"), assignments.astype("i8")
    for name, peer in PEERS.items():
        # Far below the last digit of what these are reported with; AMI subtracts an expected value
        # from what is near it.
        case.close(
            name, scores[name], peer(labels, assignments), atol=1e-9 if name == "ami" else 1e-11
        )
    clustered = assignments != NOISE
    table = (
        contingency_matrix(labels[clustered], assignments[clustered])
        if clustered.any()
        else np.zeros((1, 1), int)
    )
    best = table[linear_sum_assignment(table, maximize=True)].sum()
    case.close("acc", scores["acc"], best / n, atol=1e-15)
    case.close("purity", scores["purity"], table.max(axis=0).sum() / n, atol=1e-15)
    case.close("noise_share", scores["noise_share"], np.mean(~clustered), atol=1e-15)
    case.equal(
        "numbers of points, classes and clusters",
        [scores["n"], scores["classes"], scores["clusters"]],
        [n, len(np.unique(labels)), len(np.unique(assignments[clustered]))],
    )
    # Names of groups and the order of points are nothing to a score.
    order = case.rng.permutation(n)
    other = case.rng.permutation(int(assignments.max()) + 2)[assignments]
    case.save("labels", case.rng.permutation(int(labels.max()) + 1)[labels][order])
    case.save("assignments", np.where(clustered, other, NOISE)[order])
    case.run("evaluate --assignments assignments.npy --labels labels.npy --out scores.json")
    renamed = json.loads((case.folder / "scores.json").read_text())["splits"]["assignments"]
    for name in [*PEERS, "acc", "purity", "noise_share"]:
        case.close(
            f"{name} of renamed groups in another order",
            renamed[name],
            scores[name],
            atol=1e-9 if name == "ami" else 1e-11,
        )


def without_labels(case):
    """Silhouette, Davies-Bouldin and Calinski-Harabasz, wherever the points lie."""
    points = drawn.draw(case, most=700, fewest=2)
    n = len(points.base)
    # Groups of near points and any groups.
    if case.chance(0.7):
        centers = points.base[case.rng.integers(n, size=case.integer("groups", 1, 12))]
        groups = ((points.base[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
    else:
        groups = case.rng.integers(case.integer("groups", 1, n), size=n)
    assignments = np.where(case.rng.random(n) < case.choose("noise", [0.0, 0.2]), NOISE, groups)
    case.save("assignments", assignments)
    clustered = assignments != NOISE
    exact, groups = points.base[clustered] - points.base.mean(axis=0), assignments[clustered]
    count = len(np.unique(groups))
    for moved in (False, True):
        where, offset = ("x + c", np.abs(points.shift).max()) if moved else ("x", 0.0)
        case.save("points", points.array(moved, big=case.chance(0.3), fortran=case.chance(0.3)))
        case.run(
            "evaluate --assignments assignments.npy --points points.npy --out scores.json",
            "--threads",
            1 + int(moved),
        )
        found = json.loads((case.folder / "scores.json").read_text())["splits"]["assignments"][
            "internal"
        ]
        silhouette = (
            found["silhouette"]["value"]
            if isinstance(found["silhouette"], dict)
            else found["silhouette"]
        )
        if count < 2:
            case.expect(
                f"no silhouette of a single cluster of {where}",
                silhouette is None,
                None,
                silhouette,
            )
            continue
        if count < len(groups):
            expected, tolerance = silhouettes(
                exact, groups, points.rounding, points.extent(), offset
            )
            if tolerance < 0.05:
                case.close(f"silhouette of {where}", silhouette, expected, atol=tolerance)
                case.close(
                    f"silhouette of {where} by scikit-learn",
                    silhouette,
                    # From norms and products, copies would not be at a distance of 0.
                    metrics.silhouette_score(cdist(exact, exact), groups, metric="precomputed"),
                    atol=max(1e-6, tolerance) + 1e-4 * (points.base.max() > 100),
                )
        dispersion(case, where, found, exact, groups, points, offset)


def of_many_points(case):
    """The silhouette of more points than are measured in full, beside that of all of them."""
    rng = case.rng
    n, d = case.integer("n", 5001, 7000), case.integer("d", 1, 4)
    size = case.choose("points a group", [2, 3, 5, 50, 1000])
    groups = rng.permutation(np.arange(n) // size)
    centers = 30 * rng.normal(size=(groups.max() + 1, d))
    points = (
        centers[groups] + case.choose("spread", [1e-3, 0.3, 3.0]) * rng.normal(size=(n, d))
    ).astype("f4")
    case.save("points", points)
    case.save("assignments", groups)
    case.run("evaluate --assignments assignments.npy --points points.npy --out scores.json")
    found = json.loads((case.folder / "scores.json").read_text())["splits"]["assignments"][
        "internal"
    ]["silhouette"]
    values = metrics.silhouette_samples(points.astype("f8"), groups)
    # Six standard errors of the mean of a sample.
    case.close(
        "silhouette of a sample",
        found["value"],
        values.mean(),
        atol=1e-6 + 6 * values.std() / np.sqrt(min(n, found["sample"])),
    )


def silhouettes(points, groups, rounding, extent, offset):
    """Mean silhouette by differences in f64, and by how much it may be off where distances are
    rounded."""
    distances = np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))
    names, groups = np.unique(groups, return_inverse=True)
    sums = distances @ np.eye(len(names))[groups]
    sizes, every = np.bincount(groups), np.arange(len(points))
    a = sums[every, groups] / np.maximum(1, sizes[groups] - 1)
    means = sums / sizes
    means[every, groups] = np.inf
    b = means.min(axis=1)
    largest = np.maximum(a, b)
    kept = (sizes[groups] > 1) & (largest > 0)
    values = np.where(kept, (b - a) / np.where(largest > 0, largest, 1), 0.0)
    # A squared distance may be off by this, and a distance by its root, but by less where it is
    # long.
    off = 4 * ((points.shape[1] + 8) * rounding * (2 * extent) ** 2)
    mean_off = np.minimum(np.sqrt(off), off / np.maximum(largest, 1e-300))
    wrong = np.where(kept, np.minimum(2.0, 4 * mean_off / np.where(largest > 0, largest, 1)), 0.0)
    return values.mean(), 1e-9 + wrong.mean() + (0.0 if offset < 2**40 else 1e-6)


def dispersion(case, where, found, exact, groups, points, offset):
    """Davies-Bouldin and Calinski-Harabasz, where clusters are not points and their centers do not
    coincide."""
    names = np.unique(groups)
    centers = np.array([exact[groups == name].mean(axis=0) for name in names])
    gaps = np.sqrt(((centers[:, None] - centers) ** 2).sum(axis=2))[np.triu_indices(len(names), 1)]
    extent = points.extent()
    rounding = 1e-12 * extent + 2.0**-50 * offset
    if gaps.min() > 1e5 * rounding and len(groups) > len(names):
        case.close(
            f"Davies-Bouldin of {where}",
            found["davies_bouldin"],
            metrics.davies_bouldin_score(exact, groups),
            rtol=1e-6 + 100 * rounding / gaps.min(),
            # Of copies scikit-learn gives the root of a rounding, not 0.
            atol=1e-7,
        )
    within = sum(
        ((exact[groups == name] - center) ** 2).sum() for name, center in zip(names, centers)
    )
    if within > 1e-6 * extent**2 and len(groups) > len(names):
        spread = ((exact - exact.mean(axis=0)) ** 2).sum()
        if spread - within > 1e-3 * spread:
            case.close(
                f"Calinski-Harabasz of {where}",
                found["calinski_harabasz"],
                metrics.calinski_harabasz_score(exact, groups),
                rtol=1e-6 + 1000 * rounding / extent,
            )
