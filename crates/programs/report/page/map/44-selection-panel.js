// @ts-check
// The selected points: their number, a gallery, counts by group and class, and a CSV file.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.State} State */
  /** @typedef {WardrobeMap.Actions} Actions */

  /** Points on a page of the gallery. */
  const PER_PAGE = 60;
  /** CSS pixels of the longer side of an image. */
  const SIDE = 64;
  /** Groups that a table of counts lists. */
  const MOST_ROWS = 5;
  /** Milliseconds after which a downloaded file is given up. */
  const KEPT = 60000;

  const HINT = 'Choose Rectangle or Lasso and draw around points, or click one.';

  /**
   * Counts selected points by group, the largest first.
   * @param {WardrobeMap.Grouping} grouping
   * @param {ArrayLike<number>} points
   */
  const countGroups = (grouping, points) => {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (let at = 0; at < points.length; at++) {
      const name = wardrobeMap.csv.groupName(grouping, points[at]);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]);
  };

  /**
   * Makes the panel.
   * @param {State} state
   * @param {Actions} actions
   */
  const create = (state, actions) => {
    const { element, button, drawThumbnail } = wardrobeMap.dom;
    const { data } = state;
    const classes = data.groupings.find(
      ({ name }) => name === (data.classGrouping ?? 'true class'),
    );
    let page = 0;
    /** @type {{i: number, image: HTMLCanvasElement, control: HTMLElement}[]} */
    let shown = [];
    /** @type {Set<WardrobeMap.Grouping>} Groupings whose counts are all listed. */
    const expanded = new Set();
    const pages = () => Math.max(1, Math.ceil(state.selection.length / PER_PAGE));

    const head = element('span', { class: 'map-head', role: 'status' });
    const hint = element('p', { class: 'map-note' }, HINT);
    const visible = button(
      { 'data-act': 'select-visible', title: 'Select the points that are in view' },
      () => actions.selectVisible(),
      'Select visible',
    );
    const download = button({ 'data-act': 'csv' }, () => save(), 'Download CSV');
    const clear = button({ 'data-act': 'clear' }, () => actions.select([], 'replace'), 'Clear');
    const counts = element('div', { class: 'map-counts' });
    const gallery = element('ul', { class: 'map-gallery', 'aria-label': 'Selected points' });
    const back = button({ 'aria-label': 'Page before' }, () => turn(-1), '‹');
    const next = button({ 'aria-label': 'Next page' }, () => turn(1), '›');
    const where = element('span', {});
    const pager = element('div', { class: 'map-row' }, back, where, next);
    const box = element(
      'section',
      { class: 'map-selection', 'aria-label': 'Selection' },
      element('div', { class: 'map-row' }, head, pager),
      element('div', { class: 'map-row' }, visible, download, clear),
      hint,
      counts,
      gallery,
    );

    const save = () => {
      const grouping = state.grouping;
      const text = wardrobeMap.csv.ofSelection(data, grouping, classes ?? null, state.selection);
      const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
      element('a', { href: url, download: 'selection.csv' }).click();
      setTimeout(() => URL.revokeObjectURL(url), KEPT);
    };

    /** @type {(by: number) => void} */
    const turn = (by) => {
      page = Math.max(0, Math.min(pages() - 1, page + by));
      drawGallery();
    };

    /** @type {(i: number) => HTMLElement} */
    const item = (i) => {
      const title = data.title(i);
      const show = () => actions.reveal(i);
      const attributes = { title, 'aria-label': title, 'data-point': String(i) };
      if (!data.thumbnail) return element('li', {}, button(attributes, show, title));
      const image = element('canvas', { width: String(SIDE), height: String(SIDE) });
      const control = button({ ...attributes, class: 'map-thumbnail' }, show, image);
      shown.push({ i, image, control });
      for (const event of ['pointerenter', 'focus']) {
        control.addEventListener(event, () => actions.point(i, 'gallery'));
      }
      control.addEventListener('pointerleave', () => actions.point(-1, 'gallery'));
      return element('li', {}, control);
    };

    /** Draws the images in their places, so that none loses the focus. */
    const repaint = () => {
      for (const { i, image, control } of shown) {
        const thumbnail = data.thumbnail?.(i);
        if (thumbnail) drawThumbnail(image, thumbnail, SIDE);
        const color = state.colors[wardrobeMap.state.groupOf(state, i)] ?? state.noise;
        control.style.borderColor = wardrobeMap.colors.css(color);
      }
    };
    const drawGallery = () => {
      const points = state.selection.subarray(page * PER_PAGE, (page + 1) * PER_PAGE);
      shown = [];
      gallery.replaceChildren(...Array.from(points, item));
      repaint();
      pager.hidden = state.selection.length <= PER_PAGE;
      where.textContent = `Page ${page + 1} of ${pages()}`;
      back.disabled = page === 0;
      next.disabled = page === pages() - 1;
    };

    /** @type {(caption: string, grouping: WardrobeMap.Grouping) => HTMLElement} */
    const table = (caption, grouping) => {
      const rows = countGroups(grouping, state.selection);
      const body = element('tbody');
      const listed = expanded.has(grouping) ? rows : rows.slice(0, MOST_ROWS);
      for (const [name, count] of listed) {
        const row = element(
          'tr',
          {},
          element('th', { scope: 'row', dir: 'auto' }, name),
          element('td', {}, count.toLocaleString('en')),
        );
        row.style.setProperty('--share', `${(100 * count) / rows[0][1]}%`);
        body.append(row);
      }
      const more = rows.length - listed.length;
      const made = element('table', {}, element('caption', {}, caption), body);
      if (more > 0) {
        const expand = button({}, () => {
          expanded.add(grouping);
          updateCounts();
        }, `${more} more`);
        const cell = element('td', { colspan: '2' }, expand);
        made.append(element('tfoot', {}, element('tr', {}, cell)));
      }
      return made;
    };

    /** Shows the selection again, from its first page. */
    const update = () => {
      const count = state.selection.length;
      const some = count > 0;
      page = 0;
      expanded.clear();
      head.textContent = !some
        ? 'Nothing selected'
        : count === 1
          ? '1 point selected'
          : `${count.toLocaleString('en')} points selected`;
      hint.hidden = some;
      download.disabled = clear.disabled = !some;
      drawGallery();
      updateCounts();
    };
    const updateCounts = () => {
      const { grouping, selection } = state;
      counts.replaceChildren(
        ...(grouping && selection.length ? [table(`By ${grouping.name}`, grouping)] : []),
        ...(classes && classes !== grouping && selection.length
          ? [table(`By ${classes.name}`, classes)]
          : []),
      );
    };
    return { box, update, updateCounts, repaint };
  };

  const selectionPanel = { create, countGroups };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).selectionPanel = selectionPanel;
  if (typeof module !== 'undefined') module.exports = selectionPanel;
})();
