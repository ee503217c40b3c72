// @ts-check
// Which group gets which color: groups that are neighbors on the map get colors that differ.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.Color} Color */

  /** Cells of a side of the grid on which groups are neighbors. */
  const SIDE = 48;
  /** Share of the points of a cell that makes a group belong to it; fewer are stray points. */
  const SHARE_OF_CELL = 0.15;
  /** Distance up to which groups that do not touch count as neighbors, as a share of the grid. */
  const NEAR = 0.3;
  /** Weight of groups that are near but do not touch. */
  const NEAR_WEIGHT = 0.35;
  /** A difference of colors that needs no improvement. */
  const ENOUGH = 60;
  /** Cost of a color for each group that has it already. */
  const REUSE_COST = 300;
  /** Rounds in which each group may change its color again. */
  const ROUNDS = 4;
  /** With more groups, neighbors are not searched and colors repeat in their order. */
  const MOST_GROUPS = 300;

  /**
   * Measures how much each two groups are neighbors on the map.
   * @param {WardrobeMap.Numbers} x
   * @param {WardrobeMap.Numbers} y
   * @param {WardrobeMap.Numbers} of group of each point; `count` and more stand for noise
   * @param {number} count number of groups
   * @param {WardrobeMap.Frame} frame
   * @returns {Float64Array} count x count weights, 0 to 1, symmetric
   */
  const neighborWeights = (x, y, of, count, frame) => {
    const [perX, perY] = [SIDE / (frame.right - frame.left), SIDE / (frame.top - frame.bottom)];
    /** @type {Map<number, number>[]} */
    const cells = Array.from({ length: SIDE * SIDE }, () => new Map());
    for (let i = 0; i < x.length; i++) {
      const column = Math.floor((x[i] - frame.left) * perX);
      const row = Math.floor((y[i] - frame.bottom) * perY);
      const outside = column < 0 || row < 0 || column > SIDE || row > SIDE;
      if (outside || of[i] >= count) continue;
      const cell = cells[Math.min(SIDE - 1, row) * SIDE + Math.min(SIDE - 1, column)];
      cell.set(of[i], (cell.get(of[i]) ?? 0) + 1);
    }
    const members = cells.map((cell) => {
      const least = SHARE_OF_CELL * [...cell.values()].reduce((sum, size) => sum + size, 0);
      return [...cell].filter(([, size]) => size >= least).map(([group]) => group);
    });
    const weights = new Float64Array(count * count);
    const middles = Array.from({ length: count }, () => ({ x: 0, y: 0, cells: 0 }));
    members.forEach((groups, at) => {
      const [column, row] = [at % SIDE, Math.floor(at / SIDE)];
      for (const group of groups) {
        middles[group].x += column / SIDE;
        middles[group].y += row / SIDE;
        middles[group].cells++;
      }
      for (const [right, up] of [[0, 0], [1, 0], [-1, 1], [0, 1], [1, 1]]) {
        const outside = column + right < 0 || column + right >= SIDE || row + up >= SIDE;
        const others = outside ? [] : members[at + up * SIDE + right];
        for (const one of groups) {
          for (const other of others) {
            if (one !== other) weights[one * count + other] = weights[other * count + one] = 1;
          }
        }
      }
    });
    for (let one = 0; one < count; one++) {
      for (let other = 0; other < one; other++) {
        const [a, b] = [middles[one], middles[other]];
        if (!a.cells || !b.cells || weights[one * count + other]) continue;
        const distance = Math.hypot(a.x / a.cells - b.x / b.cells, a.y / a.cells - b.y / b.cells);
        const weight = NEAR_WEIGHT * Math.max(0, 1 - distance / NEAR);
        weights[one * count + other] = weights[other * count + one] = weight;
      }
    }
    return weights;
  };

  /**
   * Assigns a color of a palette to each group, so that neighbors differ.
   *
   * Greedy: the group with the most neighbors comes first and gets the color that costs least; then
   * each may change again. A color costs the more, the more similar it is to those of neighbors,
   * and the more groups have it. Ties go to the first color and the first group, so the same
   * groups always get the same colors.
   * @param {Float64Array} weights count x count, of `neighborWeights`
   * @param {number} count number of groups
   * @param {Color[]} palette
   * @returns {number[]} index into the palette of each group
   */
  const assign = (weights, count, palette) => {
    const { difference } = wardrobeMap.colors;
    const unlike = palette.map((one) => palette.map((other) => difference(one, other)));
    const degree = Array.from({ length: count }, (_, group) =>
      weights.subarray(group * count, (group + 1) * count).reduce((sum, weight) => sum + weight, 0),
    );
    const order = degree.map((_, group) => group).sort((a, b) => degree[b] - degree[a] || a - b);
    const chosen = /** @type {number[]} */ (new Array(count).fill(-1));
    const uses = palette.map(() => 0);
    for (let round = 0; round < ROUNDS; round++) {
      for (const group of order) {
        if (chosen[group] >= 0) uses[chosen[group]]--;
        let best = Infinity;
        palette.forEach((_, color) => {
          let cost = REUSE_COST * uses[color];
          for (let other = 0; other < count; other++) {
            const weight = weights[group * count + other];
            if (!weight || chosen[other] < 0 || other === group) continue;
            cost += weight * Math.max(0, ENOUGH - unlike[color][chosen[other]]) ** 2;
          }
          if (cost < best) {
            best = cost;
            chosen[group] = color;
          }
        });
        uses[chosen[group]]++;
      }
    }
    return chosen;
  };

  /**
   * Chooses the color of each group of a grouping.
   *
   * Up to ten groups have the first colors of the palette in their order, as the figures have them.
   * With noise, the grays of the palette are left out.
   * @param {WardrobeMap.Numbers} x
   * @param {WardrobeMap.Numbers} y
   * @param {WardrobeMap.Grouping} grouping
   * @param {WardrobeMap.Frame} frame
   * @returns {Color[]}
   */
  const colorsOf = (x, y, grouping, frame) => {
    const { PALETTE, NOISE, difference } = wardrobeMap.colors;
    const count = grouping.names.length;
    const hasNoise = grouping.of.includes(grouping.noise);
    const palette = PALETTE.filter((color) => !hasNoise || difference(color, NOISE) > 22);
    if (count <= 10 || count > MOST_GROUPS) {
      return grouping.names.map((_, group) => palette[group % palette.length]);
    }
    const weights = neighborWeights(x, y, grouping.of, count, frame);
    return assign(weights, count, palette).map((color) => palette[color]);
  };

  const colorAssignment = { neighborWeights, assign, colorsOf };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).colorAssignment = colorAssignment;
  if (typeof module !== 'undefined') module.exports = colorAssignment;
})();
