// @ts-check
// The table of selected points as a CSV file (RFC 4180, lines end with a line feed).
(() => {
  'use strict';

  /** @type {(value: string) => string} */
  const quoted = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

  /**
   * Writes a table as CSV.
   * @param {string[]} header
   * @param {string[][]} rows
   */
  const write = (header, rows) =>
    [header, ...rows].map((row) => row.map(quoted).join(',') + '\n').join('');

  /**
   * Names the group of a point.
   * @param {WardrobeMap.Grouping} grouping
   * @param {number} i
   */
  const groupName = (grouping, i) => {
    const group = grouping.of[i];
    return group === grouping.noise ? 'noise' : grouping.names[group];
  };

  /**
   * Writes the rows of selected points: row, name, group and, where classes are known, class.
   * @param {WardrobeMap.Data} data
   * @param {WardrobeMap.Grouping | null} grouping holds the groups
   * @param {WardrobeMap.Grouping | null} classes
   * @param {ArrayLike<number>} points
   */
  const ofSelection = (data, grouping, classes, points) => {
    const { row = (i) => i, fileName = data.title } = data;
    const header = ['row', 'name', 'group', ...(classes ? ['class'] : [])];
    const rows = Array.from(points, (i) => [
      String(row(i)),
      fileName(i),
      grouping ? groupName(grouping, i) : '',
      ...(classes ? [groupName(classes, i)] : []),
    ]);
    return write(header, rows);
  };

  const csv = { write, groupName, ofSelection };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).csv = csv;
  if (typeof module !== 'undefined') module.exports = csv;
})();
