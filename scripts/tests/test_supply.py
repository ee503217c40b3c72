"""What comes from elsewhere is held against the rules."""

import sys
import tempfile
import unittest
from pathlib import Path

from pipeline import ROOT

sys.path.insert(0, str(ROOT / "scripts/checks"))
import check_supply  # noqa: E402


class Supply(unittest.TestCase):
    def test_crates(self):
        def told(*packages, skip=()):
            lock = {"package": [{"name": "ours", "version": "0.1.0"}, *packages]}
            rules = {
                "bans": {
                    "deny": [{"crate": "banned", "reason": "why"}],
                    "skip": [{"crate": name} for name in skip],
                }
            }
            return list(check_supply.crates(lock, rules))

        def package(name, version="1.0.0", **other):
            return {
                "name": name,
                "version": version,
                "source": check_supply.REGISTRY,
                "checksum": "0" * 64,
                **other,
            }

        self.assertEqual(told(package("a"), package("b")), [])
        for wrong, expected in [
            ([package("banned")], "banned is banned: why"),
            ([package("a", source="git+https://example.org/a")], "a 1.0.0 comes from git"),
            ([package("a", checksum="")], "a 1.0.0 has no checksum"),
            ([package("a"), package("a", "2.0.0")], "a is there as 1.0.0, 2.0.0"),
        ]:
            [line] = told(*wrong)
            self.assertIn(expected, line)
        self.assertEqual(told(package("a"), package("a", "2.0.0"), skip=["a@1.0"]), [])
        self.assertIn(
            "a@1.0 is no second version any more", told(package("a", "2.0.0"), skip=["a@1.0"])[0]
        )
        self.assertIn("a@1.0 is no second version any more", told(package("a"), skip=["a@1.0"])[0])

    def test_licenses(self):
        for expression, met in {
            "MIT": True,
            "GPL-3.0": False,
            "MIT OR GPL-3.0": True,
            "GPL-3.0/MIT": True,
            "GPL-3.0 AND MIT": False,
            "(MIT OR GPL-3.0) AND ISC": True,
            "(GPL-2.0 OR GPL-3.0) AND ISC": False,
            "": False,
        }.items():
            self.assertEqual(check_supply.allowed(expression, ["MIT", "ISC"]), met, expression)

    def test_python_packages(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "requirements-x.txt"
            good = (
                "# by hand\na==1.0 \\\n    --hash=sha256:00\nb==2.0 ; sys_platform == 'linux' \\\n "
                "   --hash=sha256:11\n"
            )
            for text, expected in [
                (good, []),
                (good + "c>=1 \\\n    --hash=sha256:22\n", ["c>=1"]),
                (good + "c==1.0 \\\n", ["c==1.0"]),
            ]:
                path.write_text(text)
                told = list(check_supply.python(path))
                self.assertEqual(len(told), len(expected), told)
                self.assertTrue(
                    all(word in line for word, line in zip(expected, told, strict=True))
                )

    def test_npm_packages(self):
        rules = {"licenses": {"allow": ["MIT"]}}
        good = {"version": "1.0.0", "integrity": "sha512-AA==", "license": "MIT"}

        def told(**packages):
            listed = {f"node_modules/{name}": package for name, package in packages.items()}
            lock = {"packages": {"": {"name": "ours"}, **listed}}
            return list(check_supply.npm(lock, rules))

        self.assertEqual(told(a=good, b=good), [])
        for wrong, expected in [
            ({"integrity": ""}, "a 1.0.0 has no hash"),
            ({"integrity": "sha1-AA=="}, "a 1.0.0 has no hash"),
            ({"license": "GPL-3.0"}, "a 1.0.0 has the license GPL-3.0"),
        ]:
            [line] = told(a={**good, **wrong})
            self.assertIn(expected, line)
        lock = {"node_modules/a": good, "node_modules/b/node_modules/a": {**good, "version": "2"}}
        [line] = check_supply.npm({"packages": lock}, rules)
        self.assertIn("a is there as 1.0.0, 2", line)


if __name__ == "__main__":
    unittest.main()
