#!/usr/bin/env python3
"""Checks the form of source files: no cycle between modules of a crate, no line over 100 columns.

    scripts/checks/check_files.py

Modules: an edge goes from a file to each file of its crate that defines what the first one names,
in `use` or in a path. A name that a parent only re-exports counts as its source's; declaring and
re-exporting modules make no edge. Code for tests does not count.

Lines: of .rs, .py, .sh, .mk and .md files and the Makefile. Tables, link targets and raw data (a
line of numbers, or of one word) may be wider.
"""

import re
from pathlib import Path

from files import ROOT, report, tracked

COLUMNS = 100
SUFFIXES = {".rs", ".py", ".sh", ".mk", ".md"}
PATH = re.compile(r"(?<![\w:])((?:[A-Za-z_]\w*::)+)([A-Za-z_]\w*|\*)")
ITEM = re.compile(
    r"\b(?:fn|struct|enum|trait|type|const|static|union)\s+(?:mut\s+)?([A-Za-z_]\w*)"
    r"|\bmacro_rules!\s*([A-Za-z_]\w*)"
)


# ------------------------------------------------------------------------------------- lines


def too_wide(path, text):
    """Messages on the lines of a file that are wider than they may be."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS and not may_be_wide(path, line):
            yield f"{path}:{number}: expected at most {COLUMNS} columns, found {len(line)}"


def may_be_wide(path, line):
    """Whether a line is a row of a table, wide by a link alone, or raw data."""
    text = line.strip().removeprefix("///").removeprefix("//!").strip()
    if text.startswith("|") and text.endswith("|"):
        return True
    without_links = re.sub(r"\]\([^)]*\)|https?://\S+", "", line)
    if len(without_links) <= COLUMNS:
        return True
    return " " not in text or re.fullmatch(r"[-+\d.,eE\[\]() ]+", text) is not None


# ----------------------------------------------------------------------------------- modules


def without_comments(text):
    """Rust source without comments, with string literals emptied."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|b?r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?\'(?:\\.[^\']*|[^\'\\])\'', re.S
    )
    return token.sub(lambda found: "" if found[0].startswith("/") else '""', text)


def without_tests(text):
    """Returns Rust source (without comments) without test items, and names of test modules."""
    files = set()
    while found := re.search(r"#\[cfg\((?:all\()?test\b[^\]]*\]\s*", text):
        start, end = found.end(), len(text)
        depth = 0
        for position in range(start, len(text)):
            if text[position] in "{}":
                depth += 1 if text[position] == "{" else -1
            if (text[position] == ";" or text[position] == "}") and depth == 0:
                end = position + 1
                break
        if declared := re.match(r"(?:pub\s+)?mod\s+(\w+)\s*;", text[start:end]):
            files.add(declared[1])
        text = text[: found.start()] + text[end:]
    return text, files


def use_paths(tree, prefix=()):
    """The leaves of a use tree as tuples (path, name it is known by); the name of a glob is *."""
    tree = tree.strip()
    if match := re.match(r"((?:[\w]+\s*::\s*)*)\{(.*)\}$", tree, re.S):
        prefix += tuple(re.findall(r"\w+", match[1]))
        part, depth = "", 0
        for letter in match[2] + ",":
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if letter == "," and depth == 0:
                if part.strip():
                    yield from use_paths(part, prefix)
                part = ""
            else:
                part += letter
        return
    path, _, alias = re.sub(r"\s+", " ", tree).partition(" as ")
    words = prefix + tuple(word.strip() for word in path.split("::"))
    if words[-1] == "self":
        words = words[:-1]
    yield words, alias.strip() or words[-1]


class Module:
    """A file of a crate: its place in the tree of modules, what it defines and what it names."""

    def __init__(self, place, text):
        self.place = place
        text, self.test_files = without_tests(without_comments(text))
        self.children = set(re.findall(r"\bmod\s+(\w+)\s*;", text))
        self.uses, self.exports = [], []
        for visibility, tree in re.findall(r"(pub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);", text):
            (self.exports if visibility else self.uses).extend(use_paths(tree))
        self.body = re.sub(r"\buse\s+[^;]+;", "", text)
        self.defined = {name for pair in ITEM.findall(self.body) for name in pair if name}
        self.words = set(re.findall(r"\w+", self.body))


class Crate:
    """The modules of a crate by their places: () is the root, ("a", "b") is a::b."""

    def __init__(self, sources):
        """`sources`: text by path relative to src/, such as "lib.rs" and "a/mod.rs"."""
        self.modules = {}
        for path, text in sources.items():
            parts = Path(path).with_suffix("").parts
            if parts[-1] in ("mod", "lib", "main"):
                parts = parts[:-1]
            self.modules[parts] = Module(parts, text)
        for module in list(self.modules.values()):
            for name in module.test_files:
                self.remove(module.place + (name,))

    def remove(self, place):
        """Removes a module and all below it."""
        for each in [each for each in self.modules if each[: len(place)] == place]:
            del self.modules[each]

    def absolute(self, place, words):
        """The path as words from the root of the crate, or None if it leads out of the crate."""
        module = self.modules[place]
        first, *rest = words
        if first == "crate":
            return tuple(rest)
        if first == "self":
            return place + tuple(rest)
        if first == "super":
            while words and words[0] == "super":
                place, words = place[:-1], words[1:]
            return place + tuple(words)
        return place + tuple(words) if first in module.children else None

    def definers(self, path):
        """Places of the modules that define what an absolute path names."""
        place = self.deepest(path)
        return self.search(path, set()) or ({place} if place in self.modules else set())

    def deepest(self, path):
        """The place of the last module on an absolute path."""
        while path and path not in self.modules:
            path = path[:-1]
        return path

    def search(self, path, seen):
        """Places that define a path, through re-exports; none where it is not found."""
        place = self.deepest(path)
        if place not in self.modules or path in seen:
            return set()
        seen.add(path)
        rest, module = path[len(place) :], self.modules[place]
        if not rest or rest[0] in module.defined:
            return {place}
        found = set()
        for words, known in module.exports + module.uses:
            target = self.absolute(place, words)
            if target is not None and known == rest[0]:
                found |= self.search(target, seen)
        for words, known in module.exports:
            target = self.absolute(place, words)
            if target is not None and known == "*":
                found |= self.search(target[:-1] + (rest[0],), seen)
        return found

    def edges(self, place):
        """Places of the other modules that a module names, with a name of each."""
        module = self.modules[place]
        named = [(words, known) for words, known in module.uses]
        named += [(words, known) for words, known in module.exports if known in module.words]
        for found in PATH.finditer(module.body):
            words = tuple(found[1].split("::")[:-1]) + (found[2],)
            named.append((words, found[2]))
        edges = {}
        for words, known in named:
            path = self.absolute(place, words)
            if path is None:
                continue
            names = self.globbed(path[:-1], module) if known == "*" else {known}
            for name in sorted(names):
                for target in self.definers(path[:-1] + (name,) if known == "*" else path):
                    if target != place and not self.declares_only(target):
                        edges.setdefault(target, name)
        return edges

    def globbed(self, source, module):
        """The names of a glob of the module at `source` that a module makes use of."""
        if source not in self.modules:
            return set()
        of = self.modules[source]
        return module.words & (of.defined | {known for _, known in of.exports + of.uses})

    def declares_only(self, place):
        """Whether a module has no items of its own."""
        return not self.modules[place].defined

    def cycles(self):
        """The shortest cycle of each set of modules that reach one another, and the set's size."""
        graph = {place: self.edges(place) for place in self.modules}
        reach = {place: reached(graph, place) for place in graph}
        done = set()
        for place in sorted(graph):
            if place in done or place not in reach[place]:
                continue
            together = {each for each in reach[place] if place in reach[each]}
            done |= together
            yield shortest_cycle(graph, place), len(together)


def reached(graph, start):
    """Every place that can be reached from a place in one step or more."""
    found, open_places = set(), list(graph[start])
    while open_places:
        place = open_places.pop()
        if place not in found:
            found.add(place)
            open_places += graph[place]
    return found


def shortest_cycle(graph, start):
    """The shortest way from a place back to itself: (place, the name used of the next), ..."""
    ways = [[start]]
    seen = set()
    for way in ways:
        for target in sorted(graph[way[-1]]):
            if target == start:
                return [(a, graph[a][b]) for a, b in zip(way, way[1:] + [start])]
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    raise ValueError("no way leads back")


def told(name, cycle, together):
    """A cycle of a crate as one line; `together` modules reach one another."""

    def path(place):
        return "::".join(("crate", *place))

    targets = [place for place, _ in cycle[1:] + cycle[:1]]
    steps = [
        f"{path(place)} names {used} of {path(target)}"
        for (place, used), target in zip(cycle, targets)
    ]
    message = f"{name}: expected no cycle between modules, found {', '.join(steps)}"
    return message + (f"; {together} modules reach one another" if together > len(cycle) else "")


def crates(paths):
    """The sources of each crate by its folder, as `Crate` takes them."""
    found = {}
    for path in paths:
        if match := re.match(r"(.*?)/src/(.*\.rs)$", path):
            found.setdefault(match[1], {})[match[2]] = (ROOT / path).read_text(encoding="utf-8")
    return found


def main():
    paths = tracked()
    found = []
    for name, sources in sorted(crates(paths).items()):
        found += [told(name, *cycle) for cycle in Crate(sources).cycles()]
    for path in paths:
        if Path(path).suffix in SUFFIXES or path == "Makefile":
            found += too_wide(path, (ROOT / path).read_text(encoding="utf-8"))
    report("check_files.py", found, "no cycles between modules, no lines over 100 columns")


if __name__ == "__main__":
    main()
