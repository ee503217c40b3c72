// @ts-check
// An index of points by the cells of a grid, to find some without looking at all.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.Frame} Frame */

  /** Points that a cell has on average, and most cells of a side. */
  const PER_CELL = 3;
  const MOST_CELLS = 256;

  /**
   * Sorts points into the cells of a grid over a frame.
   *
   * Points outside the frame belong to the cells at its edge, so that far outliers do not make all
   * other points share a cell.
   * @param {WardrobeMap.Numbers} x
   * @param {WardrobeMap.Numbers} y
   * @param {Frame} frame
   * @returns {WardrobeMap.GridIndex}
   */
  const build = (x, y, frame) => {
    const n = x.length;
    const side = Math.max(1, Math.min(MOST_CELLS, Math.ceil(Math.sqrt(n / PER_CELL))));
    const [perX, perY] = [side / (frame.right - frame.left), side / (frame.top - frame.bottom)];
    /** @type {(value: number) => number} */
    const clamp = (value) => Math.max(0, Math.min(side - 1, Math.floor(value)));
    /** @type {(value: number) => number} */
    const column = (value) => clamp((value - frame.left) * perX);
    /** @type {(value: number) => number} */
    const row = (value) => clamp((value - frame.bottom) * perY);

    const starts = new Uint32Array(side * side + 1);
    for (let i = 0; i < n; i++) starts[row(y[i]) * side + column(x[i]) + 1]++;
    for (let c = 0; c < side * side; c++) starts[c + 1] += starts[c];
    const sorted = new Uint32Array(n);
    const next = starts.slice();
    for (let i = 0; i < n; i++) sorted[next[row(y[i]) * side + column(x[i])]++] = i;

    /**
     * Calls `visit` with each point of the cells that touch a frame, until it returns `false`.
     * @param {Frame} part
     * @param {(i: number) => boolean | void} visit
     */
    const visitCells = (part, visit) => {
      const [firstRow, lastRow] = [row(part.bottom), row(part.top)];
      const [firstColumn, lastColumn] = [column(part.left), column(part.right)];
      for (let r = firstRow; r <= lastRow; r++) {
        // The cells of a row lie one after the other.
        const end = starts[r * side + lastColumn + 1];
        for (let at = starts[r * side + firstColumn]; at < end; at++) {
          if (visit(sorted[at]) === false) return;
        }
      }
    };
    /** @type {(part: Frame, i: number) => boolean} */
    const holds = (part, i) =>
      x[i] >= part.left && x[i] <= part.right && y[i] >= part.bottom && y[i] <= part.top;
    /** @type {(atX: number, atY: number, reach: number) => Frame} */
    const around = (atX, atY, reach) => ({
      left: atX - reach,
      right: atX + reach,
      bottom: atY - reach,
      top: atY + reach,
    });
    const everything = () => true;

    /**
     * Finds the nearest point within `reach`; -1 if there is none.
     * @param {number} atX
     * @param {number} atY
     * @param {number} reach
     * @param {(i: number) => boolean} accept tells which points count
     */
    const nearest = (atX, atY, reach, accept = everything) => {
      let found = -1;
      let best = reach * reach;
      visitCells(around(atX, atY, reach), (i) => {
        const distance = (x[i] - atX) ** 2 + (y[i] - atY) ** 2;
        if (distance <= best && (distance < best || found < 0) && accept(i)) {
          best = distance;
          found = i;
        }
      });
      return found;
    };

    /**
     * Finds the point to which an arrow key moves; -1 if none lies that way.
     *
     * The point is at least `step` away along one axis and no farther aside than ahead. Of such
     * points, it has the least distance ahead plus twice the distance aside.
     * @param {number} atX
     * @param {number} atY
     * @param {[number, number]} toward (1, 0), (-1, 0), (0, 1) or (0, -1)
     * @param {number} step above 0
     * @param {(i: number) => boolean} accept tells which points count
     */
    const nearestToward = (atX, atY, toward, step, accept = everything) => {
      const farthest = frame.right - frame.left + frame.top - frame.bottom;
      for (let reach = 4 * step; ; reach *= 2) {
        let found = -1;
        let best = Infinity;
        const all = reach > 2 * farthest;
        const part = all ? around(atX, atY, Infinity) : around(atX, atY, reach);
        visitCells(part, (i) => {
          const [right, up] = [x[i] - atX, y[i] - atY];
          const ahead = right * toward[0] + up * toward[1];
          const aside = Math.abs(right * toward[1]) + Math.abs(up * toward[0]);
          const cost = ahead + 2 * aside;
          if (ahead >= step && aside <= ahead && cost < best && accept(i)) {
            best = cost;
            found = i;
          }
        });
        // Points that were not visited are farther away than `reach`, and so is their cost.
        if (all || (found >= 0 && best <= reach)) return found;
      }
    };

    /**
     * Lists the points in a frame.
     * @param {Frame} part
     */
    const within = (part) => {
      /** @type {number[]} */
      const found = [];
      visitCells(part, (i) => {
        if (holds(part, i)) found.push(i);
      });
      return found;
    };

    /**
     * Counts the points in a frame, but stops at `most`.
     * @param {Frame} part
     * @param {number} most
     */
    const count = (part, most) => {
      let found = 0;
      visitCells(part, (i) => {
        if (holds(part, i)) found++;
        return found < most;
      });
      return found;
    };

    return { nearest, nearestToward, within, count };
  };

  const gridIndex = { build };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).gridIndex = gridIndex;
  if (typeof module !== 'undefined') module.exports = gridIndex;
})();
