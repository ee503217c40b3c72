// @ts-check
// The legend: a list of the groups, of which one can be shown alone.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.State} State */
  /** @typedef {WardrobeMap.Actions} Actions */

  /** Groups that are listed at once; a search finds the others. */
  const MOST_ENTRIES = 200;
  /** With more groups than this there is a search. */
  const SEARCHED = 20;

  /**
   * Makes the legend.
   * @param {State} state
   * @param {Actions} actions
   */
  const create = (state, actions) => {
    const { element, button } = wardrobeMap.dom;
    const { css } = wardrobeMap.colors;
    const head = element('span', { class: 'map-head' });
    const all = button({ 'data-act': 'show-all' }, () => actions.highlight(-1), 'Show all');
    const search = element('input', {
      type: 'search',
      placeholder: 'Find a group',
      'aria-label': 'Find a group',
    });
    const list = element('ul', { 'aria-label': 'Groups; choose one to show it alone' });
    const note = element('p', { class: 'map-note' });
    const box = element(
      'div',
      { class: 'map-legend' },
      element('div', { class: 'map-row' }, head, all),
      search,
      list,
      note,
    );
    /** @type {Map<number, {control: HTMLButtonElement, swatch: HTMLElement}>} */
    let entries = new Map();

    /** @type {(group: number, name: string) => HTMLElement} */
    const entry = (group, name) => {
      const swatch = element('i', { 'aria-hidden': 'true' });
      const size = state.sizes[group].toLocaleString('en');
      const control = button(
        { title: name, 'data-group': String(group) },
        () => actions.highlight(state.only === group ? -1 : group),
        swatch,
        element('span', { dir: 'auto' }, name),
        element('small', {}, size),
      );
      entries.set(group, { control, swatch });
      return element('li', {}, control);
    };

    /** Lists the groups whose names hold the text of the search. */
    const fill = () => {
      entries = new Map();
      const names = state.grouping?.names ?? [];
      const wanted = search.value.trim().toLowerCase();
      const found = names
        .map((name, group) => ({ name, group }))
        .filter(({ name }) => name.toLowerCase().includes(wanted));
      const noise = state.sizes[names.length];
      if (noise && !wanted) found.push({ name: 'noise', group: names.length });
      const listed = found.slice(0, MOST_ENTRIES);
      list.replaceChildren(...listed.map(({ name, group }) => entry(group, name)));
      const more = found.length - listed.length;
      note.textContent = more ? `${more} more groups: search for their names.` : '';
      note.hidden = !more;
      update();
    };
    search.addEventListener('input', fill);

    /** Shows the colors and which group is alone. */
    const update = () => {
      for (const [group, { control, swatch }] of entries) {
        swatch.style.background = css(state.colors[group] ?? state.noise);
        control.setAttribute('aria-pressed', String(state.only === group));
      }
      all.style.visibility = state.only < 0 ? 'hidden' : 'visible';
    };

    /** Lists the groups of another grouping. */
    const setGrouping = () => {
      const count = state.grouping?.names.length ?? 0;
      head.textContent = count === 1 ? '1 group' : `${count} groups`;
      search.value = '';
      search.hidden = count <= SEARCHED;
      box.hidden = !count;
      fill();
    };
    return { box, setGrouping, update };
  };

  const legend = { create };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).legend = legend;
  if (typeof module !== 'undefined') module.exports = legend;
})();
