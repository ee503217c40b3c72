// @ts-check
// Helpers for elements of the page.
(() => {
  'use strict';

  /**
   * Makes an element with attributes and contents.
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} tag
   * @param {Record<string, string>} attributes
   * @param {(Node | string)[]} contents
   * @returns {HTMLElementTagNameMap[Tag]}
   */
  const element = (tag, attributes = {}, ...contents) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...contents);
    return made;
  };

  /**
   * Makes a button that does something.
   * @param {Record<string, string>} attributes
   * @param {(event: MouseEvent) => void} act
   * @param {(Node | string)[]} contents
   */
  const button = (attributes, act, ...contents) => {
    const made = element('button', { type: 'button', ...attributes }, ...contents);
    made.addEventListener('click', act);
    return made;
  };

  /**
   * Reads a color that the browser computed.
   * @param {string} text such as `rgb(1 2 3)` or `oklch(...)`
   * @returns {WardrobeMap.Color}
   */
  const readColor = (text) => {
    const context = element('canvas', { width: '1', height: '1' }).getContext('2d');
    if (!context) return [128, 128, 128];
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue];
  };

  /**
   * Reads the colors and the font of the page at an element.
   * @param {HTMLElement} at
   * @returns {WardrobeMap.Theme}
   */
  const readTheme = (at) => {
    const style = getComputedStyle(at);
    const [paper, ink] = [readColor(style.backgroundColor), readColor(style.color)];
    const { toLab } = wardrobeMap.colors;
    return { paper, ink, dark: toLab(paper)[0] < toLab(ink)[0], font: style.fontFamily };
  };

  /**
   * Draws a thumbnail into a canvas, which takes the form of the image.
   *
   * Small images keep their pixels; large ones are smoothed.
   * @param {HTMLCanvasElement} canvas
   * @param {WardrobeMap.Thumbnail} thumbnail
   * @param {number} side CSS pixels of the longer side
   */
  const drawThumbnail = (canvas, { image, sx, sy, width, height }, side) => {
    const longer = Math.max(width, height);
    const ratio = wardrobeMap.pointsLayer.pixelRatio();
    canvas.width = Math.max(1, Math.round((width / longer) * side * ratio));
    canvas.height = Math.max(1, Math.round((height / longer) * side * ratio));
    canvas.style.width = `${canvas.width / ratio}px`;
    canvas.style.height = `${canvas.height / ratio}px`;
    const context = canvas.getContext('2d');
    if (!context) return;
    context.imageSmoothingEnabled = canvas.width < 2 * width;
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, sx, sy, width, height, 0, 0, canvas.width, canvas.height);
  };

  const dom = { element, button, readTheme, drawThumbnail };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).dom = dom;
  if (typeof module !== 'undefined') module.exports = dom;
})();
