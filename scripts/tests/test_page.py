"""The page in a headless browser: its parts, its switches, and that it loads no other file.

What the map does is tested in test_page_map.py, what the script computes in test_page_script.py.
The tests of page_axe.py and page_print.py run here, on the same pages.

Needs Chromium and its driver (Debian: chromium, chromium-driver) and is skipped without them.
"""

import base64
import csv
import io
import re
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

import page_axe
import page_print
from pipeline import BIN, ROOT, make

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
DRIVER = shutil.which("chromedriver")

# Relative luminance and contrast as WCAG 2 defines them, of every text on its own ground.
CONTRASTS = """
const channel = (v) => {
  v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const levels = (color) => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data]; };
const luminance = (color) => {
  const [r, g, b] = levels(color);
  return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
const ground = (element) => { for (let at = element; at; at = at.parentElement) {
  const color = getComputedStyle(at).backgroundColor;
  if (levels(color)[3] === 255) return color; } };
return [...document.querySelectorAll('td, th, p, a, li, label, select, span, button, h1, h2, h3, '
    + 'h4, h5, summary, figcaption, caption, code, small, strong, svg text')]
  .filter((element) => element.checkVisibility() && element.textContent.trim())
  .map((element) => { const style = getComputedStyle(element);
    const text = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [luminance(text), luminance(ground(element))];
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.outerHTML.slice(0, 100)]; });
"""


def name_of(row):
    """Returns the name of a file with letters of several scripts."""
    return f"größe/鞋 {row % 7}/\U0001f600 {row}.png"


@unittest.skipUnless(
    CHROMIUM and DRIVER, "no Chromium with its driver: the page is not opened in a browser"
)
class Page(page_axe.AxeTests, page_print.PrintTests, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from selenium import webdriver

        cls.artifacts = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.artifacts)
        make(cls.artifacts)
        cls.make_own()
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for word in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ]:
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        cls.browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
        cls.addClassCleanup(cls.browser.quit)
        cls.browser.set_script_timeout(20)
        cls.groups = np.load(cls.artifacts / "clusters/umap-consensus/train.npy")

    @classmethod
    def make_own(cls):
        """Makes the page that a user's images get, of the same images with names."""
        folder = cls.artifacts / "own"
        folder.mkdir()
        images = cls.artifacts / "data/train-images.npy"
        rows = range(len(np.load(images)))
        names = "".join(f"{row},{name_of(row)}\n" for row in rows)
        (folder / "names.csv").write_text("row,file\n" + names, encoding="utf-8")
        (folder / "k.csv").write_text("k,score,suggested\n9,0.5,no\n10,0.7,yes\n11,0.69,as good\n")
        clusters = cls.artifacts / "clusters/umap-consensus"
        found = ["--points", images, "--names", "names.csv"]
        for words in [
            ["find-duplicates", *found, "--threshold", "0.9", "--out", "duplicates.csv"],
            ["find-outliers", *found, "--out", "outliers.csv"],
            [
                *["report", "--assignments", f"mine={clusters}/train.npy", "--images", images],
                *["--certainty", f"mine={clusters}/train-agreement.npy", "--names", "names.csv"],
                *["--points", f"mine={cls.artifacts}/umap/1/train.npy", "--suggestion", "k.csv"],
                *["--duplicates", "duplicates.csv", "--outliers", "outliers.csv"],
                *["--title", "Größe 鞋 \U0001f600", "--out", "index.html"],
            ],
        ]:
            subprocess.run([BIN / words[0], *words[1:]], cwd=folder, check=True, timeout=120)

    def open(self, width=1400, theme="light", page="report", part="", scripts=True):
        command = self.browser.execute_cdp_cmd
        command(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": theme}]},
        )
        command(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False},
        )
        command("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        # A test before this one may have left the same page, which get() then calls loaded early.
        self.browser.get("about:blank")
        self.browser.get((self.artifacts / page / "index.html").as_uri() + part)
        self.wait_until_loaded()
        return self.browser

    def wait_until_loaded(self):
        """Returns when the page is read to its end, before which the driver may go on."""
        loaded = "return location.href !== 'about:blank' && document.readyState === 'complete'"
        self.wait(lambda: self.browser.execute_script(loaded))

    def wait(self, condition):
        """Waits until a condition holds, and returns what it returned."""
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.browser, 60).until(lambda browser: condition())

    def tearDown(self):
        if hasattr(self, "browser"):
            self.assertEqual(self.browser.get_log("browser"), [], "the console says nothing")

    def by_id(self, name):
        return self.browser.find_element("id", name)

    def one(self, selector):
        return self.browser.find_element("css selector", selector)

    def all(self, selector):
        return self.browser.find_elements("css selector", selector)

    def point_at(self, element, click=True):
        """Moves the mouse to an element, step by step, and clicks it."""
        from selenium.webdriver import ActionChains

        self.browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", element)
        actions = ActionChains(self.browser).move_to_element(element)
        (actions.click() if click else actions).perform()

    def keys(self, *keys):
        """Presses keys, wherever the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()

    def tabs(self):
        return self.all("#tabs a")

    def each_tab(self):
        """Shows each part of the page, everything in it open."""
        for tab in self.tabs():
            tab.click()
            self.browser.execute_script(
                "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
            )
            yield tab.text

    def background(self):
        return self.browser.execute_script(
            "return getComputedStyle(document.body).backgroundColor"
        )

    def members(self):
        """Returns the rows that the dialog shows, by the names of its members."""
        titles = "return [...document.querySelectorAll('#viewer-members li')].map((li) => li.title)"
        found = [re.match(r"(?:image |.*\U0001f600 )(\d+)", title) for title in
            self.browser.execute_script(titles)]
        return [int(one[1]) for one in found]

    # ------------------------------------------------------------------------- the whole page

    def test_it_opens_and_fetches_nothing(self):
        browser = self.open()
        self.assertEqual(browser.title, "Clusters found without labels")
        fetched = browser.execute_script(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)"
        )
        self.assertEqual([name for name in fetched if not name.startswith("data:")], [])
        self.assertEqual(
            browser.execute_script(
                "return [...document.images].filter((image) => !image.naturalWidth).length"
            ),
            0,
        )

    def test_it_does_not_move_while_it_opens(self):
        for part in ["", "#scores"]:
            self.open(part=part)
            moved = self.browser.execute_async_script("""
                let sum = 0;
                new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
                  sum += entry.value; })).observe({ type: 'layout-shift', buffered: true });
                setTimeout(() => arguments[0](sum), 200);""")
            self.assertLess(moved, 0.02, part)

    def test_groups_come_first(self):
        self.open()
        self.assertEqual(self.tabs()[0].text, "Groups")
        told = self.one(".headline").text
        self.assertRegex(told, r"^10 groups of 1,438 images, on average \d+ % sure$")
        self.assertLess(self.one(".card").location["y"], 500)
        self.assertFalse(self.by_id("scores").is_displayed())
        self.assertEqual(len(self.all("#cards .card")), 10)
        for card in self.all("#cards .card"):
            heads = [head.text for head in card.find_elements("tag name", "figcaption")]
            expected = ["Nearest to the center", "Spread over the group", "Most doubtful"]
            self.assertEqual(heads, expected)
            image = card.find_element("css selector", ".thumbs img")
            self.assertGreaterEqual(image.size["width"], 44)

    def test_both_themes_can_be_read(self):
        grounds = []
        for theme in ["light", "dark"]:
            browser = self.open(theme=theme)
            for tab in self.each_tab():
                poor = [
                    (contrast, text)
                    for contrast, text in browser.execute_script(CONTRASTS)
                    if contrast < 4.5
                ]
                self.assertEqual(poor, [], (theme, tab))
            self.tabs()[0].click()
            grounds.append(self.background())
            browser.save_screenshot(str(ROOT / "target" / f"page-{theme}.png"))
        self.assertNotEqual(*grounds)

    def test_the_theme_can_be_changed(self):
        self.open()
        bright = "return getComputedStyle(document.querySelector('.thumbs img')).filter"
        before = self.background(), self.browser.execute_script(bright)
        self.by_id("theme").click()
        self.assertEqual(self.by_id("theme").text, "Light")
        after = self.background(), self.browser.execute_script(bright)
        self.assertNotEqual(after[0], before[0])
        self.assertEqual((before[1], after[1]), ("none", "brightness(0.82)"))
        self.by_id("theme").click()
        self.assertEqual((self.background(), self.browser.execute_script(bright)), before)

    def test_it_fits_small_and_large_screens(self):
        wide = "return document.documentElement.scrollWidth"
        cards = """return new Set([...document.querySelectorAll('#cards .card')].map(
            (card) => card.getBoundingClientRect().left)).size"""
        columns = []
        for width in [400, 1280, 2560]:
            browser = self.open(width)
            for tab in self.each_tab():
                self.assertLessEqual(browser.execute_script(wide), width, tab)
            self.tabs()[0].click()
            columns.append(browser.execute_script(cards))
        self.assertEqual(columns, [1, 3, 6], "cards use the whole width")

    def test_tabs_are_used_by_keyboard_and_address(self):
        from selenium.webdriver.common.keys import Keys

        self.open(part="#made")
        self.assertTrue(self.by_id("made").is_displayed())
        self.assertFalse(self.by_id("groups").is_displayed())
        self.by_id("tab-made").send_keys(Keys.HOME)
        self.assertTrue(self.by_id("groups").is_displayed())
        self.keys(Keys.ARROW_RIGHT)
        self.assertTrue(self.by_id("map-section").is_displayed())
        tab = self.browser.switch_to.active_element
        self.assertEqual((tab.text, tab.get_attribute("aria-selected")), ("Map", "true"))
        self.assertTrue(self.browser.current_url.endswith("#map-section"))

    def test_without_script_everything_is_there(self):
        self.addCleanup(
            self.browser.execute_cdp_cmd, "Emulation.setScriptExecutionDisabled", {"value": False}
        )
        self.open(scripts=False)
        tops = [self.by_id(name).location["y"] for name in
            ["groups", "map-section", "compare", "scores", "made"]]
        self.assertEqual(tops, sorted(set(tops)))
        self.assertTrue(all(panel.is_displayed() for panel in self.all(".panel")))
        self.assertFalse(self.by_id("viewer").is_displayed())

    def test_everything_has_a_name(self):
        browser = self.open()
        nameless = browser.execute_script("""
            const bad = [...document.images].filter((image) => !image.alt);
            const all = (selector) => [...document.querySelectorAll(selector)];
            bad.push(...all('svg').filter((svg) => !svg.querySelector('title').textContent));
            bad.push(...all('table').filter((table) => !table.querySelector('th[scope]')));
            bad.push(...all('[id]').filter((a) => all('#' + CSS.escape(a.id)).length > 1));
            bad.push(...all('a[href^="#"]').filter(
                (a) => !document.querySelector(a.getAttribute('href'))));
            bad.push(...all('input, select').filter(
                (one) => !one.labels.length && !one.ariaLabel));
            bad.push(...all('button').filter((one) => !one.textContent && !one.ariaLabel));
            return bad.map((element) => element.outerHTML.slice(0, 100));
        """)
        self.assertEqual(nameless, [])

    def test_no_path_of_this_machine_is_on_the_page(self):
        for page in ["report", "own"]:
            text = (self.artifacts / page / "index.html").read_text(encoding="utf-8")
            self.assertNotIn(str(self.artifacts), text)
            self.assertNotIn(str(ROOT), text)
        self.open(part="#commands")
        told = self.by_id("command-lines").text.split("\n")
        self.assertTrue(any(line.startswith("consensus --assignments clusters/") for line in told))
        self.assertFalse(any("--threads" in line for line in told))

    # ----------------------------------------------------------------------------- one group

    def test_a_group_opens_with_all_its_members(self):
        from selenium.webdriver.common.keys import Keys
        from selenium.webdriver.support.select import Select

        self.open()
        members = set(np.flatnonzero(self.groups == 4))
        self.point_at(self.one("#group-4 .thumbs"))
        self.assertEqual(self.by_id("viewer-name").text, "Group 4")
        seen = self.members()
        self.assertEqual(len(seen), 120)
        self.point_at(self.by_id("viewer-next"))
        seen += self.members()
        self.assertEqual(set(seen), members)
        self.assertEqual(len(seen), len(members))
        self.assertEqual(self.by_id("viewer-page").text, f"121 to {len(seen)} of {len(seen)}")
        sure = np.load(self.artifacts / "clusters/umap-consensus/train-agreement.npy")
        orders = Select(self.by_id("viewer-sort"))
        orders.select_by_value("doubtful")
        shown = sure[self.members()]
        self.assertEqual(shown.tolist(), sorted(shown))
        self.assertEqual(shown[0], min(sure[list(members)]))
        orders.select_by_value("name")
        self.assertEqual(self.members(), sorted(members)[:120])
        self.keys(Keys.ESCAPE)
        self.assertFalse(self.by_id("viewer").is_displayed())

    def test_members_look_like_their_images(self):
        from PIL import Image

        self.open()
        images = np.load(self.artifacts / "data/train-images.npy").astype(float)
        self.point_at(self.one("#group-2 .thumbs"))
        time.sleep(0.5)
        shown = self.browser.execute_script("""
            return [...document.querySelectorAll('#viewer-members canvas')].slice(0, 9)
              .map((canvas) => canvas.toDataURL().split(',')[1]);""")
        for row, coded in zip(self.members(), shown):
            picture = Image.open(io.BytesIO(base64.b64decode(coded))).convert("L")
            shown = np.asarray(picture, float)
            distances = np.abs(images - shown).mean(axis=(1, 2))
            self.assertLess(distances[row], 20)
            self.assertLessEqual(distances[row], np.quantile(distances, 0.01))

    def test_groups_are_opened_and_turned_by_keyboard(self):
        from selenium.webdriver.common.keys import Keys

        self.open()
        button = self.one("#group-0 .open")
        self.browser.execute_script("arguments[0].focus()", button)
        self.keys(Keys.ENTER)
        self.assertEqual(self.by_id("viewer-name").text, "Group 0")
        pages = -(-int((self.groups == 0).sum()) // 120)
        for _ in range(pages):
            self.assertEqual(self.by_id("viewer-name").text, "Group 0")
            self.keys(Keys.ARROW_RIGHT)
        self.assertEqual(self.by_id("viewer-name").text, "Group 1")
        self.keys(Keys.ARROW_LEFT)
        last = int((self.groups == 0).sum())
        self.assertTrue(self.by_id("viewer-page").text.endswith(f"{last} of {last}"))
        self.browser.execute_script("document.getElementById('viewer-members').focus()")
        self.by_id("viewer-members").send_keys(Keys.SHIFT + Keys.ARROW_LEFT)
        self.assertEqual(self.by_id("viewer-name").text, "Group 9")
        for _ in range(12):
            self.keys(Keys.TAB)
            inside = """return document.getElementById('viewer').contains(document.activeElement)
                || document.activeElement === document.body"""
            self.assertTrue(self.browser.execute_script(inside), "the focus stays in the dialog")
        self.keys(Keys.ESCAPE)
        self.assertEqual(self.browser.switch_to.active_element, button)

    def test_names_are_kept_and_exported(self):
        from selenium.webdriver.common.keys import Keys

        self.open(page="own")
        given = 'Schuhe, "groß" 鞋 \U0001f45f'
        box = self.one("#group-3 h3 input")
        self.point_at(box)
        self.assertFalse(self.by_id("viewer").is_displayed(), "a click on the name does not open")
        box.clear()
        # The driver types no letters beyond the Basic Multilingual Plane.
        self.browser.execute_script("arguments[0].value = arguments[1]", box, given)
        box.send_keys(" ", Keys.ENTER)
        self.open(page="own")
        self.addCleanup(self.browser.execute_script, "localStorage.clear()")
        self.assertEqual(self.one("#group-3 h3 input").get_attribute("value"), given)
        self.point_at(self.one("#group-3 .open"))
        self.assertEqual(self.by_id("viewer-name").text, given)
        self.keys(Keys.ESCAPE)
        downloads = self.artifacts / "downloads"
        self.browser.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)}
        )
        self.point_at(self.by_id("save-csv"))
        file = downloads / "groups-mine.csv"
        self.wait(file.exists)
        time.sleep(0.2)
        with file.open(encoding="utf-8", newline="") as content:
            rows = list(csv.DictReader(content))
        self.assertEqual([int(row["row"]) for row in rows], list(range(len(self.groups))))
        self.assertEqual([int(row["group"]) for row in rows], self.groups.tolist())
        self.assertEqual([row["file"] for row in rows], [name_of(i) for i in range(len(rows))])
        names = {row["group"]: row["name"] for row in rows}
        self.assertEqual((names["3"], names["4"]), (given, "Group 4"))
        sure = np.load(self.artifacts / "clusters/umap-consensus/train-agreement.npy")
        exported = np.array([float(row["certainty"]) for row in rows])
        self.assertLess(np.abs(exported - sure).max(), 0.0101)

    def test_near_duplicates_outliers_and_numbers_of_groups(self):
        from selenium.webdriver.common.keys import Keys

        self.open(page="own")
        with (self.artifacts / "own/duplicates.csv").open(encoding="utf-8") as content:
            duplicates = {int(row["row"]) for row in csv.DictReader(content)}
        with (self.artifacts / "own/outliers.csv").open(encoding="utf-8") as content:
            outliers = [int(row["row"]) for row in csv.DictReader(content)]
        self.assertGreater(len(duplicates), 1)
        told = f"{len(duplicates):,} images have near duplicates."
        self.assertIn(told, self.one(".verdict").text)
        self.point_at(self.one("#duplicates .open"))
        self.assertEqual(set(self.members()), set(sorted(duplicates)) & set(self.members()))
        self.assertIn("set 1, in Group", self.one("#viewer-members small").text)
        self.keys(Keys.ESCAPE)
        self.point_at(self.one("#outliers .thumbs"))
        self.assertEqual(self.members(), outliers[:120])
        self.keys(Keys.ESCAPE)
        self.tabs()[-2].click()
        self.assertIn("Recommended: 10 groups", self.by_id("scores").text)
        self.assertIn("About as good: 11 (0.690)", self.by_id("scores").text)

    def test_groups_of_another_system_are_shown(self):
        from selenium.webdriver.support.select import Select

        self.open()
        other = np.load(self.artifacts / "clusters/pixels-kmeans/train.npy")
        Select(self.by_id("system")).select_by_visible_text("pixels-kmeans")
        cards = [card for card in self.all(".card") if card.is_displayed()]
        self.assertEqual(len(cards), 10)
        self.assertIn(f"{(other == 0).sum()} images", cards[0].text)
        self.point_at(cards[0].find_element("css selector", ".open"))
        self.assertTrue((other[self.members()] == 0).all())

    # ------------------------------------------------------------------------------- compare

    def test_two_systems_are_compared(self):
        from selenium.webdriver.support.select import Select

        self.open(part="#compare")
        other = np.load(self.artifacts / "clusters/pixels-kmeans/train.npy")
        Select(self.by_id("compare-rows")).select_by_visible_text("pixels-kmeans")
        Select(self.by_id("compare-columns")).select_by_visible_text("umap-consensus")
        counts = self.browser.execute_script("""
            return [...document.querySelectorAll('.heat td[data-row]')].map(
              (cell) => [cell.dataset.row, cell.dataset.column, cell.textContent].map(Number));""")
        for row, column, count in counts:
            self.assertEqual(count, ((other == row) & (self.groups == column)).sum())
        self.assertEqual(sum(count for *_, count in counts), len(other))
        row, column, count = max(counts, key=lambda cell: cell[2])
        self.point_at(self.one(f".heat td[data-row='{row}'][data-column='{column}']"))
        self.assertEqual(self.by_id("viewer-name").text, f"Group {row} and Group {column}")
        shown = self.members()
        self.assertEqual(len(shown), min(count, 120))
        self.assertTrue((other[shown] == row).all() and (self.groups[shown] == column).all())

    def test_the_map_shows_the_points_of_the_page(self):
        self.open(part="#map-section")
        self.assertTrue(self.wait(lambda: self.one(".map-points").is_displayed()))
        legend = self.one(".wardrobe-map").text
        for group, count in enumerate(np.bincount(self.groups)):
            self.assertRegex(legend, rf"Group {group}\s+{count}\b")


if __name__ == "__main__":
    unittest.main()
