// @ts-check
// Small images, cut out of files that are decoded when they are first needed.

/** Most decoded files that are kept; a sheet of 576 images takes about 2 MB or more. */
const FILES = 40;

/**
 * @param {Sprite} sprite
 * @param {Tiles | null} tiles
 */
const thumbnailsOf = (sprite, tiles) => {
  /** @type {Map<number, {image: HTMLImageElement, ready: Promise<HTMLImageElement>}>} */
  const files = new Map();
  const sheet = (/** @type {number} */ number) => {
    const kept = files.get(number);
    if (kept) {
      // The sheet that was used last is the last to go.
      files.delete(number);
      files.set(number, kept);
      return kept;
    }
    const image = new Image();
    image.src = `data:image/webp;base64,${sprite.files[number]}`;
    const entry = { image, ready: image.decode().then(() => image) };
    files.set(number, entry);
    if (files.size > FILES) files.delete(files.keys().next().value ?? number);
    return entry;
  };
  const { width, height } = sprite;
  const place = (/** @type {number} */ i) => {
    const on = i % sprite.per_sheet;
    const sx = (on % sprite.columns) * width;
    return { sx, sy: Math.floor(on / sprite.columns) * height, width, height };
  };
  const number = (/** @type {number} */ i) => Math.floor(i / sprite.per_sheet);
  return {
    width,
    height,
    /**
     * Draws the image of a point into a canvas of its own, and a larger one where there is one.
     * @param {number} i
     * @param {HTMLCanvasElement} canvas
     */
    draw: async (i, canvas) => {
      canvas.width = width;
      canvas.height = height;
      // Sides that were divided and rounded may have another ratio.
      if (tiles) canvas.style.aspectRatio = `${tiles.width} / ${tiles.height}`;
      const image = await sheet(number(i)).ready;
      const { sx, sy } = place(i);
      canvas.getContext('2d')?.drawImage(image, sx, sy, width, height, 0, 0, width, height);
      await tiles?.draw(i, canvas, () => canvas.isConnected);
    },
    /**
     * Returns the sheet and place of the image of a point, or null until the sheet is decoded,
     * after which it calls `later`.
     * @param {number} i
     * @param {() => void} later
     */
    find: (i, later) => {
      const { image, ready } = sheet(number(i));
      if (image.complete && image.naturalWidth) return { image, ...place(i) };
      ready.then(later);
      return null;
    },
  };
};
