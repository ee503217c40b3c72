"""Compares the programs with scikit-learn, PyTorch, numpy and themselves on drawn files; and with
umap-learn, where the environment has it.

Each case draws shapes, dtypes, offsets, scales, weights, duplicates and ties from its kind and its
seed alone, so a finding is seen again with the variables that its message names. Variables, all of
the environment:

* DIFFERENTIAL_SECONDS: draw new cases for so long, all kinds in turn, instead of the same few, and
  count what was compared (default: the short form)
* DIFFERENTIAL_SEED: seed of the first case (default 0)
* DIFFERENTIAL_CASES: cases of each kind in the short form (default: see `differential/kinds.py`)
* DIFFERENTIAL_KINDS: these kinds alone, joined by commas (default: all)
* DIFFERENTIAL_KEEP: a folder to keep the files of cases with findings in (default: none are kept)
* WARDROBE_BIN: the folder of the programs (default: target/release)
"""

import importlib.util
import os
import shutil
import tempfile
import time
import traceback
import unittest
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path

from differential.case import Case, Stop
from differential.kinds import KINDS

SECONDS = float(os.environ.get("DIFFERENTIAL_SECONDS") or 0)
SEED = int(os.environ.get("DIFFERENTIAL_SEED") or 0)
CASES = int(os.environ.get("DIFFERENTIAL_CASES") or 0)
CHOSEN = (os.environ.get("DIFFERENTIAL_KINDS") or ",".join(KINDS)).split(",")
KEEP = os.environ.get("DIFFERENTIAL_KEEP")
# Packages that may not be installed, and what is left out without them.
LACKS = {"encode": "torch", "umap-hubs": "umap"}
WITHOUT = {
    "encode": "none of its cases are drawn",
    "umap-hubs": "spans are held against a bound alone",
}
# Seconds between two lines of progress in the long form.
REPORT = 60
# Findings of one sort that are shown in full.
SHOWN = 2


def available(module):
    return importlib.util.find_spec(module) is not None


if not available(LACKS["encode"]):
    CHOSEN = [kind for kind in CHOSEN if kind != "encode"]


def one_thread():
    """Limits a worker's linear algebra to one thread, as there is a worker for each core."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


def run_case(kind, seed):
    """Draws and runs one case; returns its findings and how often what was compared.

    A finding is a pair: what was compared, and a text with what was expected and found, what was
    drawn, and the variables with which the case is run again.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"differential-{kind}-{seed}-"))
    case = Case(kind, seed, folder)
    try:
        KINDS[kind][0](case)
    except Stop:
        pass
    except Exception:
        case.find("the test itself fails", traceback.format_exc())
    kept = ""
    if case.findings and KEEP:
        place = Path(KEEP) / f"{kind}-{seed}"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(folder, place)
        kept = f"\nfiles    {place}"
    shutil.rmtree(folder)
    again = f"again    DIFFERENTIAL_KINDS={kind} DIFFERENTIAL_SEED={seed} DIFFERENTIAL_CASES=1"
    drawn = ", ".join(f"{name} {value}" for name, value in case.drawn.items())
    return [(what, f"{text}\ndrawn    {drawn}\n{again}{kept}") for what, text in case.findings], {
        f"{kind}: {what}": count for what, count in case.compared.items()
    }


class Differential(unittest.TestCase):
    def setUp(self):
        self.assertLessEqual(
            set(CHOSEN), set(KINDS), "DIFFERENTIAL_KINDS names a kind that there is not"
        )
        self.findings, self.found, self.cases, self.compared = {}, Counter(), Counter(), Counter()

    def test_programs_agree_with_their_peers(self):
        for kind in [kind for kind in LACKS if not available(LACKS[kind])]:
            print(f"\ndifferential: {kind}: {LACKS[kind]} is not installed, {WITHOUT[kind]}")
        started = reported = time.monotonic()
        with ProcessPoolExecutor(os.cpu_count(), initializer=one_thread) as pool:
            work, running = self.work(started), set()
            for kind, seed in work:
                running.add(pool.submit(run_case, kind, seed))
                self.cases[kind] += 1
                if len(running) >= 2 * os.cpu_count():
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    self.take(done)
                if SECONDS and time.monotonic() - reported > REPORT:
                    reported = time.monotonic()
                    self.report(f"{reported - started:.0f} s, up to seed {seed}")
            self.take(wait(running).done)
        self.report(f"{time.monotonic() - started:.0f} s")
        if SECONDS:
            print("\n".join(f"{count:9} {what}" for what, count in sorted(self.compared.items())))
        for kind in self.cases:
            self.assertTrue(
                any(what.startswith(f"{kind}: ") for what in self.compared),
                f"{kind} compared nothing",
            )
        if self.findings:
            told = [
                f"{what}: {self.found[what]} times\n" + "\n\n".join(texts)
                for what, texts in sorted(self.findings.items())
            ]
            self.fail(f"{len(told)} sorts of findings\n\n" + "\n\n".join(told))

    def work(self, started):
        """Pairs of kind and seed: in the long form until time is out."""
        if not SECONDS:
            for kind in CHOSEN:
                yield from ((kind, SEED + number) for number in range(CASES or KINDS[kind][1]))
            return
        seed = SEED
        while time.monotonic() - started < SECONDS:
            # In the same proportions as in the short form.
            for kind in CHOSEN:
                yield from (
                    (kind, seed * KINDS[kind][1] + number) for number in range(KINDS[kind][1])
                )
            seed += 1

    def take(self, done):
        for future in done:
            findings, compared = future.result()
            for what, text in findings:
                self.found[what] += 1
                if SECONDS and self.found[what] == 1:
                    print(f"\ndifferential: found: {what}\n{text}", flush=True)
                self.findings.setdefault(what, [])
                if len(self.findings[what]) < SHOWN:
                    self.findings[what].append(text)
            for what, count in compared.items():
                self.compared[what] += count

    def report(self, when):
        cases = ", ".join(f"{count} {kind}" for kind, count in self.cases.items())
        print(
            f"\ndifferential: {when}: {cases}; {sum(self.compared.values())} comparisons, "
            f"{len(self.findings)} sorts of findings",
            flush=True,
        )


if __name__ == "__main__":
    unittest.main()
