// @ts-check
// The row of controls above the map.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.State} State */
  /** @typedef {WardrobeMap.Actions} Actions */

  /** Factor of one press of a zoom button. */
  const ZOOM_STEP = 1.6;

  /** @type {[WardrobeMap.Mode, string, string][]} */
  const MODES = [
    ['pan', 'Pan', 'Drag to move the map; Shift and drag to select a rectangle'],
    ['rectangle', 'Rectangle', 'Drag to select; Shift adds, Alt removes'],
    ['lasso', 'Lasso', 'Draw around points to select; Shift adds, Alt removes'],
  ];

  /**
   * Makes the controls.
   * @param {State} state
   * @param {Actions} actions
   */
  const create = (state, actions) => {
    const { element, button } = wardrobeMap.dom;
    const modes = MODES.map(([mode, text, title]) => ({
      mode,
      control: button({ title, 'data-mode': mode }, () => actions.setMode(mode), text),
    }));
    const labels = button(
      { title: 'Show or hide the names of groups', 'data-act': 'labels' },
      () => actions.toggleLabels(),
      'Names',
    );
    /** @type {(act: string, text: string, title: string, run: () => void) => HTMLElement} */
    const act = (name, text, title, run) => {
      const made = button({ 'data-act': name, title }, run, text);
      if (text.length === 1) made.setAttribute('aria-label', title);
      return made;
    };
    const select = element('select', { 'data-act': 'color-by' });
    for (const { name } of state.data.groupings) select.append(new Option(name, name));
    select.addEventListener('change', () => actions.setGrouping(select.value));
    const colorBy = element('label', { class: 'map-color-by' }, 'Color by ', select);
    colorBy.hidden = labels.hidden = !state.data.groupings.length;

    /** @type {(name: string, ...contents: HTMLElement[]) => HTMLElement} */
    const group = (name, ...contents) =>
      element('div', { class: 'map-buttons', role: 'group', 'aria-label': name }, ...contents);
    const bar = element(
      'div',
      { class: 'map-toolbar' },
      group('What a drag does', ...modes.map(({ control }) => control)),
      group(
        'Zoom',
        act('zoom-out', '−', 'Zoom out', () => zoom(1 / ZOOM_STEP)),
        act('zoom-in', '+', 'Zoom in', () => zoom(ZOOM_STEP)),
        act('reset', 'Reset', 'Show the whole map', () => actions.reset()),
      ),
      group('Names', labels),
      colorBy,
    );
    /** @type {(factor: number) => void} */
    const zoom = (factor) => actions.zoom(factor, undefined, undefined, true);

    /** Shows the state in the controls. */
    const update = () => {
      for (const { mode, control } of modes) {
        control.setAttribute('aria-pressed', String(mode === state.mode));
      }
      labels.setAttribute('aria-pressed', String(state.labels));
      if (state.grouping) select.value = state.grouping.name;
    };
    update();
    return { bar, update };
  };

  const toolbar = { create, ZOOM_STEP };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).toolbar = toolbar;
  if (typeof module !== 'undefined') module.exports = toolbar;
})();
