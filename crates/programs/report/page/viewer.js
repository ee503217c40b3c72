// @ts-check
// The dialog with all members of a group, a page at a time.

/**
 * @typedef {{title: () => string, members: number[], sortable: boolean, facts: string,
 *   caption?: (i: number) => string}} Collection
 * @typedef {ReturnType<typeof thumbnailsOf>} Thumbnails
 */

/**
 * Prepares the dialog.
 * @param {Data} data
 * @param {Thumbnails | null} thumbnails
 */
const viewerOf = (data, thumbnails) => {
  const dialog = at('viewer');
  const list = at('viewer-members');
  const size = data.sprite && data.sprite.width > 64 ? 60 : 120;
  /** @type {Collection[]} */
  let collections = [];
  /** @type {System} */
  let system = data.systems[0];
  let place = { list: 0, page: 0 };
  let order = '';
  list.classList.toggle('pixelated', data.pixelated);
  list.classList.toggle('words', !thumbnails);

  const orderOf = (/** @type {Collection} */ one) =>
    (one.sortable ? sorted(one.members, order, data, system) : one.members);
  const entry = (/** @type {Collection} */ one, /** @type {number} */ i) => {
    const item = document.createElement('li');
    const title = titleOf(data, system, i);
    item.title = title;
    if (thumbnails) {
      const canvas = document.createElement('canvas');
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', title);
      thumbnails.draw(i, canvas);
      item.append(canvas);
    }
    const name = document.createElement('span');
    name.textContent = nameOf(data, i);
    item.append(name);
    const more = one.caption ? one.caption(i)
      : system.certainty && system.of[i] !== system.noise
        ? sureText(system.certainty[i] / 255, system.percent) : '';
    if (more) {
      const small = document.createElement('small');
      small.textContent = more;
      item.append(small);
    }
    return item;
  };
  const show = () => {
    const one = collections[place.list];
    const members = orderOf(one);
    const pages = pagesOf(members.length, size);
    const first = place.page * size;
    const shown = members.slice(first, first + size);
    at('viewer-name').textContent = one.title();
    at('viewer-facts').textContent = one.facts;
    const [from, to] = [first + 1, first + shown.length].map(thousands);
    at('viewer-page').textContent = `${from} to ${to} of ${thousands(members.length)}`;
    at('viewer-previous').disabled = place.page === 0;
    at('viewer-next').disabled = place.page === pages - 1;
    at('viewer-sort').parentElement.hidden = !one.sortable;
    at('viewer-before').hidden = at('viewer-after').hidden = collections.length < 2;
    list.replaceChildren(...shown.map((i) => entry(one, i)));
    list.scrollTop = 0;
  };
  const turn = (/** @type {number} */ step) => {
    place = turned(place, step, collections.map((one) => pagesOf(one.members.length, size)));
    show();
  };
  const move = (/** @type {number} */ step) => {
    place = { list: (place.list + step + collections.length) % collections.length, page: 0 };
    show();
  };
  const page = (/** @type {number} */ step) => {
    place = { ...place, page: place.page + step };
    show();
    // A button that has become disabled would lose the focus to nothing.
    const { activeElement } = document;
    if (activeElement === document.body || !dialog.contains(activeElement)) list.focus();
  };
  at('viewer-previous').addEventListener('click', () => page(-1));
  at('viewer-next').addEventListener('click', () => page(1));
  at('viewer-before').addEventListener('click', () => move(-1));
  at('viewer-after').addEventListener('click', () => move(1));
  at('viewer-sort').addEventListener('change', () => {
    order = at('viewer-sort').value;
    place = { ...place, page: 0 };
    show();
  });
  dialog.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const target = /** @type {Element} */ (event.target);
    const other = event.ctrlKey || event.altKey || event.metaKey;
    if (!step || other || target.matches('select, input')) return;
    event.preventDefault();
    if (event.shiftKey) move(step);
    else turn(step);
  });
  // A click beside the dialog closes it, as Escape does.
  dialog.addEventListener('click', (/** @type {MouseEvent} */ event) => {
    if (event.target === dialog) dialog.close();
  });
  return {
    /**
     * Opens the dialog with one of several collections.
     * @param {System} of
     * @param {Collection[]} all
     * @param {number} first
     */
    open: (of, all, first) => {
      system = of;
      collections = all;
      place = { list: first, page: 0 };
      const orders = ordersOf(data, system);
      if (!orders.some(([value]) => value === order)) order = orders[0][0];
      at('viewer-sort').replaceChildren(...orders.map(([value, name]) => new Option(name, value)));
      at('viewer-sort').value = order;
      show();
      dialog.showModal();
      list.focus();
    },
  };
};
