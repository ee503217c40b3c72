// @ts-check
// Builds a map in an element, and joins its parts.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.Actions} Actions */

  /** Milliseconds of an animated zoom. */
  const ANIMATION = 180;
  /** Milliseconds without a change after which the view stands still. */
  const SETTLED = 140;
  /** Share of the map at each edge into which the view moves a point that is out of it. */
  const EDGE = 0.06;

  /**
   * Builds a map.
   * @param {HTMLElement} root empty, with the class `wardrobe-map`
   * @param {WardrobeMap.Data} data
   * @returns {WardrobeMap.Handle}
   */
  const create = (root, data) => {
    const { dom, views, frames, state: states } = wardrobeMap;
    const { toolbar, legend, keyboard, pointer } = wardrobeMap;
    root.classList.add('wardrobe-map');
    const stage = dom.element('div', { class: 'map-stage' });
    const body = dom.element('div', { class: 'map-body' }, stage);
    root.append(body);
    const state = states.create(root, data, dom.readTheme(stage));
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    let frame = 0;
    let animation = 0;
    let moving = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    // The view follows the size of the map until somebody moves it.
    let untouched = true;

    const draw = () => {
      cancelAnimationFrame(frame);
      frame = 0;
      points.draw(moving);
      moving = false;
      overlay.draw();
      card.place();
    };
    const invalidate = () => {
      if (!frame) frame = requestAnimationFrame(draw);
    };
    const viewChanged = () => {
      moving = true;
      clearTimeout(timer);
      timer = setTimeout(settle, SETTLED);
      const whole = states.wholeView(state, false).scale;
      points.setWholeScale(whole);
      overlay.setWholeScale(whole);
      const zoomed = state.view.scale > whole * 1.001;
      // A finger scrolls the page up and down as long as the whole map is seen.
      overlay.canvas.style.touchAction = zoomed || state.mode !== 'pan' ? 'none' : 'pan-y';
      invalidate();
    };

    // All points and the labels of the groups in view come when the view stands still.
    const settle = () => {
      overlay.placeLabels();
      invalidate();
    };

    /** @type {(i: number) => void} Pans no farther than needed to see a point. */
    const moveIntoView = (i) => {
      const { view } = state;
      const x = views.toScreenX(view, data.x[i]);
      const y = views.toScreenY(view, data.y[i]);
      const [edgeX, edgeY] = [EDGE * view.width, EDGE * view.height];
      const right = Math.min(0, view.width - edgeX - x) + Math.max(0, edgeX - x);
      const down = Math.min(0, view.height - edgeY - y) + Math.max(0, edgeY - y);
      if (right || down) actions.setView(views.pan(view, right, down), true);
    };

    /** @type {Actions} */
    const actions = {
      invalidate,
      setView: (wanted, animated = false) => {
        cancelAnimationFrame(animation);
        untouched = false;
        const [from, to] = [state.view, views.keepInside(wanted, state.full)];
        if (!animated || still.matches) {
          state.view = to;
          viewChanged();
          return;
        }
        const start = performance.now();
        const step = () => {
          const share = Math.min(1, (performance.now() - start) / ANIMATION);
          state.view = views.between(from, to, 1 - (1 - share) ** 2);
          viewChanged();
          if (share < 1) animation = requestAnimationFrame(step);
        };
        step();
      },
      zoom: (factor, x = state.view.width / 2, y = state.view.height / 2, animated = false) => {
        actions.setView(views.zoomAt(state.view, factor, x, y, state.limits), animated);
      },
      reset: (all = false) => {
        actions.setView(states.wholeView(state, all), true);
        untouched = !all;
      },
      setMode: (mode) => {
        state.mode = mode;
        overlay.canvas.dataset.mode = mode;
        bar.update();
        viewChanged();
      },
      setGrouping: (name) => {
        const found = data.groupings.find((grouping) => grouping.name === name);
        if (!found) throw new RangeError(`wardrobeMap: expected the name of a grouping: ${name}`);
        setGrouping(found);
      },
      highlight: (group) => {
        state.only = group;
        points.update.colors();
        list.update();
        invalidate();
      },
      point: (i, by) => {
        if (i === state.current) return;
        state.current = i;
        if (by === 'keyboard' && i >= 0) moveIntoView(i);
        card.update();
        if (by === 'keyboard') card.announce();
        invalidate();
      },
      select: (indices, join) => {
        states.select(state, indices, join);
        selectionChanged();
        data.onSelect?.(state.selection);
      },
      selectInside: (polygon, join) =>
        actions.select(states.pointsInside(state, polygon), join),
      selectVisible: () => {
        const seen = state.index.within(views.visibleFrame(state.view));
        actions.select(seen.filter(state.accepts), 'replace');
      },
      toggleLabels: () => {
        state.labels = !state.labels;
        bar.update();
        invalidate();
      },
      reveal: (i) => {
        moveIntoView(i);
        actions.point(i, 'gallery');
      },
    };

    const points = wardrobeMap.pointsLayer.create(stage, state, invalidate);
    const overlay = wardrobeMap.overlay.create(stage, state);
    const card = wardrobeMap.hoverCard.create(stage, state);
    const bar = toolbar.create(state, actions);
    const list = legend.create(state, actions);
    const panel = wardrobeMap.selectionPanel.create(state, actions);
    const outside = dom.element('span');
    const all = dom.button({ 'data-act': 'all' }, () => actions.reset(true), 'Show all');
    const note = dom.element('p', { class: 'map-outside' }, outside, ' ', all);
    const aside = dom.element('div', { class: 'map-aside' }, list.box, panel.box);
    const hint = dom.element('p', { class: 'map-hint' }, keyboard.HINT);
    body.append(note, dom.element('div', { class: 'map-beside' }, aside));
    root.prepend(bar.bar);
    root.append(hint);

    const { canvas } = overlay;
    canvas.setAttribute('role', 'application');
    const name = `Map of ${state.count.toLocaleString('en')} points. ${keyboard.HINT}`;
    canvas.setAttribute('aria-label', name);
    keyboard.listen(canvas, state, actions, pointer.listen(canvas, state, actions).cancel);

    const selectionChanged = () => {
      points.update.selection();
      panel.update();
      invalidate();
    };
    /** @type {(grouping: WardrobeMap.Grouping | null) => void} */
    const setGrouping = (grouping) => {
      states.setGrouping(state, grouping);
      points.updateAll();
      overlay.setGrouping();
      list.setGrouping();
      panel.updateCounts();
      panel.repaint();
      bar.update();
      if (state.current >= 0) card.update();
      invalidate();
    };
    /** Brings the view to the size of the map, and tells whether that has changed. */
    const follow = () => {
      const { clientWidth: width, clientHeight: height } = stage;
      const { view } = state;
      if (!width || !height || (width === view.width && height === view.height)) return false;
      state.view = views.resize(state.view, width, height);
      state.limits = states.limitsOf(state);
      const home = states.wholeView(state, false);
      if (untouched) state.view = home;
      const count = frames.countOutside(data.x, data.y, views.visibleFrame(home));
      note.hidden = !count;
      const lie = count === 1 ? '1 point lies' : `${count.toLocaleString('en')} points lie`;
      outside.textContent = `${lie} outside the frame; zoom out to see them.`;
      viewChanged();
      moving = false;
      return true;
    };
    const resize = () => {
      if (follow()) draw();
    };
    const repaint = (printing = false) => {
      state.printing = printing;
      state.theme = dom.readTheme(stage);
      states.setColors(state);
      points.update.colors();
      list.update();
      panel.repaint();
      card.update();
      // Nothing is left for later, when it would miss the paper.
      follow();
      overlay.placeLabels();
      draw();
    };

    actions.setMode('pan');
    setGrouping(data.groupings[0] ?? null);
    panel.update();
    resize();
    new ResizeObserver(resize).observe(stage);
    // A window that moves to another screen may change the device pixels alone.
    addEventListener('resize', invalidate);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      repaint(state.printing);
    });

    return {
      repaint,
      select: (indices) => {
        states.select(state, indices, 'replace');
        selectionChanged();
      },
      setGrouping: actions.setGrouping,
      highlight: (group) => actions.highlight(group ?? -1),
    };
  };

  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).create = create;
  if (typeof module !== 'undefined') module.exports = { create };
})();
