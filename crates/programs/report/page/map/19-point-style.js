// @ts-check
// How large and how opaque points are, and in which order they are drawn.
(() => {
  'use strict';

  /**
   * Finds the diameter of points in CSS pixels.
   *
   * Many points are smaller than few, and points grow while one zooms in, but less than the map.
   * @param {number} count number of points
   * @param {number} zoom scale of the view as a multiple of that of the whole map
   * @param {number} area of the canvas in CSS pixels
   */
  const diameter = (count, zoom, area) => {
    const room = Math.min(1.25, Math.max(0.8, Math.sqrt(area) / 750));
    const whole = Math.min(6.5, 5.2 * (2000 / Math.max(1, count)) ** 0.2) * room;
    return Math.min(11, Math.max(1.8, whole * Math.max(0.5, zoom) ** 0.3));
  };

  /**
   * Finds the opacity of points: lower where many overlap.
   * @param {number} count number of points
   * @param {number} zoom scale of the view as a multiple of that of the whole map
   */
  const opacity = (count, zoom) => {
    const density = count / 2000 / Math.max(1, zoom) ** 1.2;
    return Math.min(0.9, Math.max(0.5, 0.9 - 0.12 * Math.log2(Math.max(1, density))));
  };

  /**
   * Shuffles the numbers below `count`, always in the same way.
   *
   * Rows of a file are often sorted by class; drawn in their order, the last class would hide the
   * others.
   * @param {number} count
   */
  const drawingOrder = (count) => {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    let state = 0x2545f491;
    for (let last = count - 1; last > 0; last--) {
      // Xorshift (Marsaglia 2003).
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const other = (state >>> 0) % (last + 1);
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  };

  const pointStyle = { diameter, opacity, drawingOrder };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).pointStyle = pointStyle;
  if (typeof module !== 'undefined') module.exports = pointStyle;
})();
