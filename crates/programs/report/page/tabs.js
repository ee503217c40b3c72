// @ts-check
// Shows one part of the page at a time. Without script they follow one another.

const startTabs = () => {
  const list = at('tabs');
  /** @type {HTMLAnchorElement[]} */
  const tabs = [...list.querySelectorAll('a')];
  const panels = tabs.map((tab) => at(tab.hash.slice(1)));
  list.setAttribute('role', 'tablist');
  tabs.forEach((tab, i) => {
    tab.setAttribute('role', 'tab');
    tab.id = `tab-${panels[i].id}`;
    tab.setAttribute('aria-controls', panels[i].id);
    panels[i].setAttribute('role', 'tabpanel');
  });
  const show = (/** @type {number} */ chosen) => {
    tabs.forEach((tab, i) => {
      tab.setAttribute('aria-selected', String(i === chosen));
      tab.tabIndex = i === chosen ? 0 : -1;
      panels[i].classList.toggle('on', i === chosen);
    });
    repaints.forEach((repaint) => repaint());
  };
  const follow = () => {
    const target = location.hash && at(decodeURIComponent(location.hash.slice(1)));
    const chosen = target ? panels.findIndex((panel) => panel.contains(target)) : 0;
    if (chosen < 0) return;
    show(chosen);
    const part = target && target.closest('details');
    if (part) part.open = true;
    if (target && target !== panels[chosen]) target.scrollIntoView();
  };
  tabs.forEach((tab, i) => tab.addEventListener('click', (event) => {
    event.preventDefault();
    history.replaceState(null, '', tab.hash);
    show(i);
    scrollTo(0, 0);
  }));
  list.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const now = tabs.findIndex((tab) => tab === document.activeElement);
    /** @type {Record<string, number>} */
    const moves = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1 };
    const to = moves[event.key];
    if (to === undefined || now < 0) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    tab.click();
    tab.focus();
  });
  addEventListener('hashchange', follow);
  follow();
  at('main').classList.add('ready');
};
