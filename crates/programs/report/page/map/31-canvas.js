// @ts-check
// Draws the points without WebGL: blends them into the pixels of a canvas.
(() => {
  'use strict';

  /**
   * Makes the stamp of a point: how much of each pixel of a square its circle covers.
   * @param {number} diameter device pixels
   */
  const stampOf = (diameter) => {
    const side = Math.max(2, Math.ceil(diameter + 1));
    const cover = new Float32Array(side * side);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const distance = Math.hypot(column + 0.5 - side / 2, row + 0.5 - side / 2);
        const share = diameter / 2 - distance + 0.5;
        cover[row * side + column] = Math.min(1, Math.max(0, share));
      }
    }
    return { side, cover };
  };

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

    /** @type {(i: number) => number} */
    const opacityOf = (i) =>
      (colors[4 * groups[i] + 3] / 255) * (selected && !selected[i] ? UNSELECTED : 1);

    /** @type {WardrobeMap.Renderer['draw']} */
    const draw = (view, style) => {
      const { pixelRatio, paper } = style;
      const width = Math.max(1, Math.round(view.width * pixelRatio));
      const height = Math.max(1, Math.round(view.height * pixelRatio));
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      }
      const image = context.createImageData(width, height);
      const levels = image.data;
      const pixel = new Uint8Array([...paper, 255]);
      new Uint32Array(levels.buffer).fill(new Uint32Array(pixel.buffer)[0]);
      const { side, cover } = stampOf(style.diameter * pixelRatio);
      const scale = view.scale * pixelRatio;
      const [shiftX, shiftY] = [(width - side) / 2, (height - side) / 2];

      /** @type {(i: number, opacity: number) => void} */
      const blend = (i, opacity) => {
        const left = Math.round((x[i] - view.centerX) * scale + shiftX);
        const top = Math.round((view.centerY - y[i]) * scale + shiftY);
        if (left <= -side || top <= -side || left >= width || top >= height) return;
        const color = 4 * groups[i];
        for (let row = Math.max(0, -top); row < side && top + row < height; row++) {
          for (let column = Math.max(0, -left); column < side && left + column < width; column++) {
            const share = opacity * cover[row * side + column];
            const to = 4 * ((top + row) * width + left + column);
            levels[to] += share * (colors[color] - levels[to]);
            levels[to + 1] += share * (colors[color + 1] - levels[to + 1]);
            levels[to + 2] += share * (colors[color + 2] - levels[to + 2]);
          }
        }
      };
      // Faint points come first, so that they lie below the others.
      for (const faint of style.layered ? [true, false] : [null]) {
        for (const i of order) {
          const opacity = style.opacity * opacityOf(i);
          if (faint === null || opacity <= FAINT === faint) blend(i, opacity);
        }
      }
      context.putImageData(image, 0, 0);
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
