"""What the page is on paper, and that the screen is afterwards as it was before."""

import base64
import re
import zlib

import numpy as np

# Size of the drawing of the map on paper: 18 by 14 cm less the border, at three pixels a unit.
WIDTH, HEIGHT = [3 * (round(size / 2.54 * 96) - 2) for size in [18, 14]]

# What a reader sees on the screen: the theme, the tab, and which parts are open.
SCREEN = """
const root = document.documentElement;
return [root.className, root.dataset.theme, getComputedStyle(document.body).backgroundColor,
  [...document.querySelectorAll('.panel')].map((panel) => panel.checkVisibility()),
  [...document.querySelectorAll('details')].map((part) => part.open)];
"""
# Width of paper without its margins, in CSS pixels: A4, and letter is wider.
PAPER = 718


def drawings(pdf):
    """Returns the pictures of a PDF that have the size of the map, each (height, width, 3)."""
    found = []
    for about, content in re.findall(rb"obj\s*<<(.*?)>>\s*stream\r?\n(.*?)endstream", pdf, re.S):
        sides = [re.search(rb"/%s (\d+)" % side, about) for side in [b"Width", b"Height"]]
        if not all(sides):
            continue
        width, height = [int(side[1]) for side in sides]
        if abs(width - WIDTH) <= 6 and abs(height - HEIGHT) <= 6:
            values = np.frombuffer(zlib.decompressobj().decompress(content), "u1")
            # One value a pixel is the opacity of another picture.
            if len(values) == 3 * width * height:
                found.append(values.reshape(height, width, 3).astype(int))
    return found


class PrintTests:
    """Tests for a class that opens the page in a browser, as `test_page.Page` does."""

    def print(self):
        """Prints as a reader does, and returns the PDF."""
        return base64.b64decode(self.browser.execute_cdp_cmd("Page.printToPDF", {})["data"])

    def check_map(self, pdf):
        """Checks that the map is in a PDF, light, with a part in about each group's color."""
        [drawing] = drawings(pdf)
        self.assertGreater(drawing.min(axis=2).mean(), 200, "paper is light")
        colored = drawing[np.ptp(drawing, axis=2) > 60]
        self.assertGreater(len(colored), 10_000, "points have ink")
        self.assertGreater(len(np.unique(colored // 64, axis=0)), 5, "groups have colors")

    def test_the_map_is_printed_though_its_tab_was_never_opened(self):
        self.open(theme="dark")
        before = self.browser.execute_script(SCREEN)
        self.assertEqual(self.all(".map-points"), [])
        self.check_map(self.print())
        self.assertEqual(self.browser.execute_script(SCREEN), before)
        # The map on the screen has the size of its place there, and the other theme.
        self.tabs()[1].click()
        sizes = self.browser.execute_script("""
            return ['.map-stage', '.map-points', '.map-overlay']
              .map((name) => document.querySelector(name))
              .flatMap(({ width, height, clientWidth, clientHeight }) =>
                [width ?? clientWidth, height ?? clientHeight]);""")
        self.assertEqual(sizes, sizes[:2] * 3)
        self.assertGreater(sizes[0], 800)
        points = self.browser.execute_script("""
            const points = document.querySelector('.map-points');
            return [...points.getContext('2d').getImageData(0, 0, 1, 1).data];""")
        self.assertLess(max(points[:3]), 60, "the map is dark again")

    def test_the_map_is_printed_when_it_is_on_the_screen(self):
        self.open(part="#map-section")
        self.wait(lambda: self.one(".map-points").is_displayed())
        look = "return document.querySelector('.map-points').toDataURL()"
        before = self.browser.execute_script(look)
        self.check_map(self.print())
        self.assertEqual(self.browser.execute_script(look), before)

    def test_names_on_the_map_do_not_hide_its_points(self):
        self.open(part="#map-section")
        self.wait(lambda: self.one(".map-points").is_displayed())
        # On paper the layer of names is drawn again, step by step: what it clears would be white.
        cleared = self.browser.execute_script("""
            const found = [];
            const { clearRect } = CanvasRenderingContext2D.prototype;
            CanvasRenderingContext2D.prototype.clearRect = function (...box) {
              if (document.documentElement.classList.contains('printing')) {
                found.push(this.canvas.className);
              }
              return clearRect.apply(this, box);
            };
            dispatchEvent(new Event('beforeprint'));
            dispatchEvent(new Event('afterprint'));
            return found;""")
        self.assertEqual(cleared, [])

    def test_nothing_is_wider_than_the_paper(self):
        command = self.browser.execute_cdp_cmd
        for page in ["report", "own"]:
            self.open(page=page)
            self.addCleanup(command, "Emulation.setEmulatedMedia", {"media": ""})
            metrics = {"width": PAPER, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
            command("Emulation.setDeviceMetricsOverride", metrics)
            command("Emulation.setEmulatedMedia", {"media": "print"})
            wide = self.browser.execute_script("""
                dispatchEvent(new Event('beforeprint'));
                return document.documentElement.scrollWidth;""")
            self.assertLessEqual(wide, PAPER, page)
