// @ts-check
// Which images the map shows in the place of points, and in which size.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.ScreenPoint} ScreenPoint */

  /** Sizes of thumbnails in CSS pixels; steps, so that they do not flicker while one pans. */
  const SIZES = [24, 32, 40, 52, 68, 88, 112];
  /** Share of a thumbnail that another may cover along each axis. */
  const OVERLAP = 0.25;

  /**
   * Chooses the size in which `count` images fill a good part of a canvas.
   * @param {number} count at least 1
   * @param {number} width CSS pixels
   * @param {number} height CSS pixels
   */
  const sizeFor = (count, width, height) => {
    const wanted = 0.55 * Math.sqrt((width * height) / count);
    return SIZES.findLast((size) => size <= wanted) ?? SIZES[0];
  };

  /**
   * Orders points, or groups, the same way in every view, but not by their numbers.
   *
   * Rows of a file are often sorted by class, and the first should not hide all others.
   * @param {number} index
   */
  const rank = (index) => Math.imul(index + 1, 0x9e3779b1) >>> 0;

  /**
   * Leaves out points whose images would cover too much of others.
   * @param {ScreenPoint[]} points
   * @param {number} size CSS pixels
   * @returns {ScreenPoint[]} the points whose images are drawn, in the order of drawing
   */
  const layOut = (points, size) => {
    const least = size * (1 - OVERLAP);
    const order = [...points].sort((a, b) => rank(a.index) - rank(b.index));
    /** @type {ScreenPoint[]} */
    const placed = [];
    for (const point of order) {
      const hidden = placed.some(
        (other) => Math.abs(other.x - point.x) < least && Math.abs(other.y - point.y) < least,
      );
      if (!hidden) placed.push(point);
    }
    return placed;
  };

  const thumbnailLayout = { sizeFor, rank, layOut };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).thumbnailLayout = thumbnailLayout;
  if (typeof module !== 'undefined') module.exports = thumbnailLayout;
})();
