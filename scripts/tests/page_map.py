"""A page that holds the map alone, with made-up points, and what tests do with it in a browser."""

import base64
import json
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np

import test_page

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "crates/programs/report/page/map"
POLICY = (
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
NAMES = ["cat", "dog", "Straße, lang", "猫", "👟"]
NOISE = 255

SCRIPT = """
'use strict';
const numbers = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const data = JSON.parse(document.getElementById('data').textContent);
const [x, y] = [data.x, data.y].map((text) => new Uint16Array(numbers(text).buffer));
const groupings = data.groupings.map(({ of, ...rest }) => ({ ...rest, of: numbers(of) }));
const image = document.createElement('canvas');
image.width = image.height = 8;
image.getContext('2d').fillStyle = 'rgb(1 2 3)';
image.getContext('2d').fillRect(0, 0, 8, 8);
const newNames = Object.getOwnPropertyNames(window).filter((name) => !before.includes(name));
let told = null;
const words = new URLSearchParams(location.search);
const map = wardrobeMap.create(document.getElementById('map'), {
  x, y, groupings, title: (i) => `Image ${i}`, fileName: (i) => `${i}, "a".png`,
  row: (i) => 10 * i, renderer: words.get('renderer') ?? undefined,
  thumbnail: words.has('images') ? () => ({ image, sx: 0, sy: 0, width: 8, height: 8 }) : null,
  onSelect: (indices) => { told = [...indices]; },
});
const home = () => {
  const canvas = document.querySelector('.map-overlay');
  const frame = wardrobeMap.frames.framesOf(x, y).robust;
  const view = wardrobeMap.views.fit(frame, canvas.clientWidth, canvas.clientHeight, 18);
  return [view.centerX, view.centerY, view.scale];
};
"""


def made_up():
    """Returns positions (n, 2), the group and the class of each of 2,003 points."""
    generator = np.random.default_rng(5)
    groups = np.repeat(np.arange(5), 400)
    corners = [[30000, 30000], [34000, 30000], [30000, 34000], [34000, 34000]]
    centers = np.array([*corners, [32000, 32000]])
    places = centers[groups] + generator.uniform(-600, 600, (2000, 2))
    # One point stands alone between the groups, and three are far away from all others.
    places[7] = [32000, 30500]
    places = np.vstack([places, [[0, 0], [65535, 65535], [0, 65535]]]).round().astype("<u2")
    groups = np.append(groups, [NOISE] * 3)
    classes = np.where(np.arange(2003) % 10, groups % NOISE, 4)
    return places, groups.astype("u1"), classes.astype("u1")


def page(places, groups, classes):
    """Returns a page that holds the map alone."""

    def encode(values):
        return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()

    def grouping(name, names, of):
        return {"name": name, "names": names, "noise": NOISE, "of": encode(of)}

    data = {
        "x": encode(places[:, 0]),
        "y": encode(places[:, 1]),
        "groupings": [
            grouping("umap-consensus", [str(group) for group in range(5)], groups),
            grouping("true class", NAMES, classes),
        ],
    }
    script = "\n".join(path.read_text(encoding="utf-8") for path in sorted(MAP.glob("*.js")))
    style = (MAP / "map.css").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Map</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}"><link rel="icon" href="data:,">
<style>:root {{ color-scheme: light dark }}
body {{ background: light-dark(#ffffff, #14171c); color: light-dark(#1a1d21, #e8eaed) }}
{style}</style></head><body><div id="map" class="wardrobe-map"></div><p>After the map.</p>
<script type="application/json" id="data">{json.dumps(data)}</script>
<script>const before = Object.getOwnPropertyNames(window);</script><script>{script}</script>
<script>{SCRIPT}</script></body></html>"""

# Mean color of each of 8 x 8 parts of the points, on white.
DRAWN = """
const points = document.querySelector('.map-points');
const onWhite = new OffscreenCanvas(points.width, points.height);
const context = onWhite.getContext('2d', { willReadFrequently: true });
context.fillStyle = 'white';
context.fillRect(0, 0, points.width, points.height);
context.drawImage(points, 0, 0);
const [width, height] = [Math.floor(points.width / 8), Math.floor(points.height / 8)];
return Array.from({ length: 64 }, (_, at) => {
  const { data } = context.getImageData(
    (at % 8) * width, Math.floor(at / 8) * height, width, height);
  return [0, 1, 2].map((channel) =>
    data.reduce((sum, level, k) => sum + (k % 4 === channel ? level : 0), 0) / width / height);
});
"""


@unittest.skipUnless(
    test_page.CHROMIUM and test_page.DRIVER,
    "no Chromium with its driver: the map is not opened in a browser",
)
class MapTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from selenium import webdriver

        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.places, cls.groups, cls.classes = made_up()
        text = page(cls.places, cls.groups, cls.classes)
        (cls.folder / "map.html").write_text(text, encoding="utf-8")
        options = webdriver.ChromeOptions()
        options.binary_location = test_page.CHROMIUM
        for word in [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--enable-unsafe-swiftshader",
        ]:
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(test_page.DRIVER)
        cls.browser = webdriver.Chrome(options=options, service=service)
        cls.addClassCleanup(cls.browser.quit)
        cls.browser.set_script_timeout(20)

    def tearDown(self):
        # Chromium itself notes that reading back pixels takes time.
        said = [
            entry
            for entry in self.browser.get_log("browser")
            if "GPU stall due to ReadPixels" not in entry["message"]
        ]
        self.assertEqual(said, [], "the console says nothing")

    def open(self, width=1280, theme="light", words=""):
        command = self.browser.execute_cdp_cmd
        features = {"prefers-color-scheme": theme, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in features.items()]
        command("Emulation.setEmulatedMedia", {"features": features})
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        command("Emulation.setDeviceMetricsOverride", metrics)
        self.browser.get("about:blank")
        self.browser.get((self.folder / "map.html").as_uri() + "?" + words)
        self.canvas = self.one(".map-overlay")
        self.home = self.run_script("return home()")
        self.settle()

    def run_script(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def one(self, selector):
        return self.browser.find_element("css selector", selector)

    def settle(self):
        """Waits until the view stands still and is drawn."""
        self.browser.execute_async_script(
            "setTimeout(() => requestAnimationFrame(() => setTimeout(arguments[0])), 220)"
        )

    def place(self, x, y):
        """Returns where a place of the data is on the whole map, in pixels from its middle."""
        center_x, center_y, scale = self.home
        return round((x - center_x) * scale), round((center_y - y) * scale)

    def actions(self):
        from selenium.webdriver import ActionChains

        return ActionChains(self.browser, duration=30)

    def drag(self, *places, keys=()):
        """Presses at the first place (pixels from the middle) and releases at the last."""
        actions = self.actions()
        for key in keys:
            actions.key_down(key)
        actions.move_to_element_with_offset(self.canvas, *places[0]).click_and_hold()
        for place in places[1:]:
            actions.move_to_element_with_offset(self.canvas, *place)
        actions.release()
        for key in keys:
            actions.key_up(key)
        actions.perform()
        self.settle()

    def hover(self, *place):
        """Returns the text of the card at a place (pixels from the middle)."""
        self.actions().move_to_element_with_offset(self.canvas, *place).perform()
        self.settle()
        card = self.one(".map-card")
        return card.text if card.is_displayed() else ""

    def wheel(self, place, turns, pixels):
        from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

        origin = ScrollOrigin.from_element(self.canvas, *place)
        for _ in range(turns):
            self.actions().scroll_from_origin(origin, 0, pixels).perform()
        self.settle()

    def look(self):
        """Returns the points of the map as bytes."""
        return self.run_script("return document.querySelector('.map-points').toDataURL()")

    def inside(self, left, right, bottom, top):
        x, y = self.places.astype(int).T
        return np.flatnonzero((x > left) & (x < right) & (y > bottom) & (y < top)).tolist()
