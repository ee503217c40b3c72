// @ts-check
// Two groupings side by side: a table of what they have in common, and what moved.

/** Cells narrower than this, in pixels, have no room for a count. */
const COUNT_WIDTH = 26;

/** Most moves that are listed. */
const MOVES = 12;

/**
 * @param {Data} data
 * @param {ReturnType<typeof viewerOf>} viewer
 * @param {(system: number, group: number) => string} given returns the name of a group
 */
const startCompare = (data, viewer, given) => {
  const groupings = [...data.systems, ...(data.classes ? [data.classes] : [])];
  if (groupings.length < 2) return;
  const selects = [at('compare-rows'), at('compare-columns')];
  selects.forEach((select) => groupings.forEach((grouping, i) =>
    select.append(new Option(grouping.name, String(i)))));
  const main = data.systems.length - 1;
  selects[0].value = String(data.classes ? groupings.length - 1 : main - 1);
  selects[1].value = String(main);

  /** @type {(at: number, group: number, name: string) => string} */
  const nameIn = (at, group, name) =>
    (at < data.systems.length && group < data.systems[at].ids.length ? given(at, group) : name);
  const draw = () => {
    const [a, b] = selects.map((select) => Number(select.value));
    const { rows, columns, counts } = contingency(groupings[a], groupings[b]);
    const order = diagonalOrder(counts);
    const rowName = (/** @type {number} */ row) => nameIn(a, row, rows[row]);
    const columnName = (/** @type {number} */ column) => nameIn(b, column, columns[column]);
    const moved = movedCells(counts, order);
    const away = moved.reduce((sum, cell) => sum + cell.count, 0);
    const share = (100 * (1 - away / Math.max(1, data.count))).toFixed(1);
    const others = `${countOf(away, data.noun)} ${away === 1 ? 'is' : 'are'} not.`;
    at('compare-verdict').textContent = `${share} % are in groups that match; ${others}`;

    const open = (/** @type {number} */ row, /** @type {number} */ column) => {
      const members = commonMembers(groupings[a], row, groupings[b], column);
      const title = () => `${rowName(row)} and ${columnName(column)}`;
      const facts = countOf(members.length, data.noun);
      const system = data.systems[b] ?? data.systems[a] ?? data.systems[main];
      viewer.open(system, [{ title, members, sortable: true, facts }], 0);
    };

    const table = document.createElement('table');
    table.className = 'heat';
    table.style.setProperty('--columns', String(order.columns.length));
    const head = table.createTHead().insertRow();
    head.append(document.createElement('td'));
    const headOf = (/** @type {string} */ scope, /** @type {string} */ text) => {
      const cell = document.createElement('th');
      const inside = document.createElement('span');
      inside.textContent = text;
      cell.scope = scope;
      cell.title = text;
      cell.append(inside);
      return cell;
    };
    head.append(...order.columns.map((column) => headOf('col', columnName(column))));
    const body = table.createTBody();
    for (const row of order.rows) {
      const line = body.insertRow();
      line.append(headOf('row', rowName(row)));
      const total = counts[row].reduce((sum, count) => sum + count, 0);
      for (const column of order.columns) {
        const cell = line.insertCell();
        const count = counts[row][column];
        if (!count) continue;
        const part = count / total;
        cell.style.setProperty('--s', part.toFixed(3));
        if (part >= 0.6) cell.className = 'on';
        cell.title = `${rowName(row)} and ${columnName(column)}: ${thousands(count)}`;
        cell.dataset.row = String(row);
        cell.dataset.column = String(column);
        cell.textContent = String(count);
      }
    }
    body.addEventListener('click', (event) => {
      const cell = /** @type {HTMLElement} */ (event.target);
      if (cell.dataset.row) open(Number(cell.dataset.row), Number(cell.dataset.column));
    });
    at('compare-table').replaceChildren(table);
    at('compare-moved').replaceChildren(...moved.slice(0, MOVES).map(({ count, row, column }) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = `${thousands(count)}: ${rowName(row)} → ${columnName(column)}`;
      button.addEventListener('click', () => open(row, column));
      item.append(button);
      return item;
    }));
    zoom();
  };
  const slider = at('compare-zoom');
  const zoom = () => {
    const table = at('compare-table').firstElementChild;
    if (!table) return;
    table.style.setProperty('--cell', `${slider.value}px`);
    table.classList.toggle('bare', Number(slider.value) < COUNT_WIDTH);
  };
  const largest = Math.max(...groupings.map((grouping) => grouping.names.length));
  slider.value = String(largest > 60 ? 12 : largest > 30 ? 26 : 36);
  slider.addEventListener('input', zoom);
  selects.forEach((select) => select.addEventListener('change', draw));
  at('comparison').hidden = false;
  draw();
  return draw;
};
