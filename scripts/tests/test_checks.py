"""The checks of words and files find what they are for, and nothing else."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from pipeline import ROOT

sys.path.insert(0, str(ROOT / "scripts/checks"))
import check_files  # noqa: E402
import check_words  # noqa: E402


class Words(unittest.TestCase):
    def found(self, listed, text, path="crates/a/src/lib.rs"):
        words = check_words.read_words(listed)
        return list(check_words.findings(path, text, words))

    def test_a_word_is_found_alone_and_in_names(self):
        listed = "# comment\n\nsift(s|ed)?  .  bounds prune\n"
        for text in [
            "sift",
            "Sifts it",
            "fn sift_rows()",
            "RowSift",
            "own_sifted",
            "SIFT",
            "a.sift()",
        ]:
            with self.subTest(text):
                [message] = self.found(listed, text)
                self.assertIn("crates/a/src/lib.rs:1: ", message)
                self.assertIn("bounds prune", message)
        for text in ["swift", "sifter", "shift", "Sifting"]:
            with self.subTest(text):
                self.assertEqual(self.found(listed, text), [])

    def test_a_name_with_a_capital_is_found_as_it_is_written(self):
        listed = "Principal  .  the type is Pca\n"
        self.assertEqual(len(self.found(listed, "use x::Principal;\nlet principal = 1;")), 1)

    def test_phrases_and_paths_are_found(self):
        self.assertEqual(len(self.found("principal::  .  pca\n", "principal::of(x)")), 1)
        listed = 'None that memory does not make  .  "Fails only if memory runs out."\n'
        self.assertEqual(len(self.found(listed, "/// None that memory does not make.")), 1)

    def test_a_word_counts_in_its_folder_alone(self):
        listed = "panel  crates/libraries/clustering  simd_block\n"
        path = "crates/libraries/clustering/src/gmm.rs"
        self.assertEqual(len(self.found(listed, "panel", path)), 1)
        self.assertEqual(self.found(listed, "panel", "crates/programs/report/src/page.rs"), [])

    def test_a_line_of_the_list_without_a_reason_is_refused(self):
        with self.assertRaisesRegex(ValueError, "words.txt:1"):
            check_words.read_words("sift  .\n")

    def test_the_list_is_readable(self):
        text = check_words.LIST.read_text(encoding="utf-8")
        self.assertGreater(len(check_words.read_words(text)), 20)


class Lines(unittest.TestCase):
    def test_wide_lines_are_found_unless_they_cannot_be_broken(self):
        word, words = "w" * 101, "a word " * 20
        for line, wide in {
            words: True,
            "# " + words: True,
            "x" * 100: False,
            word: False,
            "| " + words + " |": False,
            "[a](" + "https://example.org/" + "x" * 90 + ") is a link": False,
            "See https://example.org/" + "x" * 90: False,
            "1.25, -3e-5, " * 10: False,
            "let x = [" + "1, " * 40 + "];": True,
        }.items():
            with self.subTest(line[:30]):
                found = list(check_files.too_wide("a.md", "fine\n" + line))
                self.assertEqual(len(found), int(wide), found)
                self.assertTrue(all("a.md:2: " in message for message in found))


class Cycles(unittest.TestCase):
    def cycles(self, **sources):
        """The cycles of a crate as sets of modules; `a_b` stands for the file a/b.rs."""
        paths = {f"{name.replace('_', '/')}.rs": text for name, text in sources.items()}
        found = check_files.Crate(paths).cycles()
        return [{"::".join(place) for place, _ in cycle} for cycle, _ in found]

    def test_two_modules_that_use_each_other(self):
        a, b = "use crate::b::B;\npub struct A;", "use super::a::A;\npub struct B;"
        self.assertEqual(self.cycles(lib="mod a; mod b;", a=a, b=b), [{"a", "b"}])
        b = "pub struct B;\nfn f(a: &crate::a::A) {}"
        self.assertEqual(self.cycles(lib="mod a; mod b;", a=a, b=b), [{"a", "b"}])
        self.assertEqual(self.cycles(lib="mod a; mod b;", a=a, b="pub struct B;"), [])

    def test_a_long_way_round(self):
        modules = {"a": "b", "b": "c", "c": "d", "d": "b"}
        texts = {
            name: f"use crate::{other}::f;\npub fn f() {{}}" for name, other in modules.items()
        }
        self.assertEqual(self.cycles(lib="mod a; mod b; mod c; mod d;", **texts), [{"b", "c", "d"}])

    def test_a_parent_that_declares_and_re_exports_is_in_no_cycle(self):
        lib = "mod a; mod error; pub use a::A; pub use error::{Error, Result};"
        a, error = "use crate::Result;\npub struct A;", "pub enum Error {}\npub type Result = u8;"
        self.assertEqual(self.cycles(lib=lib, a=a, error=error), [])
        # Through the parent, two children use each other.
        error = "use crate::A;\npub enum Error {}\npub type Result = u8;"
        self.assertEqual(self.cycles(lib=lib, a=a, error=error), [{"a", "error"}])

    def test_a_parent_with_code_of_its_own_is(self):
        lib = "mod a; use a::A; pub struct Params; pub fn run(a: A) {}"
        self.assertEqual(self.cycles(lib=lib, a="use crate::Params;\npub struct A;"), [{"", "a"}])
        self.assertEqual(
            self.cycles(lib=lib, a="use super::*;\npub fn f(p: Params) {}"), [{"", "a"}]
        )
        self.assertEqual(self.cycles(lib=lib, a="use super::*;\npub struct A;"), [])

    def test_nested_modules_and_use_trees(self):
        lib = "mod a; mod b;"
        a, inner = "mod c; pub fn f() { c::g() }", "use crate::{b::{self, B}};\npub fn g() {}"
        b = "use crate::a::{c::{g as h}};\npub struct B;"
        self.assertEqual(self.cycles(lib=lib, a=a, a_c=inner, b=b), [{"a::c", "b"}])

    def test_tests_comments_and_strings_make_no_edge(self):
        a = "use crate::b::B;\npub struct A;"
        for b in [
            "pub struct B;\n#[cfg(test)]\nmod tests { use super::*; use crate::a::A; fn f() {} }",
            "pub struct B; // crate::a::A\n/* crate::a::A */\n/// [`crate::a::A`]\nfn f() {}",
            'pub struct B;\nconst TEXT: &str = "crate::a::A";\nfn f<\'a>() {}',
            "pub struct B;\n#[cfg(test)]\nuse crate::a::A;",
        ]:
            with self.subTest(b):
                self.assertEqual(self.cycles(lib="mod a; mod b;", a=a, b=b), [])
        tests = "use crate::a::A;\nfn f() {}"
        b = "#[cfg(test)]\nmod tests;\npub struct B;"
        self.assertEqual(self.cycles(lib="mod a; mod b;", a=a, b=b, b_tests=tests), [])

    def test_the_message_names_what_is_used(self):
        crate = check_files.Crate(
            {
                "lib.rs": "mod a; mod b;",
                "a.rs": "use crate::b::B;\npub struct A;",
                "b.rs": "use crate::a::A;\npub struct B;",
            }
        )
        [cycle] = crate.cycles()
        told = check_files.told("crates/x", *cycle)
        self.assertIn("crates/x: ", told)
        self.assertIn("crate::a names B of crate::b", told)
        self.assertIn("crate::b names A of crate::a", told)


class Types(unittest.TestCase):
    def test_a_missing_node_is_told_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            for tool in ["bash", "dirname", "env"]:
                (Path(folder) / tool).symlink_to(shutil.which(tool))
            done = subprocess.run(
                [ROOT / "scripts/checks/check-types.sh"],
                env={"PATH": folder},
                capture_output=True,
                text=True,
            )
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        [line] = done.stderr.splitlines()
        self.assertRegex(line, "^check-types.sh: no node: .* not checked; install Node.js")


if __name__ == "__main__":
    unittest.main()
