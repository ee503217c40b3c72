"""Man pages and shell completions of every program name what its --help names."""

import re
import shutil
import subprocess
import unittest

from pipeline import BIN
from stages import STAGES

SHELLS = ["bash", "zsh", "fish"]


def printed(program, *words):
    done = subprocess.run([BIN / program, *words], capture_output=True, text=True, check=True)
    return done.stdout


def options(program):
    """Returns the long options that --help lists, each at the beginning of a line."""
    return re.findall(r"^  (?:-h, )?(--[a-z-]+)", printed(program, "--help"), re.MULTILINE)


class Manuals(unittest.TestCase):
    def test_a_man_page_names_every_option_of_help(self):
        for program in STAGES:
            with self.subTest(program):
                page = printed(program, "--generate", "man")
                names = options(program)
                self.assertGreater(len(names), 5)
                for name in names:
                    self.assertIn(name.replace("-", "\\-"), page)
                for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLE"]:
                    self.assertIn(f".SH {section}\n", page)
                self.assertNotIn("generate", printed(program, "--help"))

    @unittest.skipUnless(shutil.which("groff"), "needs groff")
    def test_groff_sets_every_page_without_a_warning(self):
        for program in STAGES:
            with self.subTest(program):
                page = printed(program, "--generate", "man")
                done = subprocess.run(
                    ["groff", "-man", "-ww", "-Tascii"], input=page, capture_output=True, text=True
                )
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(f"{program} - ", done.stdout)
                # No option is hyphenated.
                self.assertNotIn("-\n", done.stdout)

    def test_completions_name_every_option_and_are_sound(self):
        for program in STAGES:
            for shell in SHELLS:
                with self.subTest(program=program, shell=shell):
                    script = printed(program, "--generate", shell)
                    for name in options(program):
                        self.assertIn(f"-l {name[2:]}" if shell == "fish" else name, script)
                    if shutil.which(shell):
                        subprocess.run([shell, "-n"], input=script, text=True, check=True)

    @unittest.skipUnless(shutil.which("bash"), "needs bash")
    def test_bash_completes_an_option(self):
        for program in STAGES:
            with self.subTest(program):
                asked = (
                    f"\nCOMP_WORDS=({program} --threa); COMP_CWORD=1; _{program}; "
                    'echo "${COMPREPLY[*]}"\n'
                )
                done = subprocess.run(
                    ["bash", "--norc"],
                    input=printed(program, "--generate", "bash") + asked,
                    capture_output=True,
                    text=True,
                )
                expected = "--threads" if "--threads" in options(program) else ""
                self.assertEqual((done.stderr, done.stdout.strip()), ("", expected))


if __name__ == "__main__":
    unittest.main()
