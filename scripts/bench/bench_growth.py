#!/usr/bin/env python3
"""Measures how time and memory of k-means and mixtures grow, beside scikit-learn.

    make bench-growth
    .venv-bench/bin/python scripts/bench/bench_growth.py --most 1000000 --rounds 1
    .venv-bench/bin/python scripts/bench/bench_growth.py --draw artifacts/bench/growth.json

`cluster-kmeans` makes ten iterations from given centers with the algorithm that `auto` picks,
`cluster-gmm` five with full covariances from given means; scikit-learn's KMeans and GaussianMixture
make as many from the same. All read one file of float32 for each size and have as many threads, but
scikit-learn's mixture one BLAS thread where it is quicker so. It computes in float32, as its input
is; our mixture in float64. The points are noise around twenty overlapping centers, the worst
case for bounds, so that no fit converges early.

Every measurement is a process of its own. Our time is that of the whole process, which reads the
file and writes the result; scikit-learn's is that of `fit` alone, after small fits to warm up.
Memory beyond the points is, of ours, the peak resident memory of the whole process, less the bytes
of the points. Of scikit-learn it is the peak of its process, less what that process holds after
importing NumPy and scikit-learn, and less the bytes of the points.

A fit of scikit-learn that takes longer than --limit seconds is stopped.
One that needs more than the available memory fails. The row says so, and it is not tried again.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

from bench_peers import Failed, environment, last_line, peak, processor, say
from peers.growth_plot import plot
from peers.report import digits, markdown, ratios

POINTS = {"n": (10_000, 100_000, 1_000_000, 10_000_000), "d": 16, "k": 10}
FEATURES = {"n": 60_000, "d": (16, 64, 256, 768), "k": 10}
CLUSTERS = {"n": 60_000, "d": 64, "k": (10, 100, 1000, 10_000)}
ITERATIONS = {"kmeans": 10, "gmm": 5}
MIXTURE_FEATURES, MIXTURE_CLUSTERS = 256, 100  # Beyond these a mixture takes minutes.
QUALITY = {"kmeans": "inertia", "gmm": "log_likelihood"}
SAME = 0.005  # float32 loses digits where a component has few points.
POINTS_OF_A_CLUSTER = 6  # With fewer points to a cluster, k-means converges early.
NUMBERS_AT_ONCE = 4_000_000
HEAD = ["n", "d", "k", "method", "ours, s", "scikit-learn, s", "ratio"]
HEAD += ["ours, MB beyond the points", "scikit-learn, MB beyond the points"]
NAMES = {"kmeans": "k-means", "gmm": "mixture"}


def sizes(most):
    """Returns the sizes (n, d, k), and for each the letters of the axes that it is measured for."""
    found = {}
    for letter, series in {"n": POINTS, "d": FEATURES, "k": CLUSTERS}.items():
        for value in series[letter]:
            size = series | {letter: value}
            n = size["n"] if letter == "n" else min(size["n"], most)
            if n <= most and n >= POINTS_OF_A_CLUSTER * size["k"]:
                key = (n, size["d"], size["k"])
                found[key] = found.get(key, "") + letter
    return found


def write_points(n, d, path):
    """Writes points around twenty overlapping centers, f4; their bytes depend on n and d alone.

    The centers overlap as much with many features as with few.
    """
    random = np.random.default_rng(0)
    centers = random.uniform(-1, 1, (20, d)) * np.sqrt(10 / d)
    points = np.lib.format.open_memmap(path, mode="w+", dtype="f4", shape=(n, d))
    rows = NUMBERS_AT_ONCE // d
    for first in range(0, n, rows):
        block = points[first : first + rows]
        noise = 4 * random.random(block.shape, dtype="f4") - 2
        block[:] = centers.astype("f4")[np.arange(first, first + len(block)) % 20] + noise
    points.flush()


def measure_sklearn(task, args):
    """Returns what one fit took, or why there is none."""
    command = [sys.executable, "-m", "peers.run_growth", json.dumps(task)]
    env = environment(args.threads)
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode == -signal.SIGALRM:
        return {"failure": f"over {args.limit:g} s", "least": args.limit}
    if done.returncode != 0:
        short = done.returncode == -signal.SIGKILL or "MemoryError" in done.stderr
        why = "out of memory" if short else last_line(["fit"], done.returncode, done.stderr)
        return {"failure": why}
    return json.loads(done.stdout)


def measure_ours(task, args, with_peak):
    program = {"kmeans": "cluster-kmeans", "gmm": "cluster-gmm"}[task["method"]]
    out = args.folder / "growth-ours.npy"
    command = [args.bin / program, "--points", task["points"], "--init", task["start"]]
    command += ["--k", task["k"], "--max-iter", task["iterations"], "--tol", 0, "--quiet"]
    command = [str(word) for word in [*command, "--threads", args.threads, "--out", out]]
    env = environment(args.threads)
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    found = {"seconds": time.perf_counter() - started}
    if done.returncode != 0:
        raise Failed(last_line(command, done.returncode, done.stderr))
    provenance = Path(f"{out}.json")
    result = json.loads(provenance.read_text(encoding="utf-8"))["result"]
    found |= {name: result[name] for name in ("iterations", QUALITY[task["method"]])}
    # The time is of a process that nothing watches, so the peak is that of another.
    found |= {"peak": peak(command)} if with_peak else {}
    out.unlink()
    provenance.unlink()
    return found


def compare(size, method, ours, theirs):
    """Refuses times of different work."""
    quality = QUALITY[method]
    if not ours["iterations"] == theirs["iterations"] == ITERATIONS[method]:
        raise Failed(f"{size}: expected {ITERATIONS[method]} iterations, found {ours}, {theirs}")
    if abs(theirs[quality] / ours[quality] - 1) > SAME:
        raise Failed(f"{size}: expected one {quality}, found {ours}, {theirs}")


def measure(size, method, args):
    """Measures a size in all rounds, ours and scikit-learn's one after the other."""
    n, d, k = size
    entry = {"n": n, "d": d, "k": k, "method": method, "bytes": 4 * n * d}
    entry |= {"ours": [], "scikit-learn": []}
    task = {"method": method, "k": k, "iterations": ITERATIONS[method], "threads": args.threads}
    task |= {"points": args.points, "start": args.start, "limit": args.limit}
    for number in range(args.rounds):
        ours = measure_ours(task, args, with_peak=number == 0)
        given_up = number > 0 and "failure" in entry["scikit-learn"][0]
        theirs = {} if given_up else measure_sklearn(task, args)
        entry["ours"].append(ours)
        entry["scikit-learn"] += [theirs] if theirs else []
        if "seconds" in theirs:
            compare(size, method, ours, theirs)
        told = f"{theirs['seconds']:.3f} s" if "seconds" in theirs else theirs.get("failure", "-")
        say(f"{size} {method} round {number + 1}: ours {ours['seconds']:.3f} s, theirs {told}")
    return entry


def row(entry):
    """Returns an entry's cells of the table."""
    ours, theirs = entry["ours"], entry["scikit-learn"]
    cells = [f"{entry[letter]:,}" for letter in "ndk"] + [NAMES[entry["method"]]]
    cells.append(digits(median(run["seconds"] for run in ours)))
    beyond = (ours[0]["peak"] - entry["bytes"]) / 1e6
    if failed := next((run for run in theirs if "failure" in run), None):
        least = f"over {digits(failed['least'] / ours[0]['seconds'])}" if "least" in failed else ""
        return [*cells, failed["failure"], least, f"{beyond:.0f}", ""]
    cells.append(digits(median(run["seconds"] for run in theirs)))
    peer = max(run["peak"] - run["held"] for run in theirs) - entry["bytes"]
    ratio = digits(median(ratios(theirs, ours, "seconds")))
    return [*cells, ratio, f"{beyond:.0f}", f"{peer / 1e6:.0f}"]


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bin", type=Path, default="target/release", help="our programs")
    parser.add_argument("--most", type=int, default=10_000_000, help="most points (default 10^7)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--threads", type=int, default=2, help="threads of each (default 2)")
    parser.add_argument(
        "--limit", type=float, default=600, help="seconds for scikit-learn (default 600)"
    )
    parser.add_argument("--out", type=Path, default="artifacts/bench/growth.json")
    parser.add_argument("--plot", type=Path, help="figure to draw: .svg")
    parser.add_argument(
        "--draw", type=Path, help="measure nothing, but draw this .json beside it or to --plot"
    )
    args = parser.parse_args()
    if min(args.rounds, args.threads, args.limit) <= 0 or args.most < 10_000:
        parser.error("expected --rounds, --threads and --limit above 0, --most of 10,000 or more")
    args.folder = args.out.parent
    args.points, args.start = (str(args.folder / f"growth-{name}.npy") for name in ("x", "start"))
    return args


def measure_all(args):
    import sklearn

    args.folder.mkdir(parents=True, exist_ok=True)
    record = {"processor": processor(), "cores": os.cpu_count(), "threads": args.threads}
    record |= {"rounds": args.rounds, "scikit-learn": sklearn.__version__, "rows": []}
    try:
        for size, axes in sizes(args.most).items():
            n, d, k = size
            write_points(n, d, args.points)
            np.save(args.start, np.load(args.points, mmap_mode="r")[:k])
            mixture = d <= MIXTURE_FEATURES and k <= MIXTURE_CLUSTERS
            for method in ["kmeans", "gmm"] if mixture else ["kmeans"]:
                record["rows"].append({"axes": axes} | measure(size, method, args))
                args.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    finally:
        for path in (args.points, args.start):
            Path(path).unlink(missing_ok=True)
    return record


def main():
    args = arguments()
    if args.draw:
        record = json.loads(args.draw.read_text(encoding="utf-8"))
        args.plot = args.plot or args.draw.with_suffix(".svg")
    else:
        record = measure_all(args)
    about = "{processor}, scikit-learn {scikit-learn}, threads: {threads}, rounds: {rounds}"
    print(about.format(**record) + "\n")
    print(markdown(HEAD, [row(entry) for entry in record["rows"]]))
    if args.plot:
        args.plot.write_text(plot(record["rows"]), encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except (Failed, OSError) as error:
        sys.exit(f"bench_growth.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
