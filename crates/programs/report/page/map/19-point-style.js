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
    return Math.min(11, Math.max(1.8, whole * Math.max(1, zoom) ** 0.3));
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

  /** Milliseconds of a frame above which fewer points are drawn, and below which more are. */
  const SLOW_FRAME = 22;
  const FAST_FRAME = 18;
  /** Milliseconds without a frame after which a movement is a new one. */
  const NEW_MOVEMENT = 200;
  /** Fewer points would no longer show the groups. */
  const FEWEST = 8000;

  /**
   * Makes a counter that finds how many points can be drawn while the view moves.
   *
   * Where a frame takes long, fewer points are drawn until the view stands still. They are the
   * first in the order of drawing, which is shuffled, and so are spread over all groups.
   * @param {number} total
   */
  const createPace = (total) => {
    let last = -Infinity;
    let most = total;
    return {
      /** @type {(now: number) => number} Returns the number of points for the next frame. */
      count: (now) => {
        const took = now - last;
        last = now;
        if (took > NEW_MOVEMENT) return most;
        if (took > SLOW_FRAME) most = Math.max(Math.min(FEWEST, total), Math.floor(0.75 * most));
        else if (took < FAST_FRAME) most = Math.min(total, Math.ceil(1.05 * most));
        return most;
      },
    };
  };

  const pointStyle = { diameter, opacity, drawingOrder, createPace };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).pointStyle = pointStyle;
  if (typeof module !== 'undefined') module.exports = pointStyle;
})();
