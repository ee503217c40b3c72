// @ts-check
// Larger images, from grids in a folder beside the page. Where it is missing, nothing changes.

/** Most decoded grids that are kept; one takes at most 4 MB. */
const GRIDS = 24;

/** Most grids that are loaded at the same time. */
const AT_ONCE = 4;

/** Pixels below and above the window in which cards get larger images already. */
const NEAR = '400px';

/**
 * Returns the place of each point on the grids: by group of the main system, the nearest to its
 * center first. The program lays the grids out by the same rule.
 * @param {Data} data
 */
const tilePlaces = (data) => {
  const places = new Uint32Array(data.count);
  const system = data.systems[data.systems.length - 1];
  if (!system) return places.map((_, i) => i);
  const order = membersOf(system).flatMap((members) => sorted(members, 'nearest', data, system));
  order.forEach((i, place) => { places[i] = place; });
  return places;
};

/**
 * Prepares the larger images; returns null if the page was written without any.
 * @param {Data} data
 */
const tilesOf = (data) => {
  const { tiles } = data;
  if (!tiles) return null;
  const { url, width, height, columns, per_sheet: perSheet } = tiles;
  const places = tilePlaces(data);
  /** @type {Map<number, Promise<HTMLImageElement | null>>} */
  const kept = new Map();
  /** @type {(() => void)[]} */
  const waiting = [];
  let loading = 0;

  const load = async (/** @type {number} */ number) => {
    const image = new Image();
    image.src = `${url}${String(number).padStart(5, '0')}.webp`;
    try {
      await image.decode();
      return image;
    } catch {
      return null;
    }
  };
  // One request tells whether the folder is there, so that a missing one costs no more.
  const there = load(0);
  kept.set(0, there);

  /** @type {(number: number, wanted: () => boolean) => Promise<HTMLImageElement | null>} */
  const grid = async (number, wanted) => {
    const known = kept.get(number);
    if (known) {
      // The grid that was used last is the last to go.
      kept.delete(number);
      kept.set(number, known);
      return known;
    }
    if (loading === AT_ONCE) await new Promise((/** @type {any} */ go) => { waiting.push(go); });
    else loading += 1;
    // A reader who turns pages quickly does not wait for those between.
    const found = kept.get(number) ?? (wanted() ? load(number) : null);
    if (found) kept.set(number, found);
    if (kept.size > GRIDS) kept.delete(kept.keys().next().value ?? number);
    await found;
    const next = waiting.shift();
    if (next) next();
    else loading -= 1;
    return found;
  };

  return {
    width,
    height,
    /**
     * Draws the larger image of a point into a canvas on the page, as soon as it is there.
     * @param {number} i
     * @param {HTMLCanvasElement} canvas
     * @param {() => boolean} wanted tells whether somebody still waits for it
     * @returns {Promise<boolean>} whether it was drawn
     */
    draw: async (i, canvas, wanted) => {
      if (!await there) return false;
      const image = await grid(Math.floor(places[i] / perSheet), wanted);
      if (!image || !wanted()) return false;
      const on = places[i] % perSheet;
      const [sx, sy] = [(on % columns) * width, Math.floor(on / columns) * height];
      canvas.width = width;
      canvas.height = height;
      canvas.getContext('2d')?.drawImage(image, sx, sy, width, height, 0, 0, width, height);
      return true;
    },
  };
};

/** @typedef {NonNullable<ReturnType<typeof tilesOf>>} Tiles */

/**
 * Replaces the images of cards that come near the window by larger ones of the same form.
 * @param {Data} data
 * @param {Tiles} tiles
 */
const sharpenCards = (data, tiles) => {
  const images = [...document.querySelectorAll('.thumbs img[data-row]')];
  const sharpen = async (/** @type {HTMLImageElement} */ image) => {
    await image.decode().catch(() => {});
    const i = pointOf(data, Number(image.dataset.row));
    if (i < 0 || image.naturalWidth >= tiles.width) return;
    const canvas = document.createElement('canvas');
    canvas.className = image.className;
    canvas.title = image.title;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', image.alt);
    canvas.style.aspectRatio = `${image.naturalWidth} / ${image.naturalHeight}`;
    if (await tiles.draw(i, canvas, () => image.isConnected)) image.replaceWith(canvas);
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      sharpen(/** @type {HTMLImageElement} */ (target));
    }
  }, { rootMargin: NEAR });
  images.forEach((image) => observer.observe(image));
};
