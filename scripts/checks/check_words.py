#!/usr/bin/env python3
"""Finds words that were replaced by the field's own terms and may not come back.

    scripts/checks/check_words.py           all files of the repository
    scripts/checks/check_words.py FILE...   these files

The words, where they are looked for and why each is out are in words.txt beside this file. A word
is also found as a part of a name (`word` in `row_word` and `RowWord`), whatever its case.
"""

import re
import sys
from pathlib import Path

from files import ROOT, report, tracked

SUFFIXES = {".rs", ".py", ".sh", ".mk", ".md", ".toml", ".html", ".css", ".js"}
LIST = Path(__file__).resolve().parent / "words.txt"
# The list names the words, the tests write them, and a change log tells of former names.
EXEMPT = {
    "scripts/checks/words.txt",
    "scripts/checks/check_words.py",
    "scripts/tests/test_checks.py",
    "CHANGELOG.md",
}
# Names of other libraries are theirs: a trait of linfa.
OTHERS = re.compile(r"\bNearestNeighbour\b")


def read_words(text):
    """The list as tuples (pattern, folder, reason): columns parted by two or more spaces."""
    words = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = re.split(r" {2,}", line.strip(), maxsplit=2)
        if len(columns) != 3:
            raise ValueError(f"words.txt:{number}: expected WORD  FOLDER  REASON, found {line!r}")
        word, folder, reason = columns
        words.append((pattern(word), folder, reason))
    return words


def pattern(word):
    """A compiled regular expression for a word, by itself or as a part of a name."""
    before = r"(?<![A-Za-z])" if word[0].isalpha() else ""
    after = r"(?![A-Za-z])" if word[-1].isalpha() or word[-1] in ")?" else ""
    alone = f"{before}(?i:{word}){after}"
    if not word[0].islower():
        return re.compile(f"{before}(?:{word}){after}")
    in_camel_case = f"(?<=[a-z0-9]){word[0].upper()}{word[1:]}(?![a-z])"
    return re.compile(f"{alone}|{in_camel_case}")


def findings(path, text, words):
    """Messages on the words in the text of the file at `path`, relative to the repository."""
    here = [entry for entry in words if entry[1] == "." or path.startswith(entry[1])]
    for number, line in enumerate(text.splitlines(), 1):
        line = OTHERS.sub("", line)
        for expression, _, reason in here:
            if found := expression.search(line):
                yield f"{path}:{number}: expected no `{found[0]}`: {reason}"


def main():
    words = read_words(LIST.read_text(encoding="utf-8"))
    found = []
    for path in tracked(sys.argv[1:]):
        if path in EXEMPT or (Path(path).suffix not in SUFFIXES and Path(path).name != "Makefile"):
            continue
        found += findings(path, (ROOT / path).read_text(encoding="utf-8"), words)
    report("check_words.py", found, f"none of {len(words)} words is back")


if __name__ == "__main__":
    main()
