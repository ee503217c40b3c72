// @ts-check
// Mouse, pen and touch on the map: pan, pinch, wheel, rectangle, lasso, click.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.State} State */
  /** @typedef {WardrobeMap.Actions} Actions */

  /** CSS pixels that a pointer moves before a press becomes a drag. */
  const DRAG = 4;
  /** CSS pixels around a pointer in which points are found; touch is less exact. */
  const REACH = 12;
  const TOUCH_REACH = 24;
  /** CSS pixels between the corners of a lasso. */
  const CORNER = 3;
  /** Milliseconds without a turn of the wheel that end a gesture. */
  const WHEEL_PAUSE = 250;
  /** Zoom of a pixel of the wheel, and of a pinch on a touchpad, which tells smaller ones. */
  const WHEEL_ZOOM = 0.002;
  const PINCH_ZOOM = 0.01;
  /** Pixels of a line of the wheel, and most pixels of one turn. */
  const LINE = 20;
  const MOST_WHEEL = 240;

  /**
   * Finds the point at a place of the map, or whose thumbnail is there; -1 if there is none.
   * @param {State} state
   * @param {number} x CSS pixels
   * @param {number} y CSS pixels
   * @param {number} reach CSS pixels
   */
  const pointAt = (state, x, y, reach) => {
    const { view, index } = state;
    const thumbnail = state.thumbnails.findLast(
      (box) => Math.abs(box.x - x) <= box.width / 2 && Math.abs(box.y - y) <= box.height / 2,
    );
    if (thumbnail) return thumbnail.index;
    const { toDataX, toDataY } = wardrobeMap.views;
    const [dataX, dataY] = [toDataX(view, x), toDataY(view, y)];
    return index.nearest(dataX, dataY, reach / view.scale, state.accepts);
  };

  /** @type {(event: PointerEvent) => WardrobeMap.Join} */
  const joinOf = (event) => (event.altKey ? 'remove' : event.shiftKey ? 'add' : 'replace');

  /**
   * Zooms with the wheel, but lets the page scroll on where that is what somebody wants.
   *
   * A gesture scrolls the page if it began outside the map, or zooms out where all is seen already.
   * @param {HTMLCanvasElement} canvas
   * @param {State} state
   * @param {Actions} actions
   */
  const listenToWheel = (canvas, state, actions) => {
    let last = -Infinity;
    let zooms = false;
    addEventListener(
      'wheel',
      (event) => {
        if (event.timeStamp - last > WHEEL_PAUSE) {
          const out = event.deltaY > 0 && !event.ctrlKey;
          const least = state.view.scale <= state.limits.smallest * 1.001;
          zooms = event.target === canvas && !(out && least);
        }
        last = event.timeStamp;
      },
      { capture: true, passive: true },
    );
    canvas.addEventListener(
      'wheel',
      (event) => {
        if (!zooms) return;
        event.preventDefault();
        const pixels = event.deltaY * (event.deltaMode ? LINE : 1);
        const turn = Math.max(-MOST_WHEEL, Math.min(MOST_WHEEL, pixels));
        const factor = Math.exp(-turn * (event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM));
        const box = canvas.getBoundingClientRect();
        actions.zoom(factor, event.clientX - box.left, event.clientY - box.top);
      },
      { passive: false },
    );
  };

  /**
   * Listens to pointers on the canvas.
   * @param {HTMLCanvasElement} canvas
   * @param {State} state
   * @param {Actions} actions
   */
  const listen = (canvas, state, actions) => {
    const { polygons, views } = wardrobeMap;
    /** @type {Map<number, {x: number, y: number}>} */
    const pointers = new Map();
    /** @type {null | {x: number, y: number, mode: WardrobeMap.Mode, moved: boolean}} */
    let press = null;

    /** @type {(event: MouseEvent) => {x: number, y: number}} */
    const placeOf = (event) => {
      const box = canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const cancel = () => {
      press = null;
      state.path = [];
      delete canvas.dataset.dragging;
      actions.invalidate();
    };
    const middle = () => {
      const [a, b] = [...pointers.values()];
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
    };

    canvas.addEventListener('pointerdown', (event) => {
      if (event.button > 1) return;
      const place = placeOf(event);
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, place);
      if (pointers.size > 1) {
        cancel();
        return;
      }
      const rectangle = state.mode === 'pan' && event.shiftKey;
      const mode = event.button === 1 ? 'pan' : rectangle ? 'rectangle' : state.mode;
      press = { ...place, mode, moved: false };
      if (event.button === 1) event.preventDefault();
    });

    canvas.addEventListener('pointermove', (event) => {
      const place = placeOf(event);
      const before = pointers.get(event.pointerId);
      if (!before) {
        actions.point(pointAt(state, place.x, place.y, REACH), 'pointer');
        return;
      }
      if (pointers.size === 2) {
        const from = middle();
        pointers.set(event.pointerId, place);
        const to = middle();
        actions.setView(views.pan(state.view, to.x - from.x, to.y - from.y));
        actions.zoom(to.apart / Math.max(1, from.apart), to.x, to.y);
        return;
      }
      pointers.set(event.pointerId, place);
      if (!press) return;
      if (!press.moved && Math.hypot(place.x - press.x, place.y - press.y) < DRAG) return;
      if (!press.moved) {
        press.moved = true;
        canvas.dataset.dragging = press.mode;
        actions.point(-1, 'pointer');
        state.path = press.mode === 'lasso' ? [press.x, press.y] : [];
        // A pan takes up from where the press was, not from where it became a drag.
        if (press.mode === 'pan') before.x = press.x;
        if (press.mode === 'pan') before.y = press.y;
      }
      if (press.mode === 'pan') {
        actions.setView(views.pan(state.view, place.x - before.x, place.y - before.y));
      } else if (press.mode === 'rectangle') {
        state.path = polygons.rectangle(press.x, press.y, place.x, place.y);
      } else {
        const [x, y] = state.path.slice(-2);
        if (Math.hypot(place.x - x, place.y - y) >= CORNER) state.path.push(place.x, place.y);
      }
      actions.invalidate();
    });

    /** @type {(event: PointerEvent) => void} */
    const click = (event) => {
      const place = placeOf(event);
      const reach = event.pointerType === 'touch' ? TOUCH_REACH : REACH;
      const found = pointAt(state, place.x, place.y, reach);
      actions.point(found, 'pointer');
      const more = event.shiftKey || event.ctrlKey || event.metaKey;
      if (found >= 0) {
        actions.select([found], more ? (state.flags[found] ? 'remove' : 'add') : 'replace');
      } else if (!more) {
        actions.select([], 'replace');
      }
    };

    canvas.addEventListener('pointerup', (event) => {
      const single = pointers.size === 1;
      pointers.delete(event.pointerId);
      const ended = press;
      const polygon = state.path;
      if (!single || !ended) return;
      cancel();
      if (!ended.moved) {
        if (event.button === 0) click(event);
      } else if (ended.mode !== 'pan' && polygon.length >= 6) {
        // Shift makes a rectangle of a pan, so there it does not add.
        const join = state.mode === 'pan' ? 'replace' : joinOf(event);
        actions.selectInside(polygon, join);
      }
    });
    canvas.addEventListener('pointercancel', (event) => {
      pointers.delete(event.pointerId);
      cancel();
    });
    canvas.addEventListener('pointerleave', (event) => {
      if (event.pointerType !== 'touch' && !press) actions.point(-1, 'pointer');
    });
    canvas.addEventListener('dblclick', (event) => {
      const { x, y } = placeOf(event);
      if (state.mode === 'pan') actions.zoom(event.shiftKey ? 0.5 : 2, x, y, true);
    });
    listenToWheel(canvas, state, actions);
    return { cancel };
  };

  const pointer = { listen, pointAt };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).pointer = pointer;
  if (typeof module !== 'undefined') module.exports = pointer;
})();
