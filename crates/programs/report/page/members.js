// @ts-check
// Which points a group has, in which order, and on which page.

/**
 * Lists the points of each group, and those of noise after them.
 * @param {Grouping} grouping
 */
const membersOf = (grouping) => {
  /** @type {number[][]} */
  const members = [...grouping.names.map(() => []), []];
  grouping.of.forEach((of, i) => {
    members[of === grouping.noise ? grouping.names.length : of].push(i);
  });
  return members;
};

/**
 * Lists the orders that there are for the members of a group.
 * @param {Data} data
 * @param {System} system
 * @returns {[string, string][]} value and name of each
 */
const ordersOf = (data, system) => {
  /** @type {[string, string][]} */
  const orders = [];
  if (system.distances) orders.push(['nearest', 'distance to the center']);
  if (system.certainty) orders.push(['doubtful', 'certainty, most doubtful first']);
  if (system.certainty) orders.push(['surest', 'certainty, surest first']);
  orders.push(['name', data.names ? 'name' : 'row']);
  return orders;
};

/**
 * Sorts points; equal ones stay in the order of the rows.
 * @param {number[]} members
 * @param {string} order
 * @param {Data} data
 * @param {System} system
 */
const sorted = (members, order, data, system) => {
  const { certainty, distances } = system;
  const collator = new Intl.Collator(undefined, { numeric: true });
  /** @type {Record<string, (a: number, b: number) => number>} */
  const compare = {
    nearest: (a, b) => (distances ? distances[a] - distances[b] : 0),
    doubtful: (a, b) => (certainty ? certainty[a] - certainty[b] : 0)
      || (distances ? distances[b] - distances[a] : 0),
    surest: (a, b) => (certainty ? certainty[b] - certainty[a] : 0)
      || (distances ? distances[a] - distances[b] : 0),
    name: (a, b) => (data.names ? collator.compare(data.names[a], data.names[b]) : 0),
  };
  const by = compare[order];
  return by ? [...members].sort((a, b) => by(a, b) || a - b) : members;
};

/**
 * Returns the number of pages for `n` members, at least one.
 * @param {number} n
 * @param {number} size of a page
 */
const pagesOf = (n, size) => Math.max(1, Math.ceil(n / size));

/**
 * Moves by pages and on into the next or previous of several lists.
 * @param {{list: number, page: number}} at
 * @param {number} step 1 or -1
 * @param {number[]} lengths number of pages of each list
 */
const turned = (at, step, lengths) => {
  const page = at.page + step;
  if (page >= 0 && page < lengths[at.list]) return { list: at.list, page };
  const list = (at.list + step + lengths.length) % lengths.length;
  return { list, page: step > 0 ? 0 : lengths[list] - 1 };
};

/**
 * Makes the table of all points: row, name, group, the group's given name, certainty.
 * @param {Data} data
 * @param {System} system
 * @param {(group: number) => string} given returns the name of a group
 */
const assignmentTable = (data, system, given) => {
  const head = ['row', ...(data.names ? ['file'] : []), 'group', 'name',
    ...(system.certainty ? ['certainty'] : [])];
  /** @type {(string | number)[][]} */
  const rows = [head];
  for (let i = 0; i < data.count; i++) {
    const group = system.of[i];
    const noise = group === system.noise;
    rows.push([
      rowOf(data, i),
      ...(data.names ? [data.names[i]] : []),
      noise ? -1 : system.ids[group],
      noise ? '' : given(group),
      ...(system.certainty ? [(system.certainty[i] / 255).toFixed(2)] : []),
    ]);
  }
  return rows;
};
