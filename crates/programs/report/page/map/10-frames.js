// @ts-check
// The part of the data that is shown first: all of it, or without outliers that squeeze the rest.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.Frame} Frame */

  /** Share of the points that is cut off at each end of an axis. */
  const TRIMMED = 0.005;
  /** With fewer points, a single one counts too much to be cut off. */
  const FEWEST = 50;
  /** Margin around the trimmed range, as a share of it. */
  const MARGIN = 0.08;
  /** An axis is robust if its full range is this many times the trimmed one. */
  const STRETCHED = 1.5;

  /**
   * Finds the full and the trimmed range of an axis.
   * @param {WardrobeMap.Numbers} values finite, not empty
   */
  const ranges = (values) => {
    const sorted = Float64Array.from(values).sort();
    const n = sorted.length;
    const cut = n < FEWEST ? 0 : Math.max(1, Math.floor(TRIMMED * n));
    const [low, high] = [sorted[0], sorted[n - 1]];
    const margin = MARGIN * (sorted[n - 1 - cut] - sorted[cut]);
    const trimmedLow = Math.max(low, sorted[cut] - margin);
    const trimmedHigh = Math.min(high, sorted[n - 1 - cut] + margin);
    const trimmed = trimmedHigh - trimmedLow;
    const stretched = trimmed > 0 && high - low > STRETCHED * trimmed;
    return { low, high, trimmedLow, trimmedHigh, stretched };
  };

  /**
   * Makes a range wider that has no extent.
   * @param {number} low
   * @param {number} high
   * @returns {[number, number]}
   */
  const widened = (low, high) => {
    if (high > low) return [low, high];
    const half = Math.max(1, Math.abs(low) * 1e-3);
    return [low - half, low + half];
  };

  /**
   * Finds the frame of all points and the one that outliers do not stretch.
   *
   * The two are equal unless outliers make an axis much longer than the range of the rest.
   * @param {WardrobeMap.Numbers} x
   * @param {WardrobeMap.Numbers} y as many as x
   * @returns {{full: Frame, robust: Frame}}
   */
  const framesOf = (x, y) => {
    if (!x.length) {
      const unit = { left: 0, right: 1, bottom: 0, top: 1 };
      return { full: unit, robust: unit };
    }
    const [across, up] = [ranges(x), ranges(y)];
    /** @type {(axis: typeof across) => [number, number]} */
    const fullRange = (axis) => widened(axis.low, axis.high);
    /** @type {(axis: typeof across) => [number, number]} */
    const robustRange = (axis) =>
      axis.stretched ? [axis.trimmedLow, axis.trimmedHigh] : fullRange(axis);
    /** @type {(range: typeof fullRange) => Frame} */
    const frame = (range) => {
      const [[left, right], [bottom, top]] = [range(across), range(up)];
      return { left, right, bottom, top };
    };
    return { full: frame(fullRange), robust: frame(robustRange) };
  };

  /**
   * Counts the points that lie outside a frame.
   * @param {WardrobeMap.Numbers} x
   * @param {WardrobeMap.Numbers} y
   * @param {Frame} frame
   */
  const countOutside = (x, y, frame) => {
    let outside = 0;
    for (let i = 0; i < x.length; i++) {
      const inside =
        x[i] >= frame.left && x[i] <= frame.right && y[i] >= frame.bottom && y[i] <= frame.top;
      if (!inside) outside++;
    }
    return outside;
  };

  const frames = { framesOf, countOutside };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).frames = frames;
  if (typeof module !== 'undefined') module.exports = frames;
})();
