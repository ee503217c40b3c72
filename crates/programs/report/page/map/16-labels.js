// @ts-check
// Where the names of groups stand on the map.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.Label} Label */
  /** @typedef {WardrobeMap.Box} Box */

  /** Cells of a side of the grid on which the densest place of a group is searched. */
  const SIDE = 40;
  /** CSS pixels between labels, aside and above. */
  const GAP_X = 6;
  const GAP = 3;
  /** A label may stand in the middle of a group of this many times its height. */
  const LARGE_GROUP = 2.2;

  /**
   * Finds a dense place of each group inside a frame.
   *
   * It is the mean of the points in the densest cell of a grid, neighbor cells counted in. Its
   * height is four standard deviations of these points, of which most lie in it.
   * @param {WardrobeMap.Numbers} x
   * @param {WardrobeMap.Numbers} y
   * @param {WardrobeMap.Numbers} of group of each point; `count` and more stand for noise
   * @param {number} count number of groups
   * @param {WardrobeMap.Frame} frame
   * @param {ArrayLike<number>} points the points that count
   * @returns {WardrobeMap.Place[]} of groups that have a point in the frame, in their order
   */
  const densePlaces = (x, y, of, count, frame, points) => {
    const starts = new Uint32Array(count + 1);
    const cells = new Uint16Array(points.length);
    const OUTSIDE = SIDE * SIDE;
    for (let at = 0; at < points.length; at++) {
      const i = points[at];
      const column = Math.floor(((x[i] - frame.left) / (frame.right - frame.left)) * SIDE);
      const row = Math.floor(((y[i] - frame.bottom) / (frame.top - frame.bottom)) * SIDE);
      const outside = column < 0 || row < 0 || column > SIDE || row > SIDE || of[i] >= count;
      cells[at] = outside ? OUTSIDE : Math.min(SIDE - 1, row) * SIDE + Math.min(SIDE - 1, column);
      if (!outside) starts[of[i] + 1]++;
    }
    for (let group = 0; group < count; group++) starts[group + 1] += starts[group];
    const sorted = new Uint32Array(starts[count]);
    const next = starts.slice();
    for (let at = 0; at < points.length; at++) {
      if (cells[at] < OUTSIDE) sorted[next[of[points[at]]]++] = at;
    }
    const places = [];
    const density = new Uint32Array(SIDE * SIDE);
    for (let group = 0; group < count; group++) {
      const members = sorted.subarray(starts[group], starts[group + 1]);
      if (!members.length) continue;
      density.fill(0);
      for (const at of members) addAround(density, cells[at]);
      let best = cells[members[0]];
      for (const at of members) {
        const cell = cells[at];
        if (density[cell] > density[best] || (density[cell] === density[best] && cell < best)) {
          best = cell;
        }
      }
      let [sumX, sumY, squares, near] = [0, 0, 0, 0];
      for (const at of members) {
        const aside = Math.abs((cells[at] % SIDE) - (best % SIDE));
        const above = Math.abs(Math.floor(cells[at] / SIDE) - Math.floor(best / SIDE));
        if (aside > 1 || above > 1) continue;
        sumX += x[points[at]];
        // Of differences, since squares of large coordinates would lose their digits.
        const up = y[points[at]] - y[points[members[0]]];
        sumY += up;
        squares += up * up;
        near++;
      }
      const meanUp = sumY / near;
      const height = 4 * Math.sqrt(Math.max(0, squares / near - meanUp * meanUp));
      const [placeX, placeY] = [sumX / near, y[points[members[0]]] + meanUp];
      places.push({ group, x: placeX, y: placeY, height, count: members.length });
    }
    return places;
  };

  /**
   * Adds a point to its cell and the neighbors of it; its own counts twice.
   * @param {Uint32Array} density
   * @param {number} cell
   */
  const addAround = (density, cell) => {
    const [column, row] = [cell % SIDE, Math.floor(cell / SIDE)];
    density[cell]++;
    for (let r = Math.max(0, row - 1); r <= Math.min(SIDE - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(SIDE - 1, column + 1); c++) {
        density[r * SIDE + c]++;
      }
    }
  };

  /**
   * Tells whether two boxes overlap or nearly touch.
   * @param {Box} one
   * @param {Box} other
   */
  const collide = (one, other) =>
    Math.abs(one.x - other.x) < (one.width + other.width) / 2 + GAP_X &&
    Math.abs(one.y - other.y) < (one.height + other.height) / 2 + GAP;

  /**
   * Places labels without overlaps inside a canvas.
   *
   * A label that would collide moves up or down by its height; if it still does, it is dropped. One
   * that crosses the edge of the canvas moves inside; one whose place is outside is dropped.
   * @param {Label[]} labels
   * @param {number} width CSS pixels
   * @param {number} height CSS pixels
   * @param {Box[]} obstacles that labels may not cover
   * @returns {Label[]}
   */
  const placeLabels = (labels, width, height, obstacles = []) => {
    const order = labels
      .filter(({ x, y }) => x >= 0 && x <= width && y >= 0 && y <= height)
      .sort((a, b) => b.priority - a.priority || a.group - b.group);
    /** @type {Label[]} */
    const placed = [];
    for (const label of order) {
      const x = Math.max(label.width / 2, Math.min(width - label.width / 2, label.x));
      for (const shift of [0, -1, 1]) {
        const wanted = label.y + shift * (label.height + GAP);
        const y = Math.max(label.height / 2, Math.min(height - label.height / 2, wanted));
        const moved = { ...label, x, y };
        if ([...obstacles, ...placed].some((other) => collide(moved, other))) continue;
        placed.push(moved);
        break;
      }
    }
    return placed;
  };

  /**
   * Finds how far above its place a label stands, so that it does not hide a small group.
   * @param {number} groupHeight CSS pixels
   * @param {number} labelHeight CSS pixels
   */
  const lift = (groupHeight, labelHeight) =>
    groupHeight < LARGE_GROUP * labelHeight ? (groupHeight + labelHeight) / 2 + GAP : 0;

  /**
   * Shortens a text to a number of letters; an ellipsis stands for the rest.
   * @param {string} text
   * @param {number} most
   */
  const shorten = (text, most) => {
    const letters = [...text];
    return letters.length <= most ? text : letters.slice(0, most - 1).join('').trimEnd() + '…';
  };

  const labels = { densePlaces, placeLabels, lift, shorten };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).labels = labels;
  if (typeof module !== 'undefined') module.exports = labels;
})();
