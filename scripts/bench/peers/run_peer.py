"""Runs a peer once, in a process of its own: reads a task as JSON, prints the result as JSON.

    PYTHONPATH=scripts/bench:scripts/standins python3 -m peers.run_peer '{"tool": "faiss",
        "method": "kmeans", "points": "latents.npy", "centers": null, "k": 10, "starts": 10,
        "tol": 1e-4, "max_iter": 100, "seed": 0, "threads": 2}'

The points are loaded and a tiny fit is made first, so that only fit() is timed. Inertia and
log-likelihood are computed afterwards, in f64 and for all peers alike. With "reach", for faiss, it
says how many iterations that inertia takes.
"""

import json
import sys
import time
import warnings

import numpy as np
from threadpoolctl import threadpool_limits

from peers import FAISS, FAISS_NEAR, INTEL, PRODUCT, SKLEARN, SKLEARN_F32, SUPER_KMEANS
from npy_io import load, load_points

TINY = 1000


def timed(fit, *args, **options):
    started = time.perf_counter()
    result = fit(*args, **options)
    return time.perf_counter() - started, result


def inertia(points, centers, labels):
    centers = centers.astype("f8")
    blocks = (slice(i, i + 1000) for i in range(0, len(points), 1000))
    return float(sum(np.square(points[block] - centers[labels[block]]).sum() for block in blocks))


def kmeans_sklearn(task, points, start):
    """scikit-learn, and Intel's extension, which takes its place once it is patched in."""
    from sklearn.cluster import KMeans

    KMeans(10, n_init=1, max_iter=1).fit(points[:TINY])
    model = KMeans(
        task["k"],
        init="k-means++" if start is None else start,
        n_init=task["starts"],
        max_iter=task["max_iter"],
        tol=task["tol"],
        random_state=task["seed"],
    )
    seconds, _ = timed(model.fit, points)
    if task["tool"] == INTEL and not hasattr(model, "_onedal_estimator"):
        sys.exit("Intel's extension fell back to scikit-learn")
    return seconds, model.n_iter_, inertia(points, model.cluster_centers_, model.labels_)


def kmeans_intel(task, points, start):
    import daal4py
    from sklearnex import patch_sklearn

    daal4py.daalinit(task["threads"])
    patch_sklearn(verbose=False)
    return kmeans_sklearn(task, points, start)


def faiss_fit(task, points, start, **options):
    import faiss

    faiss.omp_set_num_threads(task["threads"])
    options = {
        "niter": task["max_iter"],
        "nredo": task["starts"],
        "seed": task["seed"],
        "init_method": faiss.ClusteringInitMethod_KMEANS_PLUS_PLUS,
        "min_points_per_centroid": 1,
        "max_points_per_centroid": len(
            points
        ),  # all of them: it takes a sample where there are more
    } | options
    model = faiss.Kmeans(points.shape[1], options.pop("k", task["k"]), **options)
    return *timed(model.train, points, init_centroids=start), model


def kmeans_faiss(task, points, start):
    start = None if start is None else start.astype("f4")
    if "reach" in task:
        return iterations_to(task, points, start)
    faiss_fit(task, points[:TINY], None, k=10, niter=1, nredo=1)
    seconds, _, model = faiss_fit(task, points, start)
    # Of several starts it does not tell how many they took; those it was given are the most.
    iterations = (
        len(model.obj)
        if task["starts"] == 1
        else task["max_iter"]
        if task["tool"] == FAISS_NEAR
        else None
    )
    return seconds, iterations, inertia(points, model.centroids, model.assign(points)[1])


def kmeans_super(task, points, _):
    """faiss's SuperKMeans, from a random start of its own: it takes no other."""
    import faiss

    faiss.omp_set_num_threads(task["threads"])

    def fit(points, k, iterations):
        options = {"min_points_per_centroid": 1, "max_points_per_centroid": len(points)}
        model = faiss.SuperKmeans(
            points.shape[1], k, niter=iterations, seed=task["seed"], **options
        )
        return *timed(model.train, points), model

    fit(points[:TINY], 10, 2)
    seconds, _, model = fit(points, task["k"], task["max_iter"])
    quality = inertia(points, model.centroids, model.assign(points)[1])
    return seconds, len(model.obj), quality


def predict_sklearn(task, points, start):
    """Finds the nearest centers by scikit-learn's `predict`."""
    from sklearn.cluster import KMeans

    start = start.astype("f4")
    model = KMeans(len(start), init=start, n_init=1, max_iter=1).fit(start)
    model.cluster_centers_ = start
    model.predict(points[:TINY])
    seconds, labels = timed(model.predict, points)
    return seconds, None, inertia(points, start, labels)


def predict_faiss(task, points, start):
    """Finds the nearest centers by faiss's exact search."""
    import faiss

    faiss.omp_set_num_threads(task["threads"])
    start = start.astype("f4")
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(start)
    index.search(points[:TINY], 1)
    seconds, (_, labels) = timed(index.search, points, 1)
    return seconds, None, inertia(points, start, labels[:, 0])


def minibatch_sklearn(task, points, _):
    """scikit-learn's mini-batches, in as many passes over the points and of the same size."""
    from sklearn.cluster import MiniBatchKMeans

    options = {"batch_size": task["batch"], "tol": 0, "max_no_improvement": None, "n_init": 1}
    MiniBatchKMeans(10, max_iter=1, **options).fit(points[:TINY])
    options |= {"init": "random", "random_state": task["seed"]}
    model = MiniBatchKMeans(task["k"], max_iter=task["max_iter"], **options)
    seconds, _ = timed(model.fit, points)
    found = inertia(points, model.cluster_centers_, model.labels_)
    return seconds, model.n_iter_, found


def product(task, points, start):
    """The products of all points and centers alone, a block of points at a time, by numpy.

    No algorithm that computes all distances can be faster than the fastest product.
    """
    centers = np.ascontiguousarray(start.astype("f4").T)
    block = np.empty((1024, centers.shape[1]), "f4")

    def multiply(points, iterations):
        for _ in range(iterations):
            for first in range(0, len(points), len(block)):
                rows = points[first : first + len(block)]
                np.matmul(rows, centers, out=block[: len(rows)])

    multiply(points[:TINY], 1)
    seconds, _ = timed(multiply, points, task["max_iter"])
    return seconds, task["max_iter"], None


def iterations_to(task, points, start):
    """Finds the iterations after which faiss is within 0.1 % of an inertia, or of its own best.

    Its early_stop_threshold is about how fast the objective falls, not about how far it is from its
    end. Random starts differ, so of three seeds the one in the middle is returned, to be measured
    with.
    """
    found = []
    for seed in range(1 if start is not None else 3):
        # One start at a time, each from the seed that faiss gives it among several.
        seeds = [seed + 15486557 * number for number in range(task["starts"])]
        objectives = [faiss_fit(task, points, start, seed=one, nredo=1)[-1].obj for one in seeds]
        # The objective of iteration i belongs to the centers before its update; the last one stays.
        longest = max(map(len, objectives))
        best = np.min(
            [np.pad(one, (0, longest - len(one)), mode="edge") for one in objectives], axis=0
        )
        found.append((max(1, int(np.argmax(best <= 1.001 * max(task["reach"], best[-1])))), seed))
    iterations, task["seed"] = sorted(found)[len(found) // 2]
    return None, iterations, None


def mixture(k, tol=1e-3, max_iter=100, means=None, covariance="full"):
    """Fits scikit-learn's mixture from hard assignments to the nearest of `means`, as ours does."""
    from sklearn.metrics import pairwise_distances_argmin
    from sklearn.mixture import GaussianMixture

    class MixtureFromLabels(GaussianMixture):
        def _initialize_parameters(self, X, random_state, xp=None):
            self._initialize(X, np.eye(k, dtype=X.dtype)[pairwise_distances_argmin(X, means)])

    kind = GaussianMixture if means is None else MixtureFromLabels
    return kind(k, tol=tol, max_iter=max_iter, covariance_type=covariance)


def log_likelihood(points, weights, means, covariances):
    model = mixture(len(means))
    model.weights_, model.means_ = weights.astype("f8"), means.astype("f8")
    lower = np.linalg.cholesky(covariances.astype("f8"))
    model.precisions_cholesky_ = np.linalg.inv(lower).transpose(0, 2, 1)
    return float(model.score(points.astype("f8")))


def gmm_sklearn(task, points, start):
    """Fits with one BLAS thread or all of them, whichever is quicker in a trial.

    Many of the matrix products are so small that threads cost more than they save.
    """
    points, start = points.astype(task["dtype"]), start.astype(task["dtype"])
    mixture(1, max_iter=1).fit(points[:TINY])
    trials = {}
    for count in {1, task["threads"]}:
        with threadpool_limits(count, "blas"):
            trial = mixture(task["k"], 0, 2, start, task["covariance"])
            trials[count], _ = timed(trial.fit, points)
    task["blas_threads"] = min(trials, key=trials.get)
    with threadpool_limits(task["blas_threads"], "blas"):
        model = mixture(task["k"], task["tol"], task["max_iter"], start, task["covariance"])
        seconds, _ = timed(model.fit, points)
    if task["covariance"] != "full":
        return seconds, model.n_iter_, float(model.score(points))
    return (
        seconds,
        model.n_iter_,
        log_likelihood(points, model.weights_, model.means_, model.covariances_),
    )


def gmm_intel(task, points, start):
    """Fits the mixture of the library under Intel's extension.

    The extension itself leaves scikit-learn's mixture alone. The threshold is for the sum of the
    log-likelihoods, not for their mean.
    """
    import daal4py
    from sklearn.metrics import pairwise_distances_argmin

    daal4py.daalinit(task["threads"])
    points, k, d = points.astype("f8"), task["k"], points.shape[1]

    def fit(points, iterations):
        labels = pairwise_distances_argmin(points, start)
        weights = np.bincount(labels, minlength=k)[None] / len(points)
        groups = [points[labels == cluster] for cluster in range(k)]
        covariances = [np.cov(group.T, bias=True) + 1e-6 * np.eye(d) for group in groups]
        means = np.array([group.mean(axis=0) for group in groups])
        engine = daal4py.em_gmm(
            nComponents=k,
            maxIterations=iterations,
            accuracyThreshold=task["tol"] * len(points),
            regularizationFactor=1e-6,
            covarianceStorage="full",
        )
        return engine.compute(points, weights, means, covariances)

    fit(np.concatenate([points[:TINY], start, start + 1e-3]), 1)
    seconds, found = timed(fit, points, task["max_iter"])
    quality = log_likelihood(points, found.weights[0], found.means, np.array(found.covariances))
    return seconds, found.nIterations.item(), quality


PEERS = {
    ("kmeans", SKLEARN): kmeans_sklearn,
    ("kmeans", INTEL): kmeans_intel,
    ("kmeans", FAISS): kmeans_faiss,
    ("kmeans", FAISS_NEAR): kmeans_faiss,
    ("kmeans", SUPER_KMEANS): kmeans_super,
    ("predict", SKLEARN): predict_sklearn,
    ("predict", FAISS): predict_faiss,
    ("minibatch", SKLEARN): minibatch_sklearn,
    ("kmeans", PRODUCT): product,
    ("gmm", SKLEARN): gmm_sklearn,
    ("gmm", SKLEARN_F32): gmm_sklearn,
    ("gmm", INTEL): gmm_intel,
}
QUALITY = dict.fromkeys(["kmeans", "predict", "minibatch"], "inertia") | {"gmm": "log_likelihood"}


def main():
    warnings.simplefilter("ignore")
    task = json.loads(sys.argv[1])
    task["dtype"] = "f4" if task["tool"] == SKLEARN_F32 else "f8"
    points = np.ascontiguousarray(load_points(task["points"]), dtype="f4")
    start = task["centers"] and load(task["centers"])
    seconds, iterations, quality = PEERS[task["method"], task["tool"]](task, points, start)
    found = {
        "seconds": seconds,
        "iterations": iterations and int(iterations),
        QUALITY[task["method"]]: quality,
    }
    print(
        json.dumps(found | {name: task[name] for name in ["seed", "blas_threads"] if name in task})
    )


if __name__ == "__main__":
    main()
