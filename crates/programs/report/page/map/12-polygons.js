// @ts-check
// Polygons: what a lasso or a rectangle surrounds.
(() => {
  'use strict';

  /**
   * Tells whether a point lies in a polygon (even-odd rule).
   *
   * The polygon is closed by itself. A point on an edge may count as inside or outside.
   * @param {WardrobeMap.Numbers} polygon x and y of each corner, one after the other
   * @param {number} x
   * @param {number} y
   */
  const contains = (polygon, x, y) => {
    let inside = false;
    const last = polygon.length - 2;
    for (let at = 0, before = last; at <= last; before = at, at += 2) {
      const [x0, y0, x1, y1] = [polygon[before], polygon[before + 1], polygon[at], polygon[at + 1]];
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
    }
    return inside;
  };

  /**
   * Finds the smallest frame around a polygon.
   * @param {WardrobeMap.Numbers} polygon x and y of each corner, at least one corner
   * @returns {WardrobeMap.Frame}
   */
  const frameAround = (polygon) => {
    const frame = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
    for (let at = 0; at < polygon.length; at += 2) {
      frame.left = Math.min(frame.left, polygon[at]);
      frame.right = Math.max(frame.right, polygon[at]);
      frame.bottom = Math.min(frame.bottom, polygon[at + 1]);
      frame.top = Math.max(frame.top, polygon[at + 1]);
    }
    return frame;
  };

  /**
   * Makes the four corners of a rectangle from two opposite ones.
   * @param {number} x0
   * @param {number} y0
   * @param {number} x1
   * @param {number} y1
   */
  const rectangle = (x0, y0, x1, y1) => [x0, y0, x1, y0, x1, y1, x0, y1];

  const polygons = { contains, frameAround, rectangle };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).polygons = polygons;
  if (typeof module !== 'undefined') module.exports = polygons;
})();
