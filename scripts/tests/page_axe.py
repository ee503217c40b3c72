"""What axe-core finds on the page: no violation, in any part of it."""

import subprocess

from pipeline import BIN

# Every violation as a line: the rule, what it asks for, and the element.
VIOLATIONS = """
const [done] = arguments;
const lines = ({ id, help, nodes }) =>
  nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`);
axe.run(document, { resultTypes: ['violations'] }).then(
  ({ violations, passes }) => done([violations.flatMap(lines), passes.map(({ id }) => id)]),
  (error) => done([[String(error)], []]));
"""


class AxeTests:
    """Tests for a class that opens the page in a browser, as `test_page.Page` does."""

    def axe(self):
        """Returns the violations and the rules that found none, of what the browser shows."""
        from axe_core_python.base import AXE_SCRIPT

        self.browser.execute_script(AXE_SCRIPT)
        self.browser.set_script_timeout(120)
        return self.browser.execute_async_script(VIOLATIONS)

    def check(self, *where):
        violations, passed = self.axe()
        self.assertEqual(violations, [], where)
        self.assertGreater(len(passed), 10, "axe-core looked at the page")

    def make_vectors(self):
        """Makes the page that vectors get, which has no images."""
        folder = self.artifacts / "vectors"
        if folder.exists():
            return
        folder.mkdir()
        words = []
        for system in ["umap-kmeans", "umap-consensus"]:
            words += ["--assignments", f"{self.artifacts}/clusters/{system}/train.npy"]
            words += ["--points", f"{system}={self.artifacts}/umap/1/train.npy"]
        words += ["--map", f"{self.artifacts}/umap/map/train.npy", "--out", "index.html"]
        subprocess.run([BIN / "report", *words], cwd=folder, check=True, timeout=120)

    def test_axe_finds_no_violation(self):
        from selenium.webdriver.common.keys import Keys

        self.make_vectors()
        for page in ["report", "own", "vectors"]:
            for theme in ["light", "dark"]:
                self.open(theme=theme, page=page)
                self.assertEqual(bool(self.all("#cards .thumbs img")), page != "vectors")
                for tab in self.each_tab():
                    self.check(page, theme, tab)
                self.tabs()[0].click()
                self.point_at(self.one("#group-3 .open"))
                self.assertTrue(self.by_id("viewer").is_displayed())
                self.check(page, theme, "the dialog of a group")
                self.keys(Keys.ESCAPE)

    def test_axe_finds_no_violation_in_a_selection_of_the_map(self):
        self.make_vectors()
        for page in ["report", "vectors"]:
            for theme in ["light", "dark"]:
                self.open(theme=theme, page=page, part="#map-section")
                self.point_at(self.one("[data-act=select-visible]"))
                self.assertTrue(self.all(".map-gallery li"))
                self.check(page, theme, "a selection")

    def test_axe_finds_violations_put_in_on_purpose(self):
        self.open()
        self.check("before")
        for rule, change in {
            "button-name": "document.getElementById('theme').textContent = ''",
            "label-title-only": "document.querySelector('h3 input').removeAttribute('aria-label')",
            "image-alt": "for (const name of ['alt', 'title']) "
            "document.querySelector('.thumbs img').removeAttribute(name)",
            "color-contrast": "document.querySelector('.headline').style.color = '#bbbbbb'",
            "aria-allowed-attr": "document.querySelector('h1').setAttribute('aria-checked', '1')",
        }.items():
            self.browser.execute_script(change)
            self.assertIn(rule, [line.split(":")[0] for line in self.axe()[0]])
