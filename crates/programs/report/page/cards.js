// @ts-check
// Cards of groups: renaming, opening, those of other systems, and the CSV.

/**
 * Makes an element with a class and a text.
 * @param {string} name
 * @param {string} kind
 * @param {string} text
 */
const make = (name, kind, text) => {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  element.textContent = text;
  return element;
};

/** Most groups without a card that have a button. */
const BUTTONS = 200;

/**
 * @param {Data} data
 * @param {Thumbnails | null} thumbnails
 * @param {ReturnType<typeof viewerOf>} viewer
 */
const startCards = (data, thumbnails, viewer) => {
  const main = data.systems.length - 1;
  const given = data.systems.map(givenNames);
  let chosen = main;
  const current = () => data.systems[chosen];

  /** @type {Map<System, number[][]>} */
  const kept = new Map();
  /** Lists what can be opened: groups, noise, near duplicates, outliers. */
  const collections = () => {
    const system = current();
    const byGroup = kept.get(system) ?? membersOf(system);
    kept.set(system, byGroup);
    const facts = (/** @type {number[]} */ members) => {
      const { certainty } = system;
      const all = countOf(members.length, data.noun);
      if (!certainty || !members.length) return all;
      const mean = members.reduce((sum, i) => sum + certainty[i], 0) / members.length / 255;
      return `${all}, ${sureText(mean, system.percent)} on average`;
    };
    /** @type {(Collection & {key: string})[]} */
    const all = system.ids.map((id, group) => {
      const members = byGroup[group];
      const title = () => given[chosen].of(group);
      return { key: `group-${id}`, title, members, sortable: true, facts: facts(members) };
    });
    const noise = byGroup[system.ids.length];
    if (noise.length) {
      const title = () => 'In no group';
      const text = countOf(noise.length, data.noun);
      all.push({ key: 'noise', title, members: noise, sortable: true, facts: text });
    }
    const groupOf = (/** @type {number} */ i) =>
      (system.of[i] === system.noise ? 'in no group' : `in ${given[chosen].of(system.of[i])}`);
    if (data.duplicates.length) {
      const sets = new Map(data.duplicates.flatMap((set, at) => set.map((i) => [i, at + 1])));
      const caption = (/** @type {number} */ i) => `set ${sets.get(i)}, ${groupOf(i)}`;
      const title = () => 'Near duplicates';
      const members = data.duplicates.flat();
      const text = 
        `${countOf(members.length, data.noun)} in ${countOf(data.duplicates.length, 'set')}`;
      all.push({ key: 'duplicates', title, members, sortable: false, caption, facts: text });
    }
    if (data.outliers.length) {
      const title = () => 'Unlike all others';
      const { outliers: members } = data;
      const text = 'the least alike first';
      all.push({ key: 'outliers', title, members, sortable: false, caption: groupOf, facts: text });
    }
    return all;
  };
  const open = (/** @type {string} */ key) => {
    const all = collections();
    const first = all.findIndex((one) => one.key === key);
    if (first >= 0) viewer.open(current(), all, first);
  };

  /**
   * Makes a card open and its name change.
   * @param {HTMLElement} card
   */
  const enhance = (card) => {
    const { id, found } = card.dataset;
    const key = found ?? `group-${id}`;
    const group = current().ids.indexOf(Number(id));
    const heading = /** @type {HTMLElement} */ (card.querySelector('h3'));
    const button = /** @type {HTMLButtonElement} */ (card.querySelector('.open'));
    const of = chosen;
    const tell = () => button.setAttribute('aria-label', `Show all of ${given[of].of(group)}`);
    card.addEventListener('click', (event) => {
      const target = /** @type {Element} */ (event.target);
      if (target.closest('input, a') || String(getSelection())) return;
      // The dialog gives the focus back to where it was.
      button.focus({ preventScroll: true });
      open(key);
    });
    if (found) return;
    tell();
    const input = document.createElement('input');
    input.value = given[chosen].of(group);
    input.setAttribute('aria-label', `Name of ${current().names[group]}`);
    input.title = 'Rename';
    input.spellcheck = false;
    input.addEventListener('change', () => {
      given[of].set(group, input.value);
      input.value = given[of].of(group);
      tell();
      renamed.forEach((tell) => tell());
    });
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') input.blur();
      if (event.key === 'Escape') { input.value = given[of].of(group); input.blur(); }
    });
    heading.replaceChildren(input);
  };

  /**
   * Makes the card of a group of another system.
   * @param {CardData} coded
   */
  const cardOf = (coded) => {
    const system = current();
    const group = system.ids.indexOf(coded.id);
    const card = make('article', 'card', '');
    card.dataset.id = String(coded.id);
    const header = make('header', '', '');
    const words = make('div', '', '');
    const share = (100 * system.sizes[group] / data.n).toFixed(1);
    const facts = [`${countOf(system.sizes[group], data.noun)}, ${share} %`, coded.sure];
    words.append(make('h3', 'name', system.names[group]),
      make('p', 'facts', facts.filter(Boolean).join(' · ')));
    const button = make('button', 'open', 'Show all');
    button.setAttribute('type', 'button');
    header.append(words, button);
    card.append(header);
    if (coded.classes) card.append(make('p', 'classes', coded.classes));
    if (coded.marks) card.append(make('p', 'marks', coded.marks));
    for (const [head, members] of coded.rows) {
      const figure = make('figure', '', '');
      const thumbs = make('div', 'thumbs', '');
      thumbs.append(...members.map((i) => {
        const title = titleOf(data, system, i);
        const one = /** @type {HTMLCanvasElement} */ (
          thumbnails ? document.createElement('canvas') : make('span', 'word', nameOf(data, i)));
        one.title = title;
        if (thumbnails) {
          one.setAttribute('role', 'img');
          one.setAttribute('aria-label', title);
          thumbnails.draw(i, one);
        }
        return one;
      }));
      figure.append(make('figcaption', '', head), thumbs);
      card.append(figure);
    }
    return card;
  };

  /** Offers the groups that have no card as buttons. */
  const more = () => {
    const system = current();
    const carded = new Set([...document.querySelectorAll('#groups .cards:not([hidden]) .card')]
      .map((card) => Number(/** @type {HTMLElement} */ (card).dataset.id)));
    const others = system.ids.map((id, group) => ({ id, group }))
      .filter(({ id }) => !carded.has(id));
    others.sort((a, b) => system.sizes[b.group] - system.sizes[a.group] || a.id - b.id);
    const buttons = others.slice(0, BUTTONS).map(({ id, group }) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = `${given[chosen].of(group)} (${thousands(system.sizes[group])})`;
      button.addEventListener('click', () => open(`group-${id}`));
      return button;
    });
    const rest = others.length - buttons.length;
    at('more-groups').replaceChildren(...(others.length ? ['Smaller groups: ', ...buttons] : []),
      ...(rest ? [`and ${countOf(rest, 'group')} more`] : []));
  };

  /** @type {(() => void)[]} */
  const renamed = [];
  const enhanceAll = (/** @type {Element} */ cards) => cards.querySelectorAll('.card')
    .forEach((card) => enhance(/** @type {HTMLElement} */ (card)));
  enhanceAll(at('cards'));
  more();
  at('save-csv').addEventListener('click', () => {
    const { name } = current();
    saveFile(`groups-${name}.csv`, csvText(assignmentTable(data, current(), given[chosen].of)));
  });
  const select = at('system');
  if (select) {
    select.value = String(main);
    select.addEventListener('change', () => {
      chosen = Number(select.value);
      const others = at('other-cards');
      at('cards').hidden = chosen !== main;
      others.hidden = chosen === main;
      others.replaceChildren(...(chosen === main ? [] : current().cards.map(cardOf)));
      enhanceAll(others);
      more();
    });
  }
  return { given, renamed };
};
