"""The map of the page in a headless browser, used with mouse, touch and keys.

The page is made from the script files of the map and made-up points, so that it needs no program.
Needs Chromium and its driver (Debian: chromium, chromium-driver) and is skipped without them.
"""

import csv
import time
import unittest

import numpy as np

import page_map
import test_page
from page_map import DRAWN, NAMES

# Width of the drawing and of its element, then the heights.
SIZES = """
const [points, stage] = ['.map-points', '.map-stage'].map((name) => document.querySelector(name));
return [points.width, stage.clientWidth, points.height, stage.clientHeight];
"""


class PageMap(page_map.MapTest):
    def test_it_opens_without_fetching_or_moving_anything(self):
        self.open()
        fetched = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
        names = [name for name in self.run_script(fetched) if not name.startswith("data:")]
        self.assertEqual(names, [])
        moved = self.browser.execute_async_script("""
            let sum = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
              sum += entry.value; })).observe({ type: 'layout-shift', buffered: true });
            setTimeout(() => arguments[0](sum), 200);""")
        self.assertEqual(moved, 0)

    def test_it_defines_one_global_name(self):
        self.open()
        self.assertEqual(self.run_script("return newNames"), ["wardrobeMap"])

    def test_the_point_under_the_pointer_is_told(self):
        self.open()
        told = self.hover(*self.place(*self.places[7]))
        self.assertEqual(told, "Image 7\numap-consensus: 0\ntrue class: cat")
        self.assertEqual(self.hover(*self.place(32000, 31000)), "", "no point is there")

    def test_the_wheel_zooms_at_the_pointer(self):
        self.open()
        place = self.place(*self.places[7])
        before = self.look()
        self.wheel(place, 4, -200)
        self.assertNotEqual(self.look(), before)
        # Four turns of 200 zoom by exp(1.6): the point stays, and its neighbors are apart.
        self.assertIn("Image 7\n", self.hover(*place))
        self.assertEqual(self.hover(place[0] + 20, place[1]), "")
        self.wheel(place, 4, 200)
        self.assertEqual(self.look(), before)

    def test_buttons_and_keys_zoom_and_reset(self):
        self.open()
        before = self.look()
        for act in ["zoom-in", "zoom-out"]:
            self.one(f"[data-act={act}]").click()
            self.settle()
            self.assertEqual(self.look() == before, act == "zoom-out", act)
        for keys, same in [("++", False), ("0", True), ("+", False), ("-", True)]:
            self.canvas.send_keys(keys)
            self.settle()
            self.assertEqual(self.look() == before, same, keys)

    def test_a_drag_moves_the_map(self):
        self.open()
        x, y = self.place(*self.places[7])
        self.drag((0, 0), (40, -10), (90, -50))
        self.assertIn("Image 7\n", self.hover(x + 90, y - 50))

    def test_two_fingers_zoom(self):
        self.open()
        box = self.canvas.rect
        x, y = self.place(*self.places[7])
        x, y = x + box["x"] + box["width"] / 2, y + box["y"] + box["height"] / 2
        for kind, apart in [("touchStart", 40), ("touchMove", 80), ("touchMove", 160)]:
            fingers = [{"x": x + (2 * at - 1) * apart, "y": y, "id": at} for at in [0, 1]]
            command = {"type": kind, "touchPoints": fingers}
            self.browser.execute_cdp_cmd("Input.dispatchTouchEvent", command)
        end = {"type": "touchEnd", "touchPoints": []}
        self.browser.execute_cdp_cmd("Input.dispatchTouchEvent", end)
        self.settle()
        place = self.place(*self.places[7])
        self.assertIn("Image 7\n", self.hover(*place))
        self.assertEqual(self.hover(place[0] + 20, place[1]), "", "its neighbors are apart")

    def test_a_rectangle_and_a_lasso_select(self):
        from selenium.webdriver.common.keys import Keys

        self.open()
        first = self.inside(29000, 31000, 29000, 31000)
        second = self.inside(33000, 35000, 33000, 35000)
        self.one("[data-mode=rectangle]").click()
        self.drag(self.place(29000, 31000), self.place(31000, 29000))
        self.assertEqual(self.run_script("return told"), first)
        self.assertEqual(self.one(".map-selection .map-head").text, f"{len(first)} points selected")
        self.one("[data-mode=lasso]").click()
        corners = [(33300, 33300), (34700, 33300), (34700, 34700), (33300, 34700)]
        self.drag(*[self.place(*corner) for corner in corners], keys=[Keys.SHIFT])
        self.assertEqual(self.run_script("return told"), sorted(first + second))
        counted = [row.text for row in self.browser.find_elements("css selector", "tbody tr")]
        self.assertEqual(counted[:2], ["3 400", "0 399"])
        classes = np.bincount(self.classes[first + second], minlength=5)
        named = {f"{NAMES[at]} {count}" for at, count in enumerate(classes) if count}
        self.assertEqual(set(counted[2:]), named)
        self.one("[data-mode=rectangle]").click()
        self.drag(self.place(29000, 31000), self.place(31000, 29000), keys=[Keys.ALT])
        self.assertEqual(self.run_script("return told"), second)
        self.canvas.send_keys(Keys.ESCAPE)
        self.assertEqual(self.run_script("return told"), [])
        self.one("[data-mode=pan]").click()
        self.drag(self.place(29000, 31000), self.place(31000, 29000), keys=[Keys.SHIFT])
        self.assertEqual(self.run_script("return told"), first)

    def test_the_selection_is_downloaded_as_csv(self):
        self.open(words="images")
        command = {"behavior": "allow", "downloadPath": str(self.folder)}
        self.browser.execute_cdp_cmd("Browser.setDownloadBehavior", command)
        chosen = self.inside(29000, 31000, 29000, 31000)
        self.run_script("map.select(arguments[0])", chosen)
        self.assertIsNone(self.run_script("return told"), "the page selected, not the user")
        self.assertEqual(len(self.browser.find_elements("css selector", ".map-gallery li")), 60)
        self.one("[aria-label='Next page']").click()
        shown = self.one(".map-gallery button").get_attribute("title")
        self.assertEqual(shown, f"Image {chosen[60]}")
        self.one("[data-act=csv]").click()
        path = self.folder / "selection.csv"
        for _ in range(100):
            if path.exists():
                break
            time.sleep(0.05)
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        self.assertEqual(header, ["row", "name", "group", "class"])
        expected = [
            [str(10 * i), f'{i}, "a".png', str(self.groups[i]), NAMES[self.classes[i]]]
            for i in chosen
        ]
        self.assertEqual(rows, expected)

    def test_one_group_can_be_shown_alone(self):
        self.open()
        before = self.look()
        place = self.place(*self.places[7])
        self.one("[data-group='3']").click()
        self.settle()
        self.assertEqual(self.one("[data-group='3']").get_attribute("aria-pressed"), "true")
        self.assertNotEqual(self.look(), before)
        self.assertEqual(self.hover(*place), "", "points of other groups are not found")
        self.one("[data-act=show-all]").click()
        self.settle()
        self.assertEqual(self.look(), before)
        self.run_script("map.setGrouping('true class')")
        self.settle()
        self.assertNotEqual(self.look(), before)
        texts = [entry.text for entry in self.browser.find_elements("css selector", "li button")]
        sizes = np.bincount(self.classes)
        self.assertEqual(texts, [f"{name}\n{size}" for name, size in zip(NAMES, sizes)])

    def test_arrow_keys_go_from_point_to_point(self):
        from selenium.webdriver.common.keys import Keys

        self.open()
        told = [7]
        self.hover(*self.place(*self.places[7]))
        for key, axis, sign in [(Keys.ARROW_UP, 1, 1), (Keys.ARROW_LEFT, 0, -1)] * 2:
            self.canvas.send_keys(key)
            title = self.run_script("return document.querySelector('.map-card strong').textContent")
            told.append(int(title.split()[1]))
            before, after = self.places[told[-2:]].astype(int)
            self.assertGreater(sign * (after - before)[axis], 0)
        self.assertEqual(len(set(told)), 5)
        status = self.run_script("return document.querySelector('.map-heard').textContent")
        self.assertTrue(status.startswith(f"Image {told[-1]}, umap-consensus: "), status)
        self.canvas.send_keys(Keys.ENTER)
        self.assertEqual(self.run_script("return told"), told[-1:])

    def test_outliers_are_left_out_until_all_is_shown(self):
        self.open()
        note = self.one(".map-outside")
        self.assertIn("3 points lie outside the frame", note.text)
        self.assertGreater(self.home[2], 5 * 700 / 65536, "the frame is that of the groups")
        self.one("[data-act=all]").click()
        self.settle()
        width, height = self.canvas.size["width"], self.canvas.size["height"]
        corner = round(min(width, height) / 2 - 18)
        self.assertIn("umap-consensus: noise", self.hover(-corner, corner))
        # Where all is shown, the wheel scrolls the page on, and back over the map it zooms in.
        self.run_script("document.body.style.height = '3000px'")
        before = self.look()
        self.wheel((0, 0), 1, 40)
        self.assertEqual(self.look(), before)
        self.assertGreater(self.run_script("return scrollY"), 0)
        scrolled = self.run_script("return scrollY")
        self.wheel((0, 0), 1, -40)
        self.assertNotEqual(self.look(), before)
        self.assertEqual(self.run_script("return scrollY"), scrolled)

    def test_images_appear_when_few_points_are_in_view(self):
        self.open(words="images")
        shown = """const canvas = document.querySelector('.map-overlay');
            const { width, height } = canvas;
            const copy = new OffscreenCanvas(width, height).getContext('2d');
            copy.drawImage(canvas, 0, 0);
            const { data } = copy.getImageData(0, 0, width, height);
            let count = 0;
            for (let at = 0; at < data.length; at += 4) {
              count += data[at] === 1 && data[at + 1] === 2 && data[at + 2] === 3; }
            return count;"""
        self.assertEqual(self.run_script(shown), 0)
        self.wheel(self.place(*self.places[7]), 8, -240)
        self.assertGreater(self.run_script(shown), 30 * 30)

    def test_webgl_and_canvas_draw_the_same_and_replace_each_other(self):
        shares = []
        for renderer in ["webgl", "canvas"]:
            self.open(words=f"renderer={renderer}")
            name = self.run_script("return document.querySelector('.map-stage').dataset.renderer")
            if name != renderer:
                self.skipTest("this Chromium has no WebGL")
            shares.append(self.run_script(DRAWN))
        np.testing.assert_allclose(*shares, atol=2.0)
        self.open(words="renderer=webgl")
        self.run_script("""document.querySelector('.map-points').getContext('webgl2')
            .getExtension('WEBGL_lose_context').loseContext();""")
        self.settle()
        name = self.run_script("return document.querySelector('.map-stage').dataset.renderer")
        self.assertEqual(name, "canvas")
        np.testing.assert_allclose(self.run_script(DRAWN), shares[1], atol=0.1)

    def test_it_follows_its_size(self):
        self.open()
        for width in [700, 1500]:
            metrics = {"width": width, "height": 700, "deviceScaleFactor": 2, "mobile": False}
            self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            self.settle()
            self.home = self.run_script("return home()")
            self.assertIn("Image 7\n", self.hover(*self.place(*self.places[7])))
            sizes = self.run_script(SIZES)
            self.assertEqual(sizes[::2], [2 * size for size in sizes[1::2]])
        # A map in a closed part of the page is drawn when that part is opened.
        self.run_script("""
            document.getElementById('map').remove();
            const root = document.createElement('div');
            root.id = 'map';
            root.hidden = true;
            document.body.prepend(root);
            wardrobeMap.create(root, { x, y, groupings, title: String, thumbnail: null });
            root.hidden = false;""")
        self.settle()
        sizes = self.run_script(SIZES)
        self.assertEqual(sizes[::2], [2 * size for size in sizes[1::2]])
        self.assertLess(np.min(self.run_script(DRAWN)), 240, "points are drawn")

    def test_both_themes_and_all_widths(self):
        for width in [400, 1280, 1920]:
            for theme in ["light", "dark"]:
                self.open(width, theme)
                self.run_script("map.select([1, 2, 3])")
                poor = [each for each in self.run_script(test_page.CONTRASTS) if each[0] < 4.5]
                self.assertEqual(poor, [], (width, theme))
                wide = self.run_script("return document.documentElement.scrollWidth")
                self.assertLessEqual(wide, width)
                sizes = self.run_script(SIZES)
                self.assertEqual(sizes[::2], sizes[1::2])



if __name__ == "__main__":
    unittest.main()
