"""The script of the page: what it computes, in node, without a browser.

Needs node and is skipped without it.
"""

import json
import re
import shutil
import subprocess
import unittest

from pipeline import ROOT

NODE = shutil.which("node") or shutil.which("nodejs")
FOLDER = ROOT / "crates/programs/report/page"
# A page of five vectors in two groups and noise, as the program encodes it.
PAGE = {
    "n": 5,
    "count": 5,
    "rows": None,
    "noun": "vector",
    "pixelated": False,
    "names": " a/1.png\n#2.png\n\"lösung, \U0001f600.png\n b\n!10",
    "classes": None,
    "duplicates": [],
    "outliers": [],
    "sprite": None,
    "tiles": None,
    "x": None,
    "y": None,
    "systems": [
        {
            "name": "mine",
            "names": ["Group 3", "Group 7"],
            "sizes": [3, 1],
            "bytes": 1,
            "of": "AAEAAP8=",  # 0 1 0 0 255
            "ids": [3, 7],
            "key": "k",
            "percent": True,
            "about": "",
            "certainty": "/4AzZgA=",  # 255 128 51 102 0
            "distances": "AABVqgA=",  # 0 0 85 170 0
            "cards": [],
        }
    ],
}


@unittest.skipUnless(NODE, "no node: the script of the page is not tested outside a browser")
class Script(unittest.TestCase):
    def run_script(self, names, code):
        """Returns what `code` returns after the parts of the script called `names`."""
        parts = [(FOLDER / f"{name}.js").read_text() for name in names]
        text = "\n".join([*parts, f"const page = {json.dumps(json.dumps(PAGE))};", code])
        program = f"const run = () => {{ {text} }};\nconsole.log(JSON.stringify(run()));"
        done = subprocess.run([NODE, "-e", program], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_every_part_is_checked_and_short(self):
        parts = sorted([*FOLDER.glob("*.js"), *FOLDER.glob("map/*.js")])
        self.assertGreater(len(parts), 8)
        for part in parts:
            lines = part.read_text().splitlines()
            self.assertEqual(lines[0], "// @ts-check", part.name)
            self.assertLessEqual(len(lines), 300, part.name)
            done = subprocess.run([NODE, "--check", part], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
        for style in FOLDER.rglob("*.css"):
            self.assertLessEqual(len(style.read_text().splitlines()), 300, style.name)

    def test_every_part_is_in_the_page(self):
        listed = (FOLDER.parent / "src/assets.rs").read_text()
        included = set(re.findall(r"\.\./page/([\w/.-]+)", listed))
        there = [*FOLDER.glob("*.js"), *FOLDER.glob("map/*.js"), *FOLDER.rglob("*.css")]
        self.assertEqual({str(part.relative_to(FOLDER)) for part in there}, included)

    def test_the_geometry_of_the_map(self):
        files = sorted(str(path) for path in (FOLDER / "tests").glob("*.test.js"))
        done = subprocess.run([NODE, "--test", *files], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertGreater(len(files), 3)

    def test_data_is_decoded(self):
        found = self.run_script(
            ["format", "data"],
            """
            const data = dataOf(page);
            const [system] = data.systems;
            return { names: data.names, of: [...system.of], noise: system.noise,
              titles: [0, 2, 4].map((i) => titleOf(data, system, i)) };
            """,
        )
        names = ["a/1.png", "a/12.png", "a/lösung, \U0001f600.png", "b", "b10"]
        self.assertEqual(found["names"], names)
        self.assertEqual((found["of"], found["noise"]), ([0, 1, 0, 0, 255], 255))
        self.assertEqual(
            found["titles"], ["a/1.png, 100 % sure", f"{names[2]}, 20 % sure", "b10"]
        )

    def test_members_are_sorted_and_paged(self):
        found = self.run_script(
            ["format", "data", "members"],
            """
            const data = dataOf(page);
            const [system] = data.systems;
            const [members, , noise] = membersOf(system);
            const by = (order) => sorted(members, order, data, system);
            return { members, noise,
              orders: ordersOf(data, system).map(([value]) => value),
              by: ['nearest', 'doubtful', 'surest', 'name'].map(by),
              pages: [0, 1, 60, 61].map((n) => pagesOf(n, 60)),
              turned: [[{ list: 0, page: 0 }, 1], [{ list: 0, page: 1 }, 1],
                [{ list: 0, page: 0 }, -1]].map(([at, step]) => turned(at, step, [2, 3])) };
            """,
        )
        self.assertEqual((found["members"], found["noise"]), ([0, 2, 3], [4]))
        self.assertEqual(found["orders"], ["nearest", "doubtful", "surest", "name"])
        self.assertEqual(found["by"], [[0, 2, 3], [2, 3, 0], [0, 3, 2], [0, 2, 3]])
        self.assertEqual(found["pages"], [1, 1, 1, 2])
        self.assertEqual(
            found["turned"],
            [{"list": 0, "page": 1}, {"list": 1, "page": 0}, {"list": 1, "page": 2}],
        )

    def test_tiles_lie_where_the_program_puts_them(self):
        found = self.run_script(
            ["format", "data", "members", "tiles"],
            "const data = dataOf(page);"
            "return { places: [...tilePlaces(data)],"
            "  points: [0, 4].map((row) => pointOf(data, row)),"
            "  some: [5, 9].map((row) => pointOf({ ...data, rows: Uint32Array.of(5, 7) }, row)),"
            "  without: [...tilePlaces({ ...data, systems: [] })], none: tilesOf(data) };",
        )
        # Group 0 by distance, then group 1, then noise.
        self.assertEqual(found["places"], [0, 3, 1, 2, 4])
        self.assertEqual((found["points"], found["some"]), ([0, 4], [0, -1]))
        self.assertEqual((found["without"], found["none"]), ([0, 1, 2, 3, 4], None))

    def test_the_csv_can_be_read_back(self):
        import csv
        import io

        text = self.run_script(
            ["format", "data", "members"],
            """
            const data = dataOf(page);
            const given = (group) => ['a "good" one, 鞋', 'Group 7'][group];
            return csvText(assignmentTable(data, data.systems[0], given));
            """,
        )
        rows = list(csv.reader(io.StringIO(text)))
        self.assertEqual(rows[0], ["row", "file", "group", "name", "certainty"])
        self.assertEqual(rows[1], ["0", "a/1.png", "3", 'a "good" one, 鞋', "1.00"])
        self.assertEqual(rows[2], ["1", "a/12.png", "7", "Group 7", "0.50"])
        self.assertEqual(rows[5], ["4", "b10", "-1", "", "0.00"])

    def test_groupings_are_compared(self):
        found = self.run_script(
            ["tables"],
            """
            const a = { names: ['a', 'b'], of: Uint8Array.of(0, 0, 0, 1, 1, 255), noise: 255 };
            const b = { names: ['x', 'y', 'z'], of: Uint8Array.of(2, 2, 0, 0, 0, 1), noise: 255 };
            const { rows, columns, counts } = contingency(a, b);
            const order = diagonalOrder(counts);
            return { rows, columns, counts: counts.map((row) => [...row]), order,
              moved: movedCells(counts, order),
              common: [commonMembers(a, 0, b, 2), commonMembers(a, 2, b, 1)] };
            """,
        )
        self.assertEqual(found["rows"], ["a", "b", "no group"])
        self.assertEqual(found["columns"], ["x", "y", "z"])
        self.assertEqual(found["counts"], [[1, 0, 2], [2, 0, 0], [0, 1, 0]])
        self.assertEqual(found["order"], {"rows": [0, 1, 2], "columns": [2, 0, 1], "pairs": 3})
        self.assertEqual(found["moved"], [{"count": 1, "row": 0, "column": 0}])
        self.assertEqual(found["common"], [[0, 1], [5]])


if __name__ == "__main__":
    unittest.main()
