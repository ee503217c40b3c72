// @ts-check
// The other theme, and what printing needs.

/**
 * Functions that draw again what does not follow the theme, or a change of its size, by itself.
 * @type {(() => void)[]}
 */
const repaints = [];

/**
 * Returns the element with an id, which has to be there.
 * @param {string} id
 * @returns {any}
 */
const at = (id) => document.getElementById(id);

/** Tells whether the page is being drawn for paper. */
const printing = () => document.documentElement.classList.contains('printing');

const startTheme = () => {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const theme = at('theme');
  const set = (/** @type {string} */ name) => {
    root.style.colorScheme = name;
    root.dataset.theme = name;
    theme.textContent = name === 'dark' ? 'Light' : 'Dark';
    repaints.forEach((repaint) => repaint());
  };
  const system = () => (dark.matches ? 'dark' : 'light');
  set(system());
  theme.addEventListener('click', () => set(root.dataset.theme === 'dark' ? 'light' : 'dark'));
  dark.addEventListener('change', () => set(system()));

  // Paper is light and has room for everything.
  /** @type {HTMLDetailsElement[]} */
  let closed = [];
  let before = '';
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('details')].filter((part) => !part.open);
    closed.forEach((part) => { part.open = true; });
    before = root.dataset.theme ?? 'light';
    // The class gives what is drawn by script the size that it has on paper.
    root.classList.add('printing');
    set('light');
  });
  addEventListener('afterprint', () => {
    closed.forEach((part) => { part.open = false; });
    root.classList.remove('printing');
    set(before);
  });
};
