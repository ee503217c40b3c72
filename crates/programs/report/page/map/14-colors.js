// @ts-check
// Colors of groups, and how different two colors look.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.Color} Color */

  /**
   * Colors that can be told apart, also with a color vision deficiency.
   *
   * The first ten are those of Petroff 2021, *Accessible Color Sequences for Data Visualization*.
   * Each of the others is the one that `difference` finds most unlike all before it.
   */
  const PALETTE = [
    '3f90da', 'ffa90e', 'bd1f01', '94a4a2', '832db6', 'a96b59', 'e76300', 'b9ac70',
    '717581', '92dadd', '3c78ff', '784b87', 'e1b4ff', '0fe1a5', 'b4005a', '1e96b4',
    '87d25a', 'd2003c', 'd2783c', '1ea578', 'f078ff', '695a2d', 'e15ab4', '3c6900',
  ].map((color) => parse(color));

  /** Color of noise. */
  const NOISE = parse('969ba0');

  /** Weight of a difference that somebody with a deficiency sees; 1 would leave few colors. */
  const DEFICIENCY_WEIGHT = 1.8;

  /** Machado, Oliveira and Fernandes 2009, severity 1: linear RGB as it is seen. */
  const DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ];
  const PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ];

  /** Lightness (CIELAB) that colors have at least on dark paper, and at most on light paper. */
  const LEAST_ON_DARK = 50;
  const MOST_ON_LIGHT = 82;

  /**
   * Reads a color of six hexadecimal digits.
   * @param {string} text
   * @returns {Color}
   */
  function parse(text) {
    const level = (/** @type {number} */ at) => parseInt(text.slice(at, at + 2), 16);
    return [level(0), level(2), level(4)];
  }

  /**
   * Writes a color as CSS reads it.
   * @param {Color} color
   */
  const css = (color) => `rgb(${color.map(Math.round).join(' ')})`;

  /** @type {(level: number) => number} */
  const toLinear = (level) => {
    const share = level / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  /** @type {(light: number) => number} */
  const fromLinear = (light) => {
    const share = Math.min(1, Math.max(0, light));
    return 255 * (share <= 0.0031308 ? 12.92 * share : 1.055 * share ** (1 / 2.4) - 0.055);
  };
  /** @type {(matrix: number[][], of: number[]) => Color} */
  const times = (matrix, of) => {
    const [a, b, c] = matrix.map((row) => row[0] * of[0] + row[1] * of[1] + row[2] * of[2]);
    return [a, b, c];
  };

  // sRGB with the white point D65, and CIELAB (CIE 15).
  const TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.072175],
    [0.0193339, 0.119192, 0.9503041],
  ];
  const FROM_XYZ = [
    [3.2404542, -1.5371385, -0.4985314],
    [-0.969266, 1.8760108, 0.041556],
    [0.0556434, -0.2040259, 1.0572252],
  ];
  const WHITE = [0.95047, 1, 1.08883];

  /**
   * Converts light (linear RGB) to CIELAB.
   * @param {number[]} linear
   * @returns {Color}
   */
  const linearToLab = (linear) => {
    const [x, y, z] = times(TO_XYZ, linear).map((value, axis) => {
      const share = value / WHITE[axis];
      return share > 216 / 24389 ? Math.cbrt(share) : (share * 24389) / 27 / 116 + 16 / 116;
    });
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
  };

  /**
   * Converts a color to CIELAB: lightness, green to red, blue to yellow.
   * @param {Color} color
   */
  const toLab = (color) => linearToLab(color.map(toLinear));

  /**
   * Converts CIELAB to a color, cut to what a screen shows.
   * @param {Color} lab
   * @returns {Color}
   */
  const fromLab = ([lightness, a, b]) => {
    const y = (lightness + 16) / 116;
    const xyz = [y + a / 500, y, y - b / 200].map((root, axis) => {
      const cube = root ** 3;
      return WHITE[axis] * (cube > 216 / 24389 ? cube : ((116 * root - 16) * 27) / 24389);
    });
    const [red, green, blue] = times(FROM_XYZ, xyz).map(fromLinear);
    return [red, green, blue];
  };

  /**
   * Measures how different two colors look, at most to those with a color vision deficiency.
   *
   * It is the distance in CIELAB (CIE 1976). Below 20, colors are hard to tell apart as small dots.
   * @param {Color} one
   * @param {Color} other
   */
  const difference = (one, other) => {
    /** @type {(a: Color, b: Color) => number} */
    const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    /** @type {(color: Color, matrix: number[][]) => Color} */
    const seen = (color, matrix) => linearToLab(times(matrix, color.map(toLinear)));
    return Math.min(
      distance(toLab(one), toLab(other)),
      ...[DEUTERANOPIA, PROTANOPIA].map(
        (matrix) => DEFICIENCY_WEIGHT * distance(seen(one, matrix), seen(other, matrix)),
      ),
    );
  };

  /**
   * Makes a color lighter on dark paper, or darker on light paper, where it is hard to see.
   * @param {Color} color
   * @param {boolean} dark whether the paper is dark
   * @returns {Color}
   */
  const onPaper = (color, dark) => {
    const [lightness, a, b] = toLab(color);
    const wanted = dark ? Math.max(LEAST_ON_DARK, lightness) : Math.min(MOST_ON_LIGHT, lightness);
    if (wanted === lightness) return color;
    const [red, green, blue] = fromLab([wanted, a, b]).map(Math.round);
    return [red, green, blue];
  };

  const colors = { PALETTE, NOISE, parse, css, toLab, fromLab, difference, onPaper };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).colors = colors;
  if (typeof module !== 'undefined') module.exports = colors;
})();
