// @ts-check
// The layer of points: WebGL where it works, else a plain canvas, also when WebGL is lost later.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.State} State */

  /** Opacity, 0 to 255, of a group while another is shown alone. */
  const HIDDEN = 26;
  /** Opacity, 0 to 255, of noise. */
  const NOISE_OPACITY = 120;
  /** More device pixels per CSS pixel cost time and are not seen. */
  const MOST_PIXEL_RATIO = 3;

  /**
   * Returns device pixels per CSS pixel. Paper has more of them than the screen.
   * @param {boolean} printing
   */
  const pixelRatio = (printing = false) =>
    printing ? MOST_PIXEL_RATIO : Math.min(MOST_PIXEL_RATIO, devicePixelRatio || 1);

  /**
   * Lists red, green, blue and opacity of each group and, at the end, of noise.
   * @param {State} state
   */
  const colorTable = (state) => {
    const entries = [...state.colors, state.noise];
    return Uint8Array.from(
      entries.flatMap((color, group) => {
        const isNoise = group === state.colors.length;
        const own = isNoise ? NOISE_OPACITY : 255;
        return [...color, state.only < 0 || state.only === group ? own : HIDDEN];
      }),
    );
  };

  /**
   * Makes the layer inside an element.
   * @param {HTMLElement} stage
   * @param {State} state
   * @param {() => void} invalidate draws the map in the next frame
   */
  const create = (stage, state, invalidate) => {
    const { webgl, canvas, pointStyle, dom } = wardrobeMap;
    const { x, y } = state.data;
    const order = pointStyle.drawingOrder(state.count);
    let wholeScale = state.view.scale;
    /** @type {WardrobeMap.Renderer | null} */
    let renderer = null;
    /** @type {HTMLCanvasElement | null} */
    let element = null;

    const update = {
      groups: () => {
        const noise = state.colors.length;
        const of = state.grouping?.of;
        const groups = new Float32Array(state.count);
        if (of) for (let i = 0; i < state.count; i++) groups[i] = Math.min(noise, of[i]);
        renderer?.setGroups(groups);
      },
      colors: () => renderer?.setColors(colorTable(state)),
      selection: () => renderer?.setSelected(state.selection.length ? state.flags : null),
    };
    const updateAll = () => {
      update.groups();
      update.colors();
      update.selection();
    };

    /** @type {(useWebgl: boolean) => boolean} */
    const start = (useWebgl) => {
      const next = dom.element('canvas', { class: 'map-points', 'aria-hidden': 'true' });
      const made = useWebgl
        ? webgl.create(next, x, y, order, state.home, state.data.renderer === 'webgl')
        : canvas.create(next, x, y, order);
      if (!made) return false;
      element?.remove();
      element = next;
      renderer = made;
      stage.prepend(next);
      stage.dataset.renderer = made.name;
      if (useWebgl) {
        next.addEventListener('webglcontextlost', () => {
          if (element === next) start(false);
        });
      }
      updateAll();
      invalidate();
      return true;
    };
    if (state.data.renderer === 'canvas' || !start(true)) start(false);

    const pace = pointStyle.createPace(state.count);
    let drawn = state.count;

    return {
      update,
      /** Tells whether the last frame left out points. */
      isPartial: () => drawn < state.count,
      updateAll,
      /** @type {(scale: number) => void} Sets the scale at which the whole map is seen. */
      setWholeScale: (scale) => {
        wholeScale = scale;
      },
      /** @type {(moving: boolean) => void} Draws the points; fewer while the view moves. */
      draw: (moving) => {
        const { view, theme } = state;
        const zoom = view.scale / wholeScale;
        drawn = moving ? pace.count(performance.now()) : state.count;
        renderer?.draw(view, {
          count: drawn,
          diameter: pointStyle.diameter(state.count, zoom, view.width * view.height),
          opacity: pointStyle.opacity(state.count, zoom),
          pixelRatio: pixelRatio(state.printing),
          paper: theme.paper,
          layered: state.only >= 0 || state.selection.length > 0,
        });
      },
    };
  };

  const pointsLayer = { create, pixelRatio, colorTable };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).pointsLayer = pointsLayer;
  if (typeof module !== 'undefined') module.exports = pointsLayer;
})();
