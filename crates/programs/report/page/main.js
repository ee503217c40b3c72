// @ts-check
// Starts everything.

const startPage = () => {
  startTheme();
  const data = dataOf(at('page-data').textContent);
  const tiles = tilesOf(data);
  const thumbnails = data.sprite && thumbnailsOf(data.sprite, tiles);
  startTabs();
  if (at('copy-commands')) {
    at('copy-commands').addEventListener('click', async () => {
      const range = document.createRange();
      range.selectNodeContents(at('command-lines'));
      getSelection()?.removeAllRanges();
      getSelection()?.addRange(range);
      try {
        await navigator.clipboard.writeText(at('command-lines').textContent);
        at('copied').textContent = 'Copied.';
      } catch {
        at('copied').textContent = 'Selected: copy it with Ctrl+C or ⌘C.';
      }
    });
  }
  if (!data.systems.length) return;
  if (tiles) sharpenCards(data, tiles);
  const viewer = viewerOf(data, thumbnails);
  const { given, renamed } = startCards(data, thumbnails, viewer);
  const nameIn = (/** @type {number} */ system, /** @type {number} */ group) =>
    given[system].of(group);
  const compared = at('comparison') && startCompare(data, viewer, nameIn);
  const mapped = startMap(data, thumbnails, nameIn);
  renamed.push(...[compared, mapped].filter((tell) => tell !== undefined && tell !== null));
};

startPage();
