"""The page in a headless browser: its contents, its switches, and that it loads no other file.

Needs Chromium and its driver (Debian: chromium, chromium-driver) and is skipped without them.
"""

import base64
import io
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np

from pipeline import ROOT, make

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


@unittest.skipUnless(
    CHROMIUM and DRIVER, "no Chromium with its driver: the page is not opened in a browser"
)
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from selenium import webdriver

        cls.artifacts = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.artifacts)
        make(cls.artifacts)
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

    def open(self, width=1400, theme="light"):
        command = self.browser.execute_cdp_cmd
        command(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": theme}]},
        )
        command(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False},
        )
        # A test before this one may have left the same page, which get() then calls loaded early.
        self.browser.get("about:blank")
        self.browser.get((self.artifacts / "report/index.html").as_uri())
        self.wait_until_loaded()
        return self.browser

    def wait_until_loaded(self):
        """Returns when the page is read to its end, before which the driver may go on."""
        from selenium.webdriver.support.ui import WebDriverWait

        loaded = "return location.href !== 'about:blank' && document.readyState === 'complete'"
        WebDriverWait(self.browser, 60).until(lambda browser: browser.execute_script(loaded))

    def tearDown(self):
        if hasattr(self, "browser"):
            self.assertEqual(self.browser.get_log("browser"), [], "the console says nothing")

    def by_id(self, name):
        return self.browser.find_element("id", name)

    def look(self):
        """Returns the picture of the map as bytes."""
        return self.browser.execute_script("return document.getElementById('canvas').toDataURL()")

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

    def test_both_themes_can_be_read(self):
        grounds = []
        for theme in ["light", "dark"]:
            browser = self.open(theme=theme)
            browser.execute_script(
                "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
            )
            poor = [
                (contrast, text)
                for contrast, text in browser.execute_script(CONTRASTS)
                if contrast < 4.5
            ]
            self.assertEqual(poor, [], theme)
            grounds.append(
                browser.execute_script("return getComputedStyle(document.body).backgroundColor")
            )
            browser.save_screenshot(str(ROOT / "target" / f"page-{theme}.png"))
        self.assertNotEqual(*grounds)

    def test_the_theme_can_be_changed(self):
        browser = self.open()
        before, map_before = (
            browser.execute_script("return getComputedStyle(document.body).backgroundColor"),
            self.look(),
        )
        self.by_id("theme").click()
        self.assertEqual(self.by_id("theme").text, "Light")
        self.assertNotEqual(
            browser.execute_script("return getComputedStyle(document.body).backgroundColor"), before
        )
        self.assertNotEqual(self.look(), map_before)
        self.by_id("theme").click()
        self.assertEqual(self.look(), map_before)

    def test_it_fits_small_and_large_screens(self):
        for width in [400, 1600]:
            browser = self.open(width)
            browser.execute_script(
                "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
            )
            self.assertLessEqual(
                browser.execute_script("return document.documentElement.scrollWidth"), width
            )

    def test_the_image_under_the_pointer_is_shown(self):
        from PIL import Image
        from selenium.webdriver import ActionChains

        browser = self.open()
        canvas = self.by_id("canvas")
        browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", canvas)
        images = np.load(self.artifacts / "data/train-images.npy")
        places = np.load(self.artifacts / "umap/map/train.npy")
        span = np.ptp(places, axis=0).max()
        middle = (places.max(axis=0) + places.min(axis=0)) / 2
        seen = 0
        for row in [0, 100, 700, 1437]:
            # Positions count from the middle of the canvas, of which a share of 0.94 is map.
            x, y = (places[row] - middle) / span * 0.94 * canvas.size["width"]
            ActionChains(browser).move_to_element_with_offset(
                canvas, int(round(x)), -int(round(y))
            ).perform()
            browser.execute_async_script("setTimeout(arguments[0], 300)")
            told = self.by_id("found").text
            found = int(re.match(r"Image (\d+)\n", told)[1])
            seen += found == row
            for system in ["latents-kmeans", "umap-consensus"]:
                cluster = np.load(self.artifacts / f"clusters/{system}/train.npy")[found]
                self.assertIn(f"{system}: {cluster}\n", told)
            self.assertTrue(
                told.endswith(
                    f"true class: {np.load(self.artifacts / 'data/train-labels.npy')[found]}"
                ),
                told,
            )
            shown = browser.execute_script(
                "return document.getElementById('face').toDataURL().split(',')[1]"
            )
            face = (
                Image.open(io.BytesIO(base64.b64decode(shown)))
                .convert("L")
                .resize(images.shape[:0:-1], Image.Resampling.BOX)
            )
            difference = np.abs(np.asarray(face, float) - images[found]).mean()
            others = np.abs(np.asarray(face, float) - images).mean(axis=(1, 2))
            self.assertLess(difference, 20)
            self.assertLessEqual(
                difference, np.quantile(others, 0.01), "it is this image rather than others"
            )
        self.assertGreaterEqual(seen, 2, "a point lies where the file says, if no other hides it")

    def test_the_map_can_be_used_by_keyboard(self):
        from selenium.webdriver.common.keys import Keys

        self.open()
        canvas = self.by_id("canvas")
        told = set()
        for _ in range(6):
            canvas.send_keys(Keys.SHIFT + Keys.ARROW_LEFT)
            told.add(self.by_id("found").text.split("\n")[0])
        self.assertGreater(len(told), 2)
        self.assertTrue(all(text.startswith("Image ") for text in told), told)

    def test_the_map_is_colored_by_what_is_chosen(self):
        from selenium.webdriver.support.select import Select

        browser = self.open()
        by = Select(self.by_id("by"))
        self.assertEqual(by.options[-1].text, "true class")
        self.assertEqual(by.first_selected_option.text, "umap-consensus")
        looks = {self.look()}
        for name in ["pixels-kmeans", "true class"]:
            by.select_by_visible_text(name)
            looks.add(self.look())
        self.assertEqual(len(looks), 3)
        buttons = browser.find_elements("css selector", "#legend button")
        self.assertEqual(
            [button.text for button in buttons],
            [
                f"{name} ({count})"
                for name, count in enumerate(
                    np.bincount(np.load(self.artifacts / "data/train-labels.npy"))
                )
            ],
        )
        all_alike = self.look()
        buttons[3].click()
        self.assertEqual(buttons[3].get_attribute("aria-pressed"), "true")
        self.assertNotEqual(self.look(), all_alike)
        buttons[3].click()
        self.assertEqual(self.look(), all_alike)

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
            return bad.map((element) => element.outerHTML.slice(0, 100));
        """)
        self.assertEqual(nameless, [])


if __name__ == "__main__":
    unittest.main()
