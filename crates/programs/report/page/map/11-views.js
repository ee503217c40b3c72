// @ts-check
// Views: which part of the data is seen, and in which size. All functions return new views.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.View} View */
  /** @typedef {WardrobeMap.Frame} Frame */
  /** @typedef {WardrobeMap.Limits} Limits */

  /**
   * Shows a whole frame in the middle of a canvas.
   * @param {Frame} frame
   * @param {number} width CSS pixels
   * @param {number} height CSS pixels
   * @param {number} margin CSS pixels between the frame and each edge
   * @returns {View}
   */
  const fit = (frame, width, height, margin) => {
    const across = Math.max(1, width - 2 * margin) / (frame.right - frame.left);
    const up = Math.max(1, height - 2 * margin) / (frame.top - frame.bottom);
    return {
      centerX: (frame.left + frame.right) / 2,
      centerY: (frame.bottom + frame.top) / 2,
      scale: Math.min(across, up),
      width,
      height,
    };
  };

  /** @type {(view: View, x: number) => number} */
  const toScreenX = (view, x) => (x - view.centerX) * view.scale + view.width / 2;
  /** @type {(view: View, y: number) => number} */
  const toScreenY = (view, y) => view.height / 2 - (y - view.centerY) * view.scale;
  /** @type {(view: View, x: number) => number} */
  const toDataX = (view, x) => (x - view.width / 2) / view.scale + view.centerX;
  /** @type {(view: View, y: number) => number} */
  const toDataY = (view, y) => (view.height / 2 - y) / view.scale + view.centerY;

  /**
   * Finds the part of the data that is seen.
   * @param {View} view
   * @returns {Frame}
   */
  const visibleFrame = (view) => ({
    left: toDataX(view, 0),
    right: toDataX(view, view.width),
    bottom: toDataY(view, view.height),
    top: toDataY(view, 0),
  });

  /**
   * Zooms so that the data under a place of the canvas stays there.
   * @param {View} view
   * @param {number} factor above 1 to zoom in
   * @param {number} x CSS pixels
   * @param {number} y CSS pixels
   * @param {Limits} limits
   * @returns {View}
   */
  const zoomAt = (view, factor, x, y, limits) => {
    const scale = Math.min(limits.largest, Math.max(limits.smallest, view.scale * factor));
    const [dataX, dataY] = [toDataX(view, x), toDataY(view, y)];
    return {
      ...view,
      scale,
      centerX: dataX - (x - view.width / 2) / scale,
      centerY: dataY + (y - view.height / 2) / scale,
    };
  };

  /**
   * Moves what is seen by CSS pixels.
   * @param {View} view
   * @param {number} right
   * @param {number} down
   * @returns {View}
   */
  const pan = (view, right, down) => ({
    ...view,
    centerX: view.centerX - right / view.scale,
    centerY: view.centerY + down / view.scale,
  });

  /**
   * Keeps the center of a view inside a frame, so that the data cannot get lost.
   * @param {View} view
   * @param {Frame} frame
   * @returns {View}
   */
  const keepInside = (view, frame) => ({
    ...view,
    centerX: Math.min(frame.right, Math.max(frame.left, view.centerX)),
    centerY: Math.min(frame.top, Math.max(frame.bottom, view.centerY)),
  });

  /**
   * Changes the size of the canvas; what is seen grows and shrinks with it.
   * @param {View} view
   * @param {number} width CSS pixels
   * @param {number} height CSS pixels
   * @returns {View}
   */
  const resize = (view, width, height) => {
    const growth = Math.sqrt((width * height) / Math.max(1, view.width * view.height));
    return { ...view, width, height, scale: view.scale * growth };
  };

  /**
   * Returns a view between two others, as an animation passes it.
   *
   * The place that both views show at the same pixel, if there is one, stays at that pixel.
   * @param {View} from
   * @param {View} to
   * @param {number} share 0 to 1
   * @returns {View}
   */
  const between = (from, to, share) => {
    const scale = from.scale * (to.scale / from.scale) ** share;
    const ratio = to.scale / from.scale;
    const way =
      Math.abs(ratio - 1) < 1e-6
        ? share
        : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
    return {
      ...to,
      scale,
      centerX: from.centerX + way * (to.centerX - from.centerX),
      centerY: from.centerY + way * (to.centerY - from.centerY),
    };
  };

  const views = {
    fit,
    toScreenX,
    toScreenY,
    toDataX,
    toDataY,
    visibleFrame,
    zoomAt,
    pan,
    keepInside,
    resize,
    between,
  };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).views = views;
  if (typeof module !== 'undefined') module.exports = views;
})();
