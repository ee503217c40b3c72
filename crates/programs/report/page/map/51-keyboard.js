// @ts-check
// Keys on the map: arrows go from point to point, others zoom and select.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.State} State */
  /** @typedef {WardrobeMap.Actions} Actions */

  /** CSS pixels that an arrow key moves at least, without and with Shift. */
  const STEP = 8;
  const LONG_STEP = 80;

  /** @type {Record<string, [number, number]>} */
  const TOWARD = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, 1],
    ArrowDown: [0, -1],
  };

  /** What the keys do, for a screen reader and as a hint below the map. */
  const HINT =
    'Wheel, pinch, + and −: zoom. Drag: move; with Shift: select. Arrow keys: next point, with ' +
    'Shift farther; Enter: select it. Escape: clear. 0: whole map.';

  /**
   * Finds the point that an arrow key leads to; -1 if none lies that way.
   * @param {State} state
   * @param {[number, number]} toward
   * @param {number} pixels
   */
  const next = (state, toward, pixels) => {
    const { view, index, data, current } = state;
    const step = pixels / view.scale;
    if (current < 0) {
      const { centerX, centerY } = view;
      // Begins with the point nearest to the middle of the view.
      for (let reach = step; reach < 1e6 * step; reach *= 2) {
        const found = index.nearest(centerX, centerY, reach, state.accepts);
        if (found >= 0) return found;
      }
      return -1;
    }
    return index.nearestToward(data.x[current], data.y[current], toward, step, state.accepts);
  };

  /**
   * Listens to keys on the canvas.
   * @param {HTMLCanvasElement} canvas
   * @param {State} state
   * @param {Actions} actions
   * @param {() => void} cancel ends a drag
   */
  const listen = (canvas, state, actions, cancel) => {
    const { ZOOM_STEP } = wardrobeMap.toolbar;
    /** @type {(factor: number) => void} */
    const zoom = (factor) => {
      const { current, view, data } = state;
      const { toScreenX, toScreenY } = wardrobeMap.views;
      if (current < 0) actions.zoom(factor, undefined, undefined, true);
      else {
        const [x, y] = [toScreenX(view, data.x[current]), toScreenY(view, data.y[current])];
        actions.zoom(factor, x, y, true);
      }
    };
    /** @type {Record<string, () => void>} */
    const keys = {
      '+': () => zoom(ZOOM_STEP),
      '=': () => zoom(ZOOM_STEP),
      '-': () => zoom(1 / ZOOM_STEP),
      0: () => actions.reset(),
      Enter: () => {
        const { current, flags } = state;
        if (current >= 0) actions.select([current], flags[current] ? 'remove' : 'add');
      },
      Escape: () => {
        if (state.path.length) cancel();
        else if (state.selection.length) actions.select([], 'replace');
        else if (state.only >= 0) actions.highlight(-1);
        else actions.point(-1, 'keyboard');
      },
    };
    canvas.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const toward = TOWARD[event.key];
      const run = keys[event.key];
      if (!toward && !run) return;
      event.preventDefault();
      if (run) {
        run();
        return;
      }
      const found = next(state, toward, event.shiftKey ? LONG_STEP : STEP);
      if (found < 0) return;
      actions.point(found, 'keyboard');
    });
  };

  const keyboard = { listen, next, HINT };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).keyboard = keyboard;
  if (typeof module !== 'undefined') module.exports = keyboard;
})();
