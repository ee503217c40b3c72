#!/usr/bin/env python3
"""Compares cluster-kmeans and cluster-gmm with scikit-learn, Intel's extension, faiss and linfa.

    make bench-peers
    make bench-peers ROUNDS=7 CASES=latents-k10,gmm-latents
    .venv-bench/bin/python scripts/bench/bench_peers.py --quick --cases pixels-k10

All tools get the same files, k, initial centers, stopping rule and threads; in every round each
tool runs once, one after the other. Tables go to stdout, every measurement to --out. `make
bench-peers` installs the peers and builds linfa's program.
"""

import argparse
import csv
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from peers import FAISS, FAISS_NEAR, LINFA, OURS, OURS_NEAR, TOOLS

SCRIPTS = Path(__file__).resolve().parent
STANDINS = SCRIPTS.parent / "standins"
sys.path.append(str(STANDINS))
TO_THE_END = {"tol": 1e-10, "max_iter": 350, "starts": 10}
FROM_CENTERS = {"tol": 1e-4, "max_iter": 100, "starts": 1, "given": True}


def iterations(count, k, **points):
    """A case of k-means in which all tools make as many iterations, and none stops before."""
    return FROM_CENTERS | {
        "method": "kmeans",
        "tools": "iterations",
        "k": k,
        "tol": 0,
        "max_iter": count,
        **points,
    }


def covariance(kind):
    """A case of mixtures with covariances of a kind, all for as many iterations."""
    return {
        "method": "gmm",
        "tools": "covariance",
        "covariance": kind,
        "k": 50,
        "tol": 0,
        "max_iter": 20,
        "given": True,
        "drawn": ("blobs", 50_000, 100),
    }


CASES = {
    "pixels-k10": {"method": "kmeans", "points": "images", "k": 10} | TO_THE_END,
    "latents-k10": {"method": "kmeans", "points": "latents", "k": 10} | TO_THE_END,
    "pixels-k100": {"method": "kmeans", "points": "images", "k": 100} | FROM_CENTERS,
    "pixels-k1000": {"method": "kmeans", "points": "images", "k": 1000}
    | FROM_CENTERS
    | {"max_iter": 50},
    "gmm-latents": {
        "method": "gmm",
        "points": "latents",
        "k": 10,
        "tol": 1e-5,
        "max_iter": 300,
        "given": True,
    },
    "gmm-50": {
        "method": "gmm",
        "points": "images",
        "components": 50,
        "k": 10,
        "tol": 0,
        "max_iter": 20,
        "given": True,
    },
    "pixels-k100-20": iterations(20, 100, points="images"),
    "pixels-k1000-20": iterations(20, 1000, points="images"),
    "normal-64-k2000": iterations(10, 2000, drawn=("normal", 50_000, 64)),
    "normal-64-k200": iterations(20, 200, drawn=("normal", 50_000, 64)),
    "normal-96-k1500": iterations(10, 1500, drawn=("normal", 40_000, 96)),
    "normal-300-k500": iterations(10, 500, drawn=("normal", 20_000, 300)),
    "normal-768-k1000": iterations(5, 1000, drawn=("normal", 100_000, 768)),
    "normal-768-k10000": iterations(2, 10_000, drawn=("normal", 100_000, 768)),
    "uniform-64-k500": iterations(20, 500, drawn=("uniform", 50_000, 64)),
    "blobs-64-k200": iterations(20, 200, drawn=("blobs", 100_000, 64)),
    "duplicates-64-k200": iterations(20, 200, drawn=("duplicates", 100_000, 64)),
    "blobs-16-k100": iterations(10, 100, drawn=("blobs", 10_000_000, 16)),
    "text-k1000": iterations(10, 1000, points="text"),
    "seeding-64-k5000": {
        "method": "kmeans",
        "tools": "seeding",
        "k": 5000,
        "starts": 1,
        "tol": 0,
        "max_iter": 1,
        "drawn": ("normal", 50_000, 64),
    },
    "predict-64-k2000": {
        "method": "predict",
        "k": 2000,
        "given": True,
        "drawn": ("normal", 50_000, 64),
    },
    "minibatch-64-k200": {
        "method": "minibatch",
        "k": 200,
        "starts": 1,
        "max_iter": 5,
        "batch": 1024,
        "drawn": ("blobs", 100_000, 64),
    },
    "gmm-diag-100-k50": covariance("diag"),
    "gmm-tied-100-k50": covariance("tied"),
    "memory": {"method": "memory"},
}
PROGRAMS = dict.fromkeys(["kmeans", "predict", "minibatch"], "cluster-kmeans") | {
    "gmm": "cluster-gmm"
}
MODULES = ["numpy", "sklearn", "sklearnex", "faiss"]
PACKAGES = ["numpy", "scikit-learn", "scikit-learn-intelex", "faiss-cpu"]
HEADING = """
Ours is the whole process: reading the file and writing the result count against us. Of a peer
fit() alone is timed, after loading and a small warm-up fit. Ratios are medians over the rounds;
above 1 the peer is slower."""
NOTES = {
    "kmeans": """faiss stops when its objective, in f32, no longer falls; its
early_stop_threshold is left at its default, 0.
"To 0.1 %": only the iterations after which the best start is that near to our inertia at the end,
found before the rounds (of three seeds the one in the middle), of faiss and of ours.""",
    "iterations": """All make the same iterations from the same centers, but SuperKMeans, which
takes none: it starts from points of its own. The last row is the time of the matrix products of
all points and centers, which Lloyd's algorithm computes in every iteration, by numpy.""",
    "seeding": "All draw their centers by k-means++ and make one iteration.",
    "predict": "All find the nearest of the same centers, once.",
    "minibatch": "Both make as many passes, of mini-batches of 1024 points, from random centers.",
    "covariance": "All make the same iterations, in f64 but for one of scikit-learn's.",
    "gmm": """scikit-learn in f64 as ours, and in f32, each with one BLAS thread or all,
whichever is quicker in a trial. Intel's extension leaves this mixture alone, so Intel is em_gmm of
the library under it (daal4py). linfa starts from a k-means of its own, runs on one thread and does
not tell its iterations; its time for one is that of 20 from a random start.
""".strip(),
}


def fail(message):
    sys.exit(f"bench_peers.py: {message}")


def say(message):
    print(message, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--images",
        default="artifacts/data/train-images.npy",
        help="pixels: .npy, (n, height, width)",
    )
    parser.add_argument(
        "--latents", default="artifacts/latents/train.npy", help="latents: .npy, (n, d)"
    )
    parser.add_argument(
        "--text", help="needed for text-k1000: .npy of embed_lines.py, or other embeddings (n, d)"
    )
    parser.add_argument(
        "--bin", type=Path, default="target/release", help="our programs (default target/release)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default="artifacts/bench/peers.json",
        help="measurements to write: .json",
    )
    parser.add_argument(
        "--cases", default="", help=f"cases, joined by commas (default all: {','.join(CASES)})"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--threads", type=int, default=2, help="threads of every tool (default 2)")
    parser.add_argument(
        "--quick", action="store_true", help="3000 rows and one round, to try it out"
    )
    args = parser.parse_args()
    all_cases = [name for name, case in CASES.items() if args.text or case.get("points") != "text"]
    args.names = args.cases.replace(",", " ").split() or all_cases
    if unknown := [name for name in args.names if name not in CASES]:
        parser.error(f"--cases: expected some of {', '.join(CASES)}, found {unknown[0]}")
    if args.rounds < 1 or args.threads < 1:
        parser.error("--rounds and --threads: expected 1 or more")
    if args.quick:
        args.rounds = 1
    args.folder = args.out.parent
    return args


def check(args):
    """Exits with one line on what is missing, before anything is measured."""
    for module in MODULES:
        if importlib.util.find_spec(module) is None:
            fail(
                f"{module} is not installed: run make bench-peers, or this with "
                f".venv-bench/bin/python"
            )
    cases = [CASES[name] for name in args.names]
    methods = {case["method"] for case in cases}
    kinds = {case.get("points") for case in cases if "drawn" not in case}
    if "text" in kinds and not args.text:
        fail("--text is missing: scripts/bench/embed_lines.py makes such a file")
    # The case of memory takes images and latents.
    kinds = kinds - {None} | ({"images", "latents"} if None in kinds else set())
    needed = [getattr(args, kind) for kind in sorted(kinds)]
    needed += [
        args.bin / program for method, program in PROGRAMS.items() if {method, "memory"} & methods
    ]
    linfa = any(LINFA in TOOLS.get(case.get("tools", case["method"]), []) for case in cases)
    needed += [args.bin / "examples" / "linfa_gmm"] if linfa else []
    for path in needed:
        if not os.path.exists(path):
            fail(f"{path} is missing: make bench-peers makes it, or name another")
    try:
        args.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{args.folder}: cannot write: {error.strerror}")


class Failed(Exception):
    """A program of ours or a peer did not end as it should."""


def environment(threads, free=True):
    """Returns the environment of a tool: `threads` for every library that has threads.

    A library that is `free` picks the fastest code it has for this processor, whatever this
    process was told. faiss is not free: the OpenBLAS in its package can take a new processor for
    one that it is slow on.
    """
    pinned = (
        {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR"}
        if free
        else set()
    )
    kept = {name: value for name, value in os.environ.items() if name not in pinned}
    names = ["OMP", "OPENBLAS", "MKL", "RAYON"]
    return (
        kept
        | {f"{name}_NUM_THREADS": str(threads) for name in names}
        | {"PYTHONPATH": f"{SCRIPTS}{os.pathsep}{STANDINS}"}
    )


def run(command, args, free=True):
    """stdout of a command."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, capture_output=True, text=True, env=environment(args.threads, free)
    )
    if done.returncode != 0:
        raise Failed(last_line(command, done.returncode, done.stderr))
    return done.stdout


def last_line(command, code, stderr):
    return f"{Path(command[0]).name}: {[f'exit {code}', *stderr.strip().splitlines()][-1]}"


def ours_command(method, points, args, **flags):
    command = [args.bin / PROGRAMS[method], "--points", points, "--out", args.folder / "ours.npy"]
    flags["threads"] = args.threads
    return [*command, *(word for name, value in flags.items() for word in (f"--{name}", value))]


def run_ours(case, args, seed, **more):
    """Runs our program and returns what its provenance tells, with the time of the process."""
    given = (
        {"init": case["centers"]} if case["centers"] else {"starts": case["starts"], "seed": seed}
    )
    flags = {"k": case["k"], "max-iter": case.get("max_iter")} | given | more
    if case["method"] == "predict":
        flags = {"predict": case["model"]}
    elif case["method"] == "minibatch":
        flags |= {"algorithm": "minibatch", "batch": case["batch"], "init": "random"}
    else:
        flags["tol"] = case["tol"]
    if "covariance" in case:
        flags["covariance"] = case["covariance"]
    command = ours_command(case["method"], case["points"], args, **flags)
    started = time.perf_counter()
    run(command, args)
    seconds = time.perf_counter() - started
    provenance = json.loads((args.folder / "ours.npy.json").read_text())
    result = provenance["result"]
    names = ["inertia", "log_likelihood", "iterations", "converged", "distances"]
    found = {name: result[name] for name in names if name in result}
    return found | {"seconds": seconds, "seconds_inside": provenance["run"]["seconds"]}


def run_peer(tool, case, args, seed, **more):
    names = ["method", "k", "tol", "max_iter", "starts", "batch"]
    task = {name: case.get(name) for name in names} | more
    task["covariance"] = case.get("covariance", "full")
    task |= {"tool": tool, "seed": seed, "threads": args.threads}
    task |= {name: case[name] and str(case[name]) for name in ["points", "centers"]}
    if tool == FAISS_NEAR:
        task["max_iter"], task["seed"] = case["faiss_iterations"], case["faiss_seed"]
    free = tool not in (FAISS, FAISS_NEAR)
    return json.loads(run([sys.executable, "-m", "peers.run_peer", json.dumps(task)], args, free))


def run_linfa(case, args):
    """Runs linfa to the end, and 20 iterations from a random start for the time of one.

    linfa does not tell how many iterations it took.
    """
    command = [args.bin / "examples" / "linfa_gmm", case["points"], case["k"]]
    fits = [[case["tol"], case["max_iter"]], [0, 20, "random"]]
    whole, twenty = (json.loads(run([*command, *fit], args)) for fit in fits)
    return whole | {"per_iteration": twenty["seconds"] / 20}


def iterations_to(case, args, inertia):
    """Returns the iterations until our best start is within 0.1 % of an inertia, and its seed.

    Of three seeds it is the median of those that get there; at least the seed that the inertia is
    of gets there.
    """
    found = []
    for seed in range(1 if case["centers"] else 3):
        trace = args.folder / "trace.csv"
        run_ours(case, args, seed, trace=trace)
        with open(trace, encoding="utf-8", newline="") as lines:
            rows = [(int(row["iteration"]), float(row["inertia"])) for row in csv.DictReader(lines)]
        if near := [iteration for iteration, value in rows if value <= 1.001 * inertia]:
            found.append((min(near), seed))
    return sorted(found)[len(found) // 2]


def measure(tool, case, args, seed):
    if tool == OURS:
        found = run_ours(case, args, seed)
    elif tool == OURS_NEAR:
        iterations, seed = case["ours_to_near"]
        found = run_ours(case | {"max_iter": iterations}, args, seed)
    elif tool == LINFA:
        found = run_linfa(case, args)
    else:
        found = run_peer(tool, case, args, seed)
    if case["method"] == "gmm" and found.get("iterations"):
        found.setdefault(
            "per_iteration", found.get("seconds_inside", found["seconds"]) / found["iterations"]
        )
    return found


def bench(name, args):
    """Runs all rounds of a case; returns the case and the runs of each tool, ours first."""
    from peers import prepare

    case = CASES[name] | {"centers": None}
    if "drawn" in case:
        case["points"] = prepare.drawn(*case["drawn"], args.folder)
    else:
        case["points"] = getattr(args, case["points"])
    if args.quick:
        case["points"] = prepare.first_rows(case["points"], 3000, args.folder)
        case["k"] = min(case.get("k", 0), 1000)
    if "components" in case:
        case["points"] = prepare.components(case["points"], case["components"], args.folder)
    if "given" in case:
        case["centers"] = prepare.centers(case["points"], case["k"], args.folder)
    if case["method"] == "predict":
        case["model"] = prepare.model(case["centers"], args.folder)
    case["n"], case["d"], case["bytes"] = prepare.shape(case["points"])
    say(f"{name}: {case['n']} points of {case['d']} dimensions, {case['k']} clusters")

    warm_up = measure(OURS, case, args, 0)
    runs = {tool: [] for tool in TOOLS[case.get("tools", case["method"])]}
    if FAISS_NEAR in runs:
        sought = run_peer(FAISS, case, args, 0, reach=warm_up["inertia"])
        case["faiss_iterations"], case["faiss_seed"] = sought["iterations"], sought["seed"]
        case["ours_to_near"] = iterations_to(case, args, warm_up["inertia"])
        near = f"faiss in {sought['iterations']}, ours in {case['ours_to_near'][0]}"
        say(f"{name}: iterations to within 0.1 % of our inertia: {near}")
    for number in range(args.rounds):
        for tool in runs:
            if runs[tool] and "error" in runs[tool][0]:
                continue
            try:
                runs[tool].append(measure(tool, case, args, number))
                outcome = f"{runs[tool][-1]['seconds']:.3f} s"
            except Failed as error:
                if tool == OURS:
                    raise
                runs[tool].append({"error": str(error)})
                outcome = f"failed: {error}"
            say(f"{name} round {number + 1}/{args.rounds}: {tool} {outcome}")
    return case, runs


def peak(command):
    """Returns the peak of a program's resident memory in bytes, read while it runs.

    ru_maxrss would not do: it begins with what this process held at the fork.
    """
    child = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    highest = 0
    while child.poll() is None:
        with open(f"/proc/{child.pid}/status", encoding="utf-8") as status:
            highest = next(
                (int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")),
                highest,
            )
        time.sleep(0.0005)
    if child.returncode != 0:
        raise Failed(last_line(command, child.returncode, child.stderr.read()))
    return highest


def memory(args):
    """Measures the memory that our programs hold beside the points.

    It is the growth of the peak from 1000 rows to all, less the growth of the points.
    """
    from peers import prepare

    found = []
    for method, kind in [("kmeans", "images"), ("kmeans", "latents"), ("gmm", "latents")]:
        points, peaks, sizes = getattr(args, kind), [], []
        for rows in [1000, 3000 if args.quick else None]:
            file = prepare.first_rows(points, rows, args.folder) if rows else points
            flags = {"k": 10, "starts": 2, "max-iter": 20, "seed": 0}
            peaks.append(
                median(peak(ours_command(method, file, args, **flags)) for _ in range(args.rounds))
            )
            sizes.append(prepare.shape(file)[2])
        beside = peaks[1] - peaks[0] - (sizes[1] - sizes[0])
        say(f"memory: {PROGRAMS[method]} on {kind} {peaks[1] / 1e6:.1f} MB")
        found.append(
            {
                "program": PROGRAMS[method],
                "points": kind,
                "peak": peaks[1],
                "peak_of_1000_rows": peaks[0],
            }
        )
        found[-1] |= {"bytes": sizes[1], "beside": beside, "share": beside / sizes[1]}
    return found


def memory_table(found):
    from peers.report import markdown

    head = [
        "program",
        "points",
        "MB of the points",
        "peak MB",
        "of 1000 rows",
        "beside the points",
        "share of the points",
    ]
    names = ["bytes", "peak", "peak_of_1000_rows", "beside"]
    rows = [
        [
            run["program"],
            run["points"],
            *(f"{run[name] / 1e6:.1f}" for name in names),
            f"{100 * run['share']:.0f} %",
        ]
        for run in found
    ]
    return markdown(head, rows)


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return "an unnamed processor"


def main():
    args = arguments()
    check(args)
    from peers import report

    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    record = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": args.threads,
        "rounds": args.rounds,
    }
    record |= {"quick": args.quick, "versions": versions, "cases": {}}
    print(
        f"{record['processor']}, {record['cores']} cores, {args.threads} threads, {args.rounds} "
        f"rounds;",
        end=" ",
    )
    print(", ".join(f"{package} {version}" for package, version in versions.items()) + ".")
    print(HEADING, flush=True)
    for name in args.names:
        print(f"\n## {name}\n")
        if name == "memory":
            found = memory(args)
            record["cases"][name] = found
            print(memory_table(found), flush=True)
        else:
            case, runs = bench(name, args)
            files = ("points", "centers", "model")
            about = {key: value for key, value in case.items() if key not in files}
            record["cases"][name] = about | {"runs": runs}
            notes = NOTES[case.get("tools", case["method"])]
            print(report.table(case["method"], runs) + f"\n\n{notes}")
            if FAISS_NEAR in runs:
                print(report.near(runs))
            if case["method"] == "kmeans":
                print(report.floors(case["n"], case["d"], case["k"], case["bytes"], runs[OURS]))
            sys.stdout.flush()
        args.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        fail(error)
    except KeyboardInterrupt:
        sys.exit(130)
