"""Prints measurements as Markdown tables."""

from statistics import median

from peers import FAISS_NEAR, OURS, OURS_NEAR


def markdown(head, rows):
    align = [":--" if column == 0 else "--:" for column in range(len(head))]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [head, align, *rows])


def digits(x):
    """Formats a number with three significant digits."""
    return f"{x:.0f}" if x >= 99.95 else f"{x:#.3g}"


def column(runs, name):
    """Returns the values of one tool in the order of the rounds, without missing ones."""
    return [run[name] for run in runs if run.get(name) is not None]


def middle(values, form=digits):
    return form(median(values)) if values else "-"


def ratios(runs, ours, name):
    """Returns each round's ratio to ours: within a round the machine is equally busy for both."""
    pairs = [(run.get(name), our[name]) for run, our in zip(runs, ours)]
    return [value / our for value, our in pairs if value is not None]


def row(tool, runs, ours, method):
    seconds = column(runs, "seconds")
    cells = [tool, digits(median(seconds)), f"{digits(min(seconds))} - {digits(max(seconds))}"]
    cells += [
        middle(ratios(runs, ours, "seconds")),
        middle(column(runs, "iterations"), "{:.0f}".format),
    ]
    if method != "gmm":
        if runs is ours:
            return [*cells, f"{median(column(runs, 'inertia')):.6e}"]
        return [
            *cells,
            middle(
                [100 * (ratio - 1) for ratio in ratios(runs, ours, "inertia")], "{:+.3f} %".format
            ),
        ]
    each = [1000 * seconds for seconds in column(runs, "per_iteration")]
    cells += [middle(each), middle(ratios(runs, ours, "per_iteration"))]
    if runs is ours:
        return [*cells, f"{median(column(runs, 'log_likelihood')):.6f}"]
    pairs = [(run.get("log_likelihood"), our["log_likelihood"]) for run, our in zip(runs, ours)]
    return [
        *cells,
        middle([value - our for value, our in pairs if value is not None], "{:+.6f}".format),
    ]


def table(method, runs):
    """Returns the table of all tools.

    `runs` has the list of runs of each tool, ours first; a failed run has an error in place of
    seconds.
    """
    head = ["tool", "median s", "min - max", "ratio to ours", "iterations"]
    if method != "gmm":
        head += ["inertia, relative to ours"]
    else:
        head += ["ms per iteration", "ratio to ours", "log-likelihood, minus ours"]
    ours = runs[OURS]
    errors = {tool: found[0]["error"] for tool, found in runs.items() if "error" in found[0]}
    rows = [row(tool, found, ours, method) for tool, found in runs.items() if tool not in errors]
    failed = [f"\n{tool} failed: {error}" for tool, error in errors.items()]
    return "\n".join([markdown(head, rows), *failed])


def near(runs):
    """Compares the two runs that stop within 0.1 % of our inertia."""
    ratio = middle(ratios(runs[FAISS_NEAR], runs[OURS_NEAR], "seconds"))
    return f"To 0.1 % faiss takes {ratio} times as long as ours."


def floors(n, d, k, size, ours):
    """Returns the work of k-means without bounds, and ours where its provenance has it."""
    flop = 2 * n * k * d / 1e9
    lines = [
        f"One pass over the points reads {size / 1e6:.1f} MB; a full assignment takes "
        f"{digits(flop)} GFLOP."
    ]
    known = [(run["distances"], run["seconds"]) for run in ours if run.get("distances")]
    if known:
        passes = median(distances / (n * k) for distances, _ in known)
        rate = median(2 * distances * d / 1e9 / seconds for distances, seconds in known)
        work = f"{digits(passes)} full assignments' worth of distances"
        lines.append(
            f"Ours computed {work}: {digits(passes * flop)} GFLOP at {digits(rate)} GFLOP/s."
        )
    return " ".join(lines)
