// @ts-check
// How numbers, names and tables are written.

/**
 * Quotes a cell of a CSV if it needs that.
 * @param {string | number} value
 */
const csvCell = (value) => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/**
 * Writes rows as a CSV, each line ended by a line feed.
 * @param {(string | number)[][]} rows
 */
const csvText = (rows) => rows.map((row) => row.map(csvCell).join(',') + '\n').join('');

/**
 * Writes a number with commas between thousands.
 * @param {number} n
 */
const thousands = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/**
 * Counts things in words.
 * @param {number} n
 * @param {string} noun
 */
const countOf = (n, noun) => `${thousands(n)} ${noun}${n === 1 ? '' : 's'}`;

/**
 * Writes a certainty: in percent if it is a share, else as a margin.
 * @param {number} value from 0 to 1
 * @param {boolean} percent
 */
const sureText = (value, percent) =>
  percent ? `${Math.round(100 * value)} % sure` : `margin ${value.toFixed(2)}`;

/**
 * Saves a text as a file of the user.
 * @param {string} name
 * @param {string} text
 */
const saveFile = (name, text) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
