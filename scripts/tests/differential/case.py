"""One drawn case: its random numbers, its folder, the programs it runs, and what it found wrong."""

import json
import subprocess
from collections import Counter

import numpy as np

from pipeline import BIN

# Seconds after which a program is taken to hang. No case is large enough to need more than a few.
HANGS = 600


class Stop(Exception):
    """Ends a case: a program failed, so that there is nothing more to compare."""


class Case:
    """Draws inputs from `rng`, which depends on `kind` and `seed` alone, and works in `folder`.

    `findings` holds pairs (what was compared, what was expected and found); `compared` counts the
    comparisons, so that a test can tell that there were any."""

    def __init__(self, kind, seed, folder):
        self.kind, self.seed, self.folder = kind, seed, folder
        self.rng = np.random.default_rng([seed, *kind.encode()])
        self.drawn, self.findings, self.compared = {}, [], Counter()

    # -------------------------------------------------------------------------------------- drawing

    def choose(self, name, choices, odds=None):
        """Draws one of `choices`, with these relative `odds`, and notes it under `name`."""
        odds = None if odds is None else np.array(odds) / np.sum(odds)
        return self.note(name, choices[self.rng.choice(len(choices), p=odds)])

    def integer(self, name, lowest, highest):
        """Draws a whole number in `lowest..=highest` and notes it under `name`."""
        return self.note(name, int(self.rng.integers(lowest, highest + 1)))

    def chance(self, share):
        return self.rng.random() < share

    def note(self, name, value):
        self.drawn[name] = value
        return value

    # -------------------------------------------------------------------------------------- running

    def save(self, name, array):
        """Writes `array` as NAME.npy, in the order it has in memory, and returns that file's
        name."""
        np.save(self.folder / f"{name}.npy", array)
        return f"{name}.npy"

    def load(self, name):
        return np.load(self.folder / name)

    def bytes(self, name):
        return (self.folder / name).read_bytes()

    def execute(self, *words):
        """Runs a program and returns the finished process.

        `words` are the program and its arguments, several in one string where they hold no spaces.
        A crash or a hang is a finding and ends the case.
        """
        program, *arguments = " ".join(map(str, words)).split()
        command = [BIN / program, *arguments, "--json", "--quiet"]
        try:
            done = subprocess.run(
                command, cwd=self.folder, capture_output=True, text=True, timeout=HANGS
            )
        except subprocess.TimeoutExpired:
            self.fail(f"{program} ends", f"no end after {HANGS} seconds", arguments)
        if done.returncode not in (0, 1) or "panicked" in done.stderr:
            found = f"exit code {done.returncode}\n{first_lines(done.stderr)}"
            self.fail(f"{program} exits with 0 or 1", found, arguments)
        return done

    def run(self, *words):
        """As `execute`, of a program that has to succeed.

        Returns its result: what it prints under `result` with --json.
        """
        done = self.execute(*words)
        if done.returncode != 0:
            program, *arguments = " ".join(map(str, words)).split()
            found = f"refused\n{first_lines(done.stderr)}"
            self.fail(f"{program} takes what is valid", found, arguments)
        return json.loads(done.stdout)["result"]

    def run_or_refuse(self, *words):
        """As `run`, but returns `None` where the program refuses its input in one line."""
        done = self.execute(*words)
        if done.returncode == 0:
            return json.loads(done.stdout)["result"]
        lines = len(done.stderr.strip().splitlines())
        self.expect("a refusal is one line", lines == 1, "one line", done.stderr)
        return None

    def fail(self, what, found, arguments):
        """Notes a finding and ends the case."""
        self.find(what, f"found    {found}\nwith     {' '.join(arguments)}")
        raise Stop

    # ------------------------------------------------------------------------------------ comparing

    def find(self, what, text):
        self.findings.append((f"{self.kind}: {what}", text))

    def expect(self, what, condition, expected, found):
        """Compares nothing itself: `condition` says whether `found` is as `expected`. Returns
        it."""
        self.compared[what] += 1
        if not condition:
            self.find(what, f"expected {shown(expected)}\nfound    {shown(found)}")
        return bool(condition)

    def equal(self, what, found, expected):
        """Expects arrays of the same shape and values."""
        found, expected = np.asarray(found), np.asarray(expected)
        if found.shape != expected.shape:
            return self.expect(what, False, f"shape {expected.shape}", f"shape {found.shape}")
        other = np.flatnonzero(np.ravel(found != expected))
        if len(other) == 0:
            return self.expect(what, True, None, None)
        first = np.unravel_index(other[0], found.shape)
        where = (
            f"at {[int(i) for i in first]}, the first of {len(other)} of {found.size} that differ"
        )
        return self.expect(what, False, f"{expected[first]} {where}", found[first])

    def close(self, what, found, expected, atol=0.0, rtol=0.0):
        """Expects |found - expected| <= atol + rtol |expected| everywhere; `atol` may be an
        array."""
        found, expected = np.asarray(found, float), np.asarray(expected, float)
        if found.shape != expected.shape:
            return self.expect(what, False, f"shape {expected.shape}", f"shape {found.shape}")
        tolerance = np.broadcast_to(atol + rtol * np.abs(expected), found.shape)
        with np.errstate(invalid="ignore"):
            beyond = np.abs(found - expected) - tolerance
        beyond = np.where(found == expected, -1.0, np.where(np.isnan(beyond), np.inf, beyond))
        if found.size == 0 or beyond.max() <= 0:
            return self.expect(what, True, None, None)
        worst = np.unravel_index(np.argmax(beyond), found.shape)
        where = f" at {[int(i) for i in worst]}" if found.ndim else ""
        difference = abs(found[worst] - expected[worst])
        others = f"{np.sum(beyond > 0)} of {found.size} are not"
        text = f"{expected[worst]!r}{where}, within {tolerance[worst]:.3g}; {others}"
        return self.expect(what, False, text, f"{found[worst]!r}, a difference of {difference:.3g}")

    def same_bytes(self, what, name, other):
        """Expects two files of the same bytes."""
        one, two = self.bytes(name), self.bytes(other)
        return self.expect(
            what,
            one == two,
            f"the bytes of {other}",
            f"other bytes in {name}: {difference(one, two)}",
        )


def difference(one, two):
    if len(one) != len(two):
        return f"{len(one)} for {len(two)} of them"
    other = sum(a != b for a, b in zip(one, two))
    return f"{other} of {len(one)}"


def first_lines(text):
    """Of what a program says; a backtrace follows a panic."""
    return "\n".join(text.strip().splitlines()[:4])


def shown(value):
    text = str(value)
    return text if len(text) < 2000 else f"{text[:2000]}..."
