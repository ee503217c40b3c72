"""Fits scikit-learn once for bench_growth.py, in a process of its own, and prints what it took.

    PYTHONPATH=scripts/bench:scripts/standins python3 -m peers.run_growth '{"method": "gmm",
        "points": "x.npy", "start": "means.npy", "iterations": 5, "threads": 2, "limit": 600}'

Prints as JSON the seconds of `fit`, the memory held after the imports and the peak, in bytes, and
afterwards the inertia or log-likelihood, to compare with ours. If `fit` takes longer than the limit
in seconds, SIGALRM ends the process.
"""

import json
import resource
import signal
import sys
import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin  # noqa: F401, imported before memory is read
from sklearn.mixture import GaussianMixture  # noqa: F401, likewise
from threadpoolctl import threadpool_limits

from peers.run_peer import mixture, timed

TRIAL_POINTS, TRIALS = 20_000, 2


def memory(name, file="/proc/self/status"):
    """Returns an entry of a file of /proc in bytes."""
    with open(file, encoding="utf-8") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def model(method, start, iterations):
    if method == "gmm":
        return mixture(len(start), tol=0, max_iter=iterations, means=start)
    return KMeans(len(start), init=start, n_init=1, max_iter=iterations, tol=0)


def quicker_blas(points, start, threads):
    """Returns one or all BLAS threads, whichever fits a mixture to some of the points earlier.

    Many of the matrix products are so small that threads cost more than they save.
    """
    seconds = {}
    for count in (threads, 1) * TRIALS:
        with threadpool_limits(count, "blas"):
            found, _ = timed(model("gmm", start, 2).fit, points[:TRIAL_POINTS])
        seconds[count] = min(found, seconds.get(count, found))
    return min(seconds, key=seconds.get)


def main():
    warnings.simplefilter("ignore")
    held = memory("VmRSS")
    # Without a limit, the kernel might end other processes for want of memory.
    available = memory("MemAvailable", "/proc/meminfo")
    resource.setrlimit(resource.RLIMIT_DATA, (available, available))
    task = json.loads(sys.argv[1])
    points, start = np.load(task["points"]), np.load(task["start"])
    model(task["method"], start[:2], 1).fit(points[:TRIAL_POINTS])
    fitted = model(task["method"], start, task["iterations"])
    blas = task["threads"]
    if task["method"] == "gmm":
        blas = quicker_blas(points, start, blas)
    with threadpool_limits(blas, "blas"):
        signal.setitimer(signal.ITIMER_REAL, task["limit"])
        seconds, _ = timed(fitted.fit, points)
        signal.setitimer(signal.ITIMER_REAL, 0)
    found = {"seconds": seconds, "iterations": fitted.n_iter_, "blas_threads": blas}
    found |= {"held": held, "peak": memory("VmHWM")}
    if task["method"] == "kmeans":
        found["inertia"] = float(fitted.inertia_)
    else:
        found["log_likelihood"] = float(fitted.score(points))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
