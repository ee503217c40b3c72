// @ts-check
// Draws the points without WebGL: blends them into the pixels of a canvas.
(() => {
  'use strict';

  /** Parts of a weight: a share of 1 is 256, so that weights sum up to one byte more. */
  const WHOLE = 256;
  /** Bits of two of the four bytes of a pixel, which are blended at once. */
  const PAIR = 0x00ff00ff;
  /** Half of the least step of each of these bytes, which rounds instead of cutting off. */
  const HALF = 0x00800080;

  /**
   * Lists the pixels that the circle of a point covers, and how much of each.
   * @param {number} diameter device pixels
   * @param {number} width of the image in pixels
   */
  const stampOf = (diameter, width) => {
    const side = Math.max(2, Math.ceil(diameter + 1));
    const offsets = [];
    const covers = [];
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const distance = Math.hypot(column + 0.5 - side / 2, row + 0.5 - side / 2);
        const share = Math.min(1, diameter / 2 - distance + 0.5);
        if (share <= 0) continue;
        offsets.push(row * width + column);
        covers.push(share);
      }
    }
    return { side, offsets: Uint32Array.from(offsets), covers };
  };

  /**
   * Writes a color into the four bytes of a pixel, in the order of the machine.
   * @param {ArrayLike<number>} color
   */
  const pixelOf = ({ 0: red, 1: green, 2: blue }) =>
    new Uint32Array(new Uint8Array([red, green, blue, 255]).buffer)[0];

  /**
   * Makes a renderer on a canvas.
   * @param {HTMLCanvasElement} canvas
   * @param {WardrobeMap.Numbers} x
   * @param {WardrobeMap.Numbers} y
   * @param {Uint32Array} order in which points are drawn
   * @returns {WardrobeMap.Renderer | null}
   */
  const create = (canvas, x, y, order) => {
    const { UNSELECTED, FAINT } = wardrobeMap.webgl;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return null;
    /** @type {Float32Array} */
    let groups = new Float32Array(order.length);
    /** @type {Uint8Array} */
    let colors = new Uint8Array(4);
    /** @type {Uint8Array | null} */
    let selected = null;
    /** @type {ImageData | null} */
    let image = null;

    /** @type {WardrobeMap.Renderer['draw']} */
    const draw = (view, style) => {
      const { pixelRatio, paper } = style;
      const width = Math.max(1, Math.round(view.width * pixelRatio));
      const height = Math.max(1, Math.round(view.height * pixelRatio));
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      }
      // A margin of the size of a point makes it needless to clip points at the edge.
      const diameter = style.diameter * pixelRatio;
      const margin = Math.max(2, Math.ceil(diameter + 1));
      const [wide, high] = [width + 2 * margin, height + 2 * margin];
      if (image?.width !== wide || image.height !== high) image = new ImageData(wide, high);
      const pixels = new Uint32Array(image.data.buffer);
      pixels.fill(pixelOf(paper));
      const { side, offsets, covers } = stampOf(diameter, wide);
      const cells = offsets.length;

      // Weighted colors of the pixels of a point: two entries a group, selected and not.
      const kinds = colors.length / 2;
      const known = new Uint8Array(kinds);
      const even = new Int32Array(kinds * cells);
      const odd = new Int32Array(kinds * cells);
      const kept = new Uint16Array(kinds * cells);
      /** @type {(kind: number) => number} */
      const opacityOf = (kind) =>
        (style.opacity * colors[4 * (kind >> 1) + 3] * (kind % 2 ? UNSELECTED : 1)) / 255;
      /** @type {(kind: number) => void} */
      const weigh = (kind) => {
        known[kind] = 1;
        const pixel = pixelOf(colors.subarray(4 * (kind >> 1)));
        covers.forEach((cover, cell) => {
          const weight = Math.round(WHOLE * opacityOf(kind) * cover);
          even[kind * cells + cell] = Math.imul(pixel & PAIR, weight) + HALF;
          odd[kind * cells + cell] = Math.imul((pixel >>> 8) & PAIR, weight) + HALF;
          kept[kind * cells + cell] = WHOLE - weight;
        });
      };

      const scale = view.scale * pixelRatio;
      const shiftX = (width - side) / 2 + margin;
      const shiftY = (height - side) / 2 + margin;
      const [mostLeft, mostTop] = [wide - side, high - side];
      /** @type {(wanted: (kind: number) => boolean) => void} */
      const pass = (wanted) => {
        const drawn = Math.min(order.length, style.count);
        for (let k = 0; k < drawn; k++) {
          const i = order[k];
          const left = Math.round((x[i] - view.centerX) * scale + shiftX);
          const top = Math.round((view.centerY - y[i]) * scale + shiftY);
          if (left < 0 || top < 0 || left > mostLeft || top > mostTop) continue;
          const kind = 2 * groups[i] + (selected && !selected[i] ? 1 : 0);
          if (!wanted(kind)) continue;
          if (!known[kind]) weigh(kind);
          const corner = top * wide + left;
          for (let cell = 0, at = kind * cells; cell < cells; cell++, at++) {
            const to = corner + offsets[cell];
            const pixel = pixels[to];
            const first = Math.imul(pixel & PAIR, kept[at]) + even[at];
            const second = Math.imul((pixel >>> 8) & PAIR, kept[at]) + odd[at];
            pixels[to] = ((first >>> 8) & PAIR) | (second & ~PAIR);
          }
        }
      };
      if (style.layered) {
        // Faint points come first, so that they lie below the others.
        pass((kind) => opacityOf(kind) <= FAINT);
        pass((kind) => opacityOf(kind) > FAINT);
      } else {
        pass(() => true);
      }
      context.putImageData(image, -margin, -margin);
    };

    return {
      name: 'canvas',
      setGroups: (values) => {
        groups = values;
      },
      setColors: (values) => {
        colors = values;
      },
      setSelected: (values) => {
        selected = values;
      },
      draw,
      dispose: () => {},
    };
  };

  const canvas = { create };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).canvas = canvas;
  if (typeof module !== 'undefined') module.exports = canvas;
})();
