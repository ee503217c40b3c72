"""Lloyd's algorithm in f64, step by step as scikit-learn has it, which also says whether rounding
could have led elsewhere."""

from dataclasses import dataclass

import numpy as np

# How many times the plain bound on rounding errors a comparison has to be decided by.
SAFETY = 4


@dataclass
class Outcome:
    """Where Lloyd's algorithm ends. `certain`: no comparison on the way was closer than rounding
    can tell. `filled`: an empty cluster took a point on the way."""

    labels: np.ndarray
    centroids: np.ndarray
    iterations: int
    converged: bool
    trace: list
    certain: bool
    filled: bool = False


def squared_distances(points, centroids):
    """(n, k), by differences."""
    found = np.empty((len(points), len(centroids)))
    for j, centroid in enumerate(centroids):
        found[:, j] = ((points - centroid) ** 2).sum(axis=1)
    return found


def slack(points, centroids, rounding, extent, representation):
    """By how much the squared distances of each point (n,) may be off: with unit roundoff
    `rounding`, measured from any point within `extent` of the mean 0, and with centroids written
    with errors of up to `representation`."""
    lengths = (
        np.sqrt((points**2).sum(axis=1)) + 2 * extent + np.sqrt((centroids**2).sum(axis=1).max())
    )
    d = points.shape[1]
    return SAFETY * ((d + 8) * rounding * lengths**2 + 2 * np.sqrt(d) * representation * lengths)


def assign(points, centroids, slack):
    """Nearest centroids, the lowest index of equals, and whether each is nearer than all others by
    more than `slack`."""
    distances = squared_distances(points, centroids)
    labels = distances.argmin(axis=1)
    if distances.shape[1] == 1:
        return labels, np.full(len(points), True), distances
    two = np.partition(distances, 1, axis=1)[:, :2]
    return labels, two[:, 1] - two[:, 0] > slack, distances


def lloyd(points, centroids, weights, most, tolerance, rounding, representation=0.0):
    """Runs Lloyd's algorithm on `points` (n, d) around 0 from `centroids` (k, d); `tolerance` is
    that on the squared shift.

    Empty clusters take the farthest points, as scikit-learn's `_relocate_empty_clusters_dense`."""
    n, k = len(points), len(centroids)
    extent = np.sqrt((points**2).sum(axis=1).max())
    labels, certain, trace = np.full(n, -1), True, []
    iterations, converged, filled = 0, False, False
    while not converged and iterations < most:
        before = labels
        labels, decided, distances = assign(
            points, centroids, slack(points, centroids, rounding, extent, representation)
        )
        certain &= decided.all()
        moved = int((labels != before).sum())
        members = np.eye(k)[labels] * weights[:, None]
        sums, sizes = members.T @ points, members.sum(axis=0)
        counts = np.bincount(labels, minlength=k)
        filled |= bool((counts == 0).any())
        certain &= relocate(
            points,
            weights,
            labels,
            distances[np.arange(n), labels],
            sums,
            sizes,
            counts,
            rounding * extent**2,
        )
        # Fewer distinct points than clusters: what an empty cluster gets then is not compared.
        certain &= bool((counts > 0).all())
        kept = counts > 0
        new = centroids.copy()
        new[kept] = sums[kept] / sizes[kept, None]
        shift = ((new - centroids) ** 2).sum()
        centroids = new
        iterations += 1
        converged = moved == 0 or shift <= tolerance
        # A decision about the end that rounding might turn.
        if moved > 0 and abs(shift - tolerance) <= 1e-6 * tolerance + 1e-18 * extent**2:
            certain = False
        trace.append((weights * ((points - centroids[labels]) ** 2).sum(axis=1)).sum())
    labels, decided, _ = assign(
        points, centroids, slack(points, centroids, rounding, extent, representation)
    )
    certain = bool(certain and decided.all())
    return Outcome(labels, centroids, iterations, converged, trace, certain, filled)


def relocate(points, weights, labels, distances, sums, sizes, counts, close):
    """Moves the farthest points into empty clusters, in place; returns whether it is certain which
    these are."""
    empty = np.flatnonzero(counts == 0)
    if len(empty) == 0:
        return True
    order = np.argsort(-distances, kind="stable")[: len(empty) + 1]
    if distances[order[0]] == 0:
        return False
    certain = bool((np.diff(-distances[order]) > SAFETY * (points.shape[1] + 8) * close).all())
    for new, i in zip(empty, order):
        old = labels[i]
        sums[old] -= weights[i] * points[i]
        sums[new] = weights[i] * points[i]
        sizes[old] -= weights[i]
        sizes[new] = weights[i]
        counts[old] -= 1
        counts[new] = 1
    return certain and bool((counts > 0).all())
