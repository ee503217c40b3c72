// @ts-check
// Tables of the points that two groupings have in common.

/**
 * Counts the points that are in a group of `a` and a group of `b`. Noise is the last row and
 * column, if there is any.
 * @param {Grouping} a
 * @param {Grouping} b
 */
const contingency = (a, b) => {
  const noisy = (/** @type {Grouping} */ grouping) => grouping.of.includes(grouping.noise);
  const rows = noisy(a) ? [...a.names, 'no group'] : [...a.names];
  const columns = noisy(b) ? [...b.names, 'no group'] : [...b.names];
  const counts = rows.map(() => new Uint32Array(columns.length));
  a.of.forEach((of, i) => {
    const row = of === a.noise ? rows.length - 1 : of;
    const column = b.of[i] === b.noise ? columns.length - 1 : b.of[i];
    counts[row][column]++;
  });
  return { rows, columns, counts };
};

/**
 * Pairs rows with columns, the largest counts first, so that each has one partner at most.
 *
 * Returns the order of rows by falling counts of their pairs and an order of columns in which the
 * partner of each row has the same place, as far as there are partners.
 * @param {Uint32Array[]} counts
 */
const diagonalOrder = (counts) => {
  const width = counts.length ? counts[0].length : 0;
  /** @type {[number, number, number][]} */
  const cells = [];
  counts.forEach((row, r) => row.forEach((count, c) => { if (count) cells.push([count, r, c]); }));
  cells.sort((a, b) => b[0] - a[0] || a[1] - b[1] || a[2] - b[2]);
  /** @type {number[]} */
  const rows = [];
  /** @type {number[]} */
  const columns = [];
  const takenRows = new Set();
  const takenColumns = new Set();
  for (const [, row, column] of cells) {
    if (takenRows.has(row) || takenColumns.has(column)) continue;
    takenRows.add(row);
    takenColumns.add(column);
    rows.push(row);
    columns.push(column);
  }
  const pairs = rows.length;
  counts.forEach((_, row) => { if (!takenRows.has(row)) rows.push(row); });
  for (let c = 0; c < width; c++) if (!takenColumns.has(c)) columns.push(c);
  return { rows, columns, pairs };
};

/**
 * Lists the counts beside the diagonal, the largest first.
 * @param {Uint32Array[]} counts
 * @param {{rows: number[], columns: number[], pairs: number}} order
 */
const movedCells = (counts, order) => {
  const paired = order.rows.slice(0, order.pairs);
  const partner = new Map(paired.map((row, at) => [row, order.columns[at]]));
  /** @type {{count: number, row: number, column: number}[]} */
  const moved = [];
  counts.forEach((cells, row) => cells.forEach((count, column) => {
    if (count && partner.get(row) !== column) moved.push({ count, row, column });
  }));
  return moved.sort((a, b) => b.count - a.count || a.row - b.row || a.column - b.column);
};

/**
 * Lists the points of a cell: those in group `row` of `a` and group `column` of `b`, where the
 * number of groups stands for noise.
 * @param {Grouping} a
 * @param {number} row
 * @param {Grouping} b
 * @param {number} column
 */
const commonMembers = (a, row, b, column) => {
  const inA = row === a.names.length ? a.noise : row;
  const inB = column === b.names.length ? b.noise : column;
  /** @type {number[]} */
  const members = [];
  a.of.forEach((of, i) => { if (of === inA && b.of[i] === inB) members.push(i); });
  return members;
};
