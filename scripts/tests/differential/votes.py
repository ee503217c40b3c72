"""consensus beside a plain count of votes, where it is known which clusters belong together."""

import numpy as np

NOISE = -1


def agreeing(case):
    """Noisy copies of one partition under other names, some of them with noise: each point goes
    where most copies have it."""
    rng = case.rng
    k, runs = case.integer("k", 2, 6), case.integer("runs", 3, 7)
    n = case.note("n", k * case.integer("points a cluster", 20, 60))
    truth = rng.permutation(np.arange(n) % k)
    # Whole clusters that some runs take for noise: none that half of the runs lose, and one run
    # knows all of them.
    lost = (
        case.integer("runs that lose a cluster", 1, min(runs - 1, k * ((runs - 1) // 2)))
        if k > 2 and case.chance(0.4)
        else 0
    )
    # Which cluster is which has to be certain, so that the outcome is.
    flipped = case.choose("flipped", [0.0, 0.05, 0.1]) if lost == 0 else 0.0
    unknown = case.choose("noise", [0.0, 0.05]) if lost == 0 else 0.0
    copies = np.where(rng.random((runs, n)) < flipped, rng.integers(k, size=(runs, n)), truth)
    copies[rng.random((runs, n)) < unknown] = NOISE
    cluster_of = rng.permutation(k)
    for run in range(lost):
        copies[run, copies[run] == cluster_of[run % k]] = NOISE
    copies = copies[rng.permutation(runs)]
    names = [
        rng.permutation(np.sort(rng.choice(3 * k, size=k, replace=False))) for _ in range(runs)
    ]
    found, share = combine(
        case,
        [np.where(copy == NOISE, NOISE, name[copy]) for copy, name in zip(copies, names)],
        "first",
    )
    votes = np.array([(copies == cluster).sum(axis=0) for cluster in range(k)]).T
    ordered = np.sort(votes, axis=1)
    decided = ordered[:, -1] > ordered[:, -2]
    winner = votes.argmax(axis=1)
    nowhere = votes.sum(axis=1) == 0
    astray = (found == NOISE) & ~nowhere
    case.expect(
        "noise is where no run has a cluster",
        ((found == NOISE) == nowhere).all(),
        f"{int(nowhere.sum())} points",
        f"{int((found == NOISE).sum())} points, {int(astray.sum())} in a cluster by some run",
    )
    case.expect(
        "number of clusters",
        len(np.unique(found[found != NOISE])) == len(np.unique(winner[~nowhere])),
        k,
        np.unique(found),
    )
    pairs = np.unique(np.array([winner[decided], found[decided]]), axis=1)
    case.expect(
        "points go where most runs have them",
        len(pairs.T) == len(np.unique(winner[decided])) == len(np.unique(pairs[1])),
        "one cluster for each of the truth",
        f"pairs of truth and outcome {pairs.T.tolist()}",
    )
    case.close(
        "agreement where the vote is decided",
        share[decided],
        ordered[decided, -1] / runs,
        atol=1e-6,
    )
    # Other names and another order of points.
    order = rng.permutation(n)
    others = [np.where(copy == NOISE, NOISE, rng.permutation(k)[copy])[order] for copy in copies]
    again, _ = combine(case, others, "second")
    pairs = np.unique(np.array([found[order][decided[order]], again[decided[order]]]), axis=1)
    case.expect(
        "the same partition under other names and in another order",
        len(pairs.T) == len(np.unique(pairs[0])) == len(np.unique(pairs[1])),
        "one to one",
        f"pairs of clusters {pairs.T.tolist()}",
    )


def combine(case, runs, name):
    files = []
    for number, ids in enumerate(runs):
        dtype = case.rng.choice(["i1", "i4", "i8", ">i4"])
        files.append(case.save(f"{name}-{number}", ids.astype(dtype)))
    case.run(
        "consensus --assignments", *files, f"--out {name}.npy --agreement {name}-agreement.npy"
    )
    return case.load(f"{name}.npy"), case.load(f"{name}-agreement.npy")
