#!/usr/bin/env python3
"""Stands in for cluster-kmeans or cluster-gmm, with scikit-learn: the same flags, the same files.

    make all CLUSTER_KMEANS='python3 scripts/standins/cluster_sklearn.py'
    make all CLUSTER_GMM='python3 scripts/standins/cluster_sklearn.py'

A mixture is fitted where --covariance is given, k-means otherwise; --predict takes a model of
either kind.
"""

import argparse

import numpy as np
from scipy.special import entr
from threadpoolctl import threadpool_limits

from npy_io import fail, load, load_points, save, save_npz


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", required=True, help=".npy, (n, d) or images (n, height, width)")
    parser.add_argument("--out", required=True, help="assignments to write: .npy, i4, (n,)")
    parser.add_argument("--model", help="model to write: .npz")
    parser.add_argument("--proba", help="responsibilities of a mixture to write: .npy, (n, k)")
    parser.add_argument(
        "--predict", metavar="MODEL", help="fit nothing: assign the points to this model's clusters"
    )
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--starts", type=int)
    parser.add_argument(
        "--keep",
        choices=["likelihood", "information"],
        default="likelihood",
        help="which start of a mixture",
    )
    parser.add_argument(
        "--uncertainty-weight",
        type=float,
        default=1.0,
        help="weight of the entropy that is left if the point is known, with --keep information",
    )
    parser.add_argument("--max-iter", type=int)
    parser.add_argument("--tol", type=float)
    parser.add_argument(
        "--init", help="k-means++ or kmeans, random, or a .npy of k centroids or means"
    )
    parser.add_argument("--weights", help=".npy, (n,), of k-means")
    parser.add_argument("--covariance", choices=["auto", "full", "tied", "diag", "spherical"])
    parser.add_argument("--reg-covar", type=float, default=1e-6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    return parser.parse_args()


def given(**options):
    """Returns the options that were given; the others keep their defaults."""
    return {name: value for name, value in options.items() if value is not None}


def kmeans(args, points):
    from sklearn.cluster import KMeans

    init = args.init or "k-means++"
    start = load(init) if init.endswith(".npy") else init
    options = {"n_init": 10, "max_iter": 350, "tol": 1e-10}
    options |= given(
        n_init=1 if init.endswith(".npy") else args.starts, max_iter=args.max_iter, tol=args.tol
    )
    model = KMeans(args.k, init=start, random_state=args.seed, **options)
    model.fit(points, sample_weight=load(args.weights) if args.weights else None)
    if args.model:
        save_npz(args.model, format_version=np.int64(1), centroids=model.cluster_centers_)
    return model.labels_, None


def information(responsibilities, uncertainty_weight):
    """Returns the weighted information of points and components in nats, from responsibilities."""
    mean = responsibilities.mean(axis=0)
    return entr(mean).sum() - uncertainty_weight * entr(responsibilities).sum(axis=1).mean()


def covariance_type(args, points):
    """Returns the type of covariance, chosen as cluster-gmm does where it is auto."""
    n, d = points.shape
    if args.covariance != "auto":
        return args.covariance
    if d > 100:
        return "diag"
    return "tied" if n < args.k * d * (d + 3) else "full"


def mixture(args, points):
    if args.weights:
        fail(
            f"{args.weights}: expected no weights, which scikit-learn's mixture does not know; "
            f"leave out --weights"
        )
    from sklearn.mixture import GaussianMixture

    init = args.init or "kmeans"
    start = {"means_init": load(init)} if init.endswith(".npy") else {"init_params": init}
    options = {"max_iter": 300, "tol": 1e-5} | given(max_iter=args.max_iter, tol=args.tol)
    starts = args.starts or 1

    def fitted(starts, random_state):
        mixture = GaussianMixture(
            args.k,
            covariance_type=covariance_type(args, points),
            reg_covar=args.reg_covar,
            n_init=starts,
            random_state=random_state,
            **start,
            **options,
        )
        return mixture.fit(points)

    if args.keep == "likelihood":
        model = fitted(starts, args.seed)
    else:
        stream = np.random.RandomState(args.seed)
        models = (fitted(1, stream) for _ in range(starts))
        weight = args.uncertainty_weight
        model = max(models, key=lambda model: information(model.predict_proba(points), weight))
    if args.model:
        save_npz(
            args.model,
            format_version=np.int64(1),
            weights=model.weights_,
            means=model.means_,
            covariances=model.covariances_,
            covariance_type=model.covariance_type,
        )
    return model.predict(points), model.predict_proba(points)


def predict(path, points):
    """Returns assignments, and the responsibilities where the model is a mixture."""
    model = load(path)
    if "centroids" in model:
        from sklearn.metrics import pairwise_distances_argmin

        metric = str(model["metric"]) if "metric" in model else "euclidean"
        centroids = model["centroids"].astype(points.dtype)
        return pairwise_distances_argmin(points, centroids, metric=metric), None
    from sklearn.mixture import GaussianMixture
    from sklearn.mixture._gaussian_mixture import _compute_precision_cholesky

    kind = str(model["covariance_type"])
    restored = GaussianMixture(len(model["weights"]), covariance_type=kind)
    restored.weights_, restored.means_, restored.covariances_ = (
        model["weights"],
        model["means"],
        model["covariances"],
    )
    restored.precisions_cholesky_ = _compute_precision_cholesky(model["covariances"], kind)
    return restored.predict(points), restored.predict_proba(points)


def main():
    args = arguments()
    with threadpool_limits(args.threads):
        run(args)


def run(args):
    points = load_points(args.points)
    if len(points) < args.k and not args.predict:
        fail(f"{args.points}: expected at least {args.k} points, found {len(points)}; lower --k")
    if args.predict:
        assignments, responsibilities = predict(args.predict, points)
    else:
        assignments, responsibilities = (mixture if args.covariance else kmeans)(args, points)
    if args.proba:
        if responsibilities is None:
            fail("--proba goes with a mixture: give --covariance")
        save(args.proba, responsibilities)
    save(args.out, assignments.astype("i4"))


if __name__ == "__main__":
    main()
