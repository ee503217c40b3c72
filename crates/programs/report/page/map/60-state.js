// @ts-check
// The state of a map, and the changes of it that touch no element.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.State} State */

  /** Coordinates that are whole numbers need no larger scale than this many pixels a unit. */
  const PIXELS_PER_UNIT = 8;
  /** Largest zoom, as a multiple of the whole map. */
  const MOST_ZOOM = 5000;
  const MOST_ZOOM_OF_WHOLE_NUMBERS = 50;
  /** CSS pixels between the points and the edge of the map. */
  const MARGIN = 18;

  /**
   * Checks that each point has both coordinates and a group in each grouping.
   * @param {WardrobeMap.Data} data
   */
  const check = ({ x, y, groupings }) => {
    const lengths = [y.length, ...groupings.map(({ of }) => of.length)];
    for (const length of lengths) {
      if (length === x.length) continue;
      throw new RangeError(`wardrobeMap: expected ${x.length} points as in x, found ${length}`);
    }
  };

  /**
   * Makes the state of a new map.
   * @param {HTMLElement} root
   * @param {WardrobeMap.Data} data
   * @param {WardrobeMap.Theme} theme
   * @returns {State}
   */
  const create = (root, data, theme) => {
    check(data);
    const { full, robust } = wardrobeMap.frames.framesOf(data.x, data.y);
    const count = data.x.length;
    const view = wardrobeMap.views.fit(robust, 1, 1, 0);
    /** @type {State} */
    const state = {
      data,
      count,
      root,
      index: wardrobeMap.gridIndex.build(data.x, data.y, robust),
      full,
      home: robust,
      view,
      limits: { smallest: view.scale, largest: view.scale },
      grouping: null,
      colors: [],
      noise: wardrobeMap.colors.NOISE,
      sizes: new Uint32Array(1),
      only: -1,
      flags: new Uint8Array(count),
      selection: new Uint32Array(0),
      current: -1,
      mode: 'pan',
      labels: true,
      printing: false,
      theme,
      thumbnails: [],
      path: [],
      accepts: (i) => state.only < 0 || groupOf(state, i) === state.only,
    };
    return state;
  };

  /**
   * Returns the group of a point; noise has the number of groups.
   * @param {State} state
   * @param {number} i
   */
  const groupOf = ({ grouping, sizes }, i) =>
    grouping ? Math.min(grouping.of[i], sizes.length - 1) : 0;

  /** @type {WeakMap<WardrobeMap.Grouping, WardrobeMap.Color[]>} Colors for light paper. */
  const known = new WeakMap();

  /**
   * Changes the colors to those of the grouping and the theme.
   * @param {State} state
   */
  const setColors = (state) => {
    const { data, grouping, home, theme } = state;
    const { colors, colorAssignment } = wardrobeMap;
    const first = [colors.PALETTE[0]];
    const found =
      (grouping && known.get(grouping)) ??
      (grouping ? colorAssignment.colorsOf(data.x, data.y, grouping, home) : first);
    if (grouping) known.set(grouping, found);
    state.colors = found.map((color) => colors.onPaper(color, theme.dark));
    state.noise = colors.onPaper(colors.NOISE, theme.dark);
  };

  /**
   * Colors the points by a grouping; all groups are shown.
   * @param {State} state
   * @param {WardrobeMap.Grouping | null} grouping
   */
  const setGrouping = (state, grouping) => {
    state.grouping = grouping;
    state.only = -1;
    const count = grouping?.names.length ?? 0;
    state.sizes = new Uint32Array(count + 1);
    if (grouping) for (const group of grouping.of) state.sizes[Math.min(count, group)]++;
    setColors(state);
  };

  /**
   * Joins points to the selection, or removes them from it.
   * @param {State} state
   * @param {ArrayLike<number>} points
   * @param {WardrobeMap.Join} join
   */
  const select = (state, points, join) => {
    if (join === 'replace') state.flags.fill(0);
    const flag = join === 'remove' ? 0 : 1;
    for (let at = 0; at < points.length; at++) {
      if (points[at] < state.count) state.flags[points[at]] = flag;
    }
    const selection = [];
    for (let i = 0; i < state.count; i++) if (state.flags[i]) selection.push(i);
    state.selection = Uint32Array.from(selection);
  };

  /**
   * Lists the points inside a polygon of CSS pixels.
   * @param {State} state
   * @param {number[]} polygon
   */
  const pointsInside = (state, polygon) => {
    const { views, polygons } = wardrobeMap;
    const { x, y } = state.data;
    const corners = polygon.map((value, at) =>
      at % 2 ? views.toDataY(state.view, value) : views.toDataX(state.view, value),
    );
    return state.index
      .within(polygons.frameAround(corners))
      .filter((i) => state.accepts(i) && polygons.contains(corners, x[i], y[i]));
  };

  /**
   * Shows the whole map, without or with outliers.
   * @param {State} state
   * @param {boolean} all
   */
  const wholeView = ({ home, full, view }, all) =>
    wardrobeMap.views.fit(all ? full : home, view.width, view.height, MARGIN);

  /**
   * Finds the least and the largest scale for the present size of the map.
   * @param {State} state
   * @returns {WardrobeMap.Limits}
   */
  const limitsOf = (state) => {
    const [whole, all] = [wholeView(state, false).scale, wholeView(state, true).scale];
    const isWhole = !(state.data.x instanceof Float32Array);
    const largest = isWhole
      ? Math.max(PIXELS_PER_UNIT, MOST_ZOOM_OF_WHOLE_NUMBERS * whole)
      : MOST_ZOOM * whole;
    return { smallest: Math.min(whole, all), largest };
  };

  const state = {
    create,
    setColors,
    setGrouping,
    groupOf,
    select,
    pointsInside,
    wholeView,
    limitsOf,
  };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).state = state;
  if (typeof module !== 'undefined') module.exports = state;
})();
