'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const colors = require('../map/14-colors.js');
const { neighborWeights, assign, colorsOf } = require('../map/15-color-assignment.js');

const FRAME = { left: 0, right: 100, bottom: 0, top: 100 };

/** Groups on a grid of `columns`, touching each other, with `each` points. */
const tiles = (count, columns, each) => {
  const side = 100 / columns;
  const [x, y, of] = [[], [], []];
  for (let group = 0; group < count; group++) {
    for (let i = 0; i < each; i++) {
      x.push(((group % columns) + ((i * 0.7548776662) % 1)) * side);
      y.push((Math.floor(group / columns) + ((i * 0.5698402909) % 1)) * side);
      of.push(group);
    }
  }
  return { x, y, of: Uint8Array.from(of) };
};
const names = (count) => Array.from({ length: count }, (_, i) => String(i));

test('CIELAB has the values of its definition', () => {
  const close = (lab, expected) =>
    lab.forEach((value, axis) => assert.ok(Math.abs(value - expected[axis]) < 0.02, `${lab}`));
  close(colors.toLab([255, 255, 255]), [100, 0, 0]);
  close(colors.toLab([255, 0, 0]), [53.24, 80.09, 67.2]);
  close(colors.toLab([0, 0, 255]), [32.3, 79.19, -107.86]);
  for (const color of colors.PALETTE) {
    colors.fromLab(colors.toLab(color)).forEach((level, axis) => {
      assert.ok(Math.abs(level - color[axis]) < 0.1);
    });
  }
});

test('the palette begins with the colors of Petroff and has no two that are alike', () => {
  assert.equal(colors.css(colors.PALETTE[0]), 'rgb(63 144 218)');
  assert.deepEqual(colors.PALETTE[9], colors.parse('92dadd'));
  assert.ok(colors.PALETTE.length >= 20);
  colors.PALETTE.forEach((one, at) => {
    for (const other of colors.PALETTE.slice(0, at)) {
      assert.ok(colors.difference(one, other) > 15, `${one} ${other}`);
    }
  });
});

test('dark colors become lighter on dark paper alone', () => {
  const dark = colors.parse('832db6');
  assert.deepEqual(colors.onPaper(dark, false), dark);
  assert.ok(colors.toLab(colors.onPaper(dark, true))[0] > 48);
  for (const color of colors.PALETTE.slice(0, 9)) {
    assert.deepEqual(colors.onPaper(color, false), color);
  }
});

test('groups that touch are neighbors, far ones are not', () => {
  const { x, y, of } = tiles(16, 4, 200);
  const weights = neighborWeights(x, y, of, 16, FRAME);
  const between = (a, b) => weights[a * 16 + b];
  assert.equal(between(0, 1), 1);
  assert.equal(between(0, 4), 1);
  assert.equal(between(5, 10), 1, 'corners touch');
  assert.ok(between(0, 2) < 0.3);
  assert.equal(between(0, 15), 0);
  for (let a = 0; a < 16; a++) {
    assert.equal(between(a, a), 0);
    for (let b = 0; b < 16; b++) assert.equal(between(a, b), between(b, a));
  }
});

test('noise and points outside the frame make no neighbors', () => {
  const weights = neighborWeights([1, 1, 500, 500], [1, 1, 1, 1], [0, 255, 1, 2], 3, FRAME);
  assert.deepEqual([...weights], new Array(9).fill(0));
});

test('forty groups that touch have colors that differ from all their neighbors', () => {
  const { x, y, of } = tiles(40, 7, 150);
  const grouping = { name: 'k', names: names(40), of, noise: 255 };
  const found = colorsOf(x, y, grouping, FRAME);
  const weights = neighborWeights(x, y, of, 40, FRAME);
  let least = Infinity;
  for (let a = 0; a < 40; a++) {
    for (let b = 0; b < a; b++) {
      if (weights[a * 40 + b] === 1) least = Math.min(least, colors.difference(found[a], found[b]));
    }
  }
  assert.ok(least > 25, `${least}`);
  // The colors in their order repeat every 24 groups, but similar ones meet before that.
  let plain = Infinity;
  for (let a = 0; a < 40; a++) {
    for (let b = 0; b < a; b++) {
      const [one, other] = [colors.PALETTE[a % 24], colors.PALETTE[b % 24]];
      if (weights[a * 40 + b] === 1) plain = Math.min(plain, colors.difference(one, other));
    }
  }
  assert.ok(least > plain, `${least} ${plain}`);
});

test('the same groups always get the same colors', () => {
  const { x, y, of } = tiles(30, 6, 50);
  const weights = neighborWeights(x, y, of, 30, FRAME);
  const first = assign(weights, 30, colors.PALETTE);
  assert.deepEqual(assign(weights, 30, colors.PALETTE), first);
  const uses = colors.PALETTE.map((_, color) => first.filter((each) => each === color).length);
  assert.ok(Math.max(...uses) <= 3, 'colors are used evenly');
});

test('up to ten groups have the colors in their order, without gray beside noise', () => {
  const { x, y, of } = tiles(10, 5, 20);
  const grouping = { name: 'k', names: names(10), of, noise: 255 };
  assert.deepEqual(colorsOf(x, y, grouping, FRAME), colors.PALETTE.slice(0, 10));
  const noisy = { ...grouping, of: Uint8Array.from(of, (group, i) => (i ? group : 255)) };
  const found = colorsOf(x, y, noisy, FRAME);
  assert.deepEqual(found.slice(0, 3), colors.PALETTE.slice(0, 3));
  for (const color of found) assert.ok(colors.difference(color, colors.NOISE) > 20, `${color}`);
});

test('very many groups take turns', () => {
  const of = Uint16Array.from({ length: 1000 }, (_, i) => i);
  const x = Array.from(of, (i) => i / 10);
  const found = colorsOf(x, x, { name: 'k', names: names(1000), of, noise: 65535 }, FRAME);
  assert.equal(found.length, 1000);
  assert.deepEqual(found[24], colors.PALETTE[0]);
});
