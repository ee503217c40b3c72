"""Larger images in a folder beside the page, in a headless browser, and the page without them.

Needs Chromium and its driver (Debian: chromium, chromium-driver) and is skipped without them.
"""

import io
import json
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

import test_page
from pipeline import BIN

ROWS, GROUPS, SIDE = 400, 4, 200
# What the page says of a canvas or an image in the dialog or on a card.
SEEN = """
return [...document.querySelectorAll(arguments[0])].map((one) => {
  const { width, height } = one.getBoundingClientRect();
  return { tag: one.tagName, title: one.title || one.closest('li').title, width, height,
    sharp: one.tagName === 'CANVAS' ? one.width : one.naturalWidth }; });
"""


def image_of(row):
    """Returns an image of 200 x 160 pixels that no other row has: a checkerboard of two colors."""
    y, x = np.mgrid[: SIDE - 40, :SIDE]
    board = (x // (4 + row % 5) + y // (6 + row // 5 % 7)) % 2 == 1
    level = row * 5 // 16
    return np.where(board[..., None], [level, level, level + 20], [230, 250, 240]).astype(np.uint8)


@unittest.skipUnless(
    test_page.CHROMIUM and test_page.DRIVER,
    "no Chromium with its driver: the page is not opened in a browser",
)
class Tiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from selenium import webdriver

        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.groups = np.arange(ROWS) * 7 % ROWS % GROUPS - (np.arange(ROWS) % 50 == 0)
        points = np.stack([cls.groups * 10.0, np.arange(ROWS) * 13 % ROWS / ROWS], axis=1)
        for name, array in [
            ("groups.npy", cls.groups),
            ("points.npy", points),
            ("images.npy", np.stack([image_of(row) for row in range(ROWS)])),
        ]:
            np.save(cls.folder / name, array)
        cls.page = cls.folder / "a page" / "index.html"
        cls.tiles = cls.page.parent / "größere tiles 1%"
        cls.report()
        options = webdriver.ChromeOptions()
        options.binary_location = test_page.CHROMIUM
        for word in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--hide-scrollbars"]:
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(test_page.DRIVER)
        cls.browser = webdriver.Chrome(options=options, service=service)
        cls.addClassCleanup(cls.browser.quit)
        cls.browser.set_script_timeout(20)

    @classmethod
    def report(cls):
        words = ["--assignments", "mine=groups.npy", "--points", "mine=points.npy", "--images",
            "images.npy", "--out", cls.page, "--tiles", cls.tiles]
        subprocess.run([BIN / "report", *words], cwd=cls.folder, check=True, timeout=300)

    def open(self, page):
        metrics = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.browser.get_log("browser")
        self.browser.get("about:blank")
        self.browser.get(page.as_uri())

    def seen(self, selector):
        return self.browser.execute_script(SEEN, selector)

    def wait(self, condition):
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.browser, 60).until(lambda browser: condition())

    def show_group(self, group):
        card = self.browser.find_element("id", f"group-{group}")
        self.browser.execute_script("arguments[0].querySelector('.open').click()", card)

    def all_sharp(self, selector, side=SIDE):
        found = self.seen(selector)
        return found and all(one["sharp"] == side for one in found) and found

    def pixels(self, selector, index):
        """Returns what a screenshot shows of an image in its own size."""
        script = """
            const one = document.querySelectorAll(arguments[0])[arguments[1]];
            one.style.cssText = 'position: fixed; left: 0; top: 0; width: auto; max-width: none; '
              + 'z-index: 9; border-radius: 0; filter: none; outline: 0; background: #fff';
            one.closest('dialog')?.append(one);"""
        self.browser.execute_script(script, selector, index)
        shot = Image.open(io.BytesIO(self.browser.get_screenshot_as_png())).convert("RGB")
        # The dialog is the containing block of nothing, so fixed is from the window.
        return np.asarray(shot)[: SIDE - 40, :SIDE].astype(int)

    def moved(self):
        """Returns how far the layout shifted since the page was opened."""
        return self.browser.execute_async_script("""
            let sum = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
              if (!entry.hadRecentInput) sum += entry.value;
            })).observe({ type: 'layout-shift', buffered: true });
            setTimeout(() => arguments[0](sum), 300);""")

    # ----------------------------------------------------------------------------------------

    def test_with_the_folder_the_dialog_shows_the_images_in_full(self):
        self.open(self.page)
        self.show_group(2)
        self.wait(lambda: self.all_sharp("#viewer-members canvas"))
        titles = [one["title"] for one in self.seen("#viewer-members canvas")]
        rows = [int(re.search(r"\d+", title)[0]) for title in titles]
        self.assertTrue((self.groups[rows] == 2).all())
        for index in [0, 17, len(rows) - 1]:
            found = self.pixels("#viewer-members canvas", index)
            error = np.abs(found - image_of(rows[index]).astype(int)).mean()
            others = [np.abs(found - image_of(row).astype(int)).mean() for row in rows
                if row != rows[index]]
            self.assertLess(error, 4, rows[index])
            self.assertLess(error, min(others), "it is the image of another row")
            self.open(self.page)
            self.show_group(2)
            self.wait(lambda: self.all_sharp("#viewer-members canvas"))
        self.assertEqual(self.browser.get_log("browser"), [])

    def test_with_the_folder_cards_get_sharper_without_moving(self):
        self.open(self.page)
        self.wait(lambda: self.all_sharp("#group-0 .thumbs > *"))
        shown = self.seen("#group-0 .thumbs > *")
        self.assertTrue(all(one["tag"] == "CANVAS" for one in shown))
        self.assertLess(self.moved(), 0.005)
        self.assertEqual(self.browser.get_log("browser"), [])

    def test_without_the_folder_the_page_is_complete_and_has_the_same_layout(self):
        self.open(self.page)
        self.wait(lambda: self.all_sharp("#group-0 .thumbs > *"))
        self.show_group(2)
        with_tiles = self.wait(lambda: self.all_sharp("#viewer-members canvas"))
        self.assertEqual(len(with_tiles), 60)
        alone = self.folder / "alone" / "index.html"
        alone.parent.mkdir()
        shutil.copy(self.page, alone)
        self.open(alone)
        self.show_group(2)
        drawn = """
            const [one] = document.querySelectorAll('#viewer-members canvas');
            return one.width < 200 && one.getContext('2d').getImageData(9, 9, 1, 1).data[3];"""
        self.assertEqual(self.wait(lambda: self.browser.execute_script(drawn)), 255)
        self.assertLess(self.moved(), 0.005)
        without = self.seen("#viewer-members canvas")
        for one, other in zip(with_tiles, without, strict=True):
            self.assertEqual(one["title"], other["title"])
            self.assertAlmostEqual(one["width"], other["width"], places=1)
            self.assertAlmostEqual(one["height"], other["height"], places=1)
        broken = "return [...document.images].filter((image) => !image.naturalWidth).length"
        self.assertEqual(self.browser.execute_script(broken), 0)
        self.assertTrue(all(one["tag"] == "IMG" for one in self.seen("#group-0 .thumbs > *")))
        # One request looked for the folder, and no other followed.
        told = [entry["message"] for entry in self.browser.get_log("browser")]
        # Chromium itself notes that this test reads pixels back.
        told = [message for message in told if "readback" not in message]
        self.assertEqual(len(told), 1, told)
        self.assertIn("00000.webp", told[0])

    def test_a_page_does_not_show_the_tiles_of_another(self):
        text = self.page.read_text(encoding="utf-8")
        data = json.loads(re.search(r'id="page-data">(.*?)</script>', text, re.DOTALL)[1])
        self.assertRegex(data["tiles"]["url"], r"^gr%C3%B6%C3%9Fere%20tiles%201%25/[0-9a-f]{16}/$")
        grids = sorted(self.tiles.glob("*/*.webp"))
        self.assertEqual(len(grids), -(-ROWS // data["tiles"]["per_sheet"]))
        for grid in grids:
            with Image.open(grid) as image:
                self.assertLessEqual(max(image.size), 1024)
        before = {grid.name: grid.read_bytes() for grid in grids}
        self.report()
        again = {grid.name: grid.read_bytes() for grid in self.tiles.glob("*/*.webp")}
        self.assertEqual(before, again)


if __name__ == "__main__":
    unittest.main()
