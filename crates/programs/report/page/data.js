// @ts-check
// Decodes the data of the page. Numbers are little-endian in base64.

/**
 * @typedef {Uint8Array | Uint16Array | Uint32Array} Numbers
 * @typedef {{name: string, names: string[], sizes: number[], of: Numbers, noise: number}} Grouping
 * @typedef {{id: number, sure: string, classes: string, marks: string,
 *   rows: [string, number[]][]}} CardData
 * @typedef {{ids: number[], key: string, percent: boolean, about: string,
 *   certainty: Uint8Array | null, distances: Uint8Array | null, cards: CardData[]}} Measures
 * @typedef {Grouping & Measures} System
 * @typedef {{width: number, height: number, columns: number, per_sheet: number,
 *   files: string[]}} Sprite
 * @typedef {{url: string, width: number, height: number, columns: number,
 *   per_sheet: number}} TileLink
 * @typedef {{n: number, count: number, rows: Uint32Array | null, noun: string, pixelated: boolean,
 *   names: string[] | null, classes: Grouping | null, systems: System[], duplicates: number[][],
 *   outliers: number[], sprite: Sprite | null, tiles: TileLink | null, x: Uint16Array | null,
 *   y: Uint16Array | null}} Data
 */

/**
 * Decodes base64.
 * @param {string} text
 */
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * Decodes unsigned integers of 1, 2 or 4 bytes.
 * @param {string} text
 * @param {number} size
 * @returns {Numbers}
 */
const numbersOf = (text, size) => {
  const { buffer } = bytesOf(text);
  if (size === 1) return new Uint8Array(buffer);
  return size === 2 ? new Uint16Array(buffer) : new Uint32Array(buffer);
};

/**
 * Decodes names. The first character of each is a space plus the number of units that the name has
 * in common with the one before it.
 * @param {string} text
 */
const namesOf = (text) => {
  let last = '';
  return text.split('\n').map((line) => {
    last = last.slice(0, line.charCodeAt(0) - 32) + line.slice(1);
    return last;
  });
};

/**
 * @param {{bytes: number, of: string, name: string, names: string[], sizes: number[]}} coded
 * @returns {Grouping}
 */
const groupingOf = (coded) => ({
  ...coded,
  of: numbersOf(coded.of, coded.bytes),
  noise: 2 ** (8 * coded.bytes) - 1,
});

/**
 * Decodes everything that the page brings.
 * @param {string} text
 * @returns {Data}
 */
const dataOf = (text) => {
  const coded = JSON.parse(text);
  const optional = (/** @type {string | null} */ numbers, /** @type {number} */ size) =>
    numbers === null ? null : numbersOf(numbers, size);
  return {
    ...coded,
    rows: optional(coded.rows, 4),
    x: optional(coded.x, 2),
    y: optional(coded.y, 2),
    names: coded.names === null ? null : namesOf(coded.names),
    classes: coded.classes && groupingOf(coded.classes),
    systems: coded.systems.map((/** @type {any} */ system) => ({
      ...system,
      ...groupingOf(system),
      certainty: optional(system.certainty, 1),
      distances: optional(system.distances, 1),
    })),
  };
};

/**
 * Returns the row of a point in the files.
 * @param {Data} data
 * @param {number} i
 */
const rowOf = (data, i) => (data.rows ? data.rows[i] : i);

/**
 * Returns the point of a row of the files, or -1 if it is not on the page.
 * @param {Data} data
 * @param {number} row
 */
const pointOf = (data, row) => (data.rows ? data.rows.indexOf(row) : row);

/**
 * Returns the name of a point.
 * @param {Data} data
 * @param {number} i
 */
const nameOf = (data, i) => (data.names ? data.names[i] : `${data.noun} ${rowOf(data, i)}`);

/**
 * Returns the class of a point, or an empty text without labels.
 * @param {Data} data
 * @param {number} i
 */
const classOf = (data, i) => (data.classes ? data.classes.names[data.classes.of[i]] ?? '' : '');

/**
 * Describes a point by its name, class and certainty.
 * @param {Data} data
 * @param {System | null} system
 * @param {number} i
 */
const titleOf = (data, system, i) => {
  const parts = [nameOf(data, i), classOf(data, i)];
  if (system && system.certainty && system.of[i] !== system.noise) {
    parts.push(sureText(system.certainty[i] / 255, system.percent));
  }
  return parts.filter(Boolean).join(', ');
};
