'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
for (const name of ['10-frames', '11-views', '12-polygons', '13-grid-index', '14-colors']) {
  require(`../map/${name}.js`);
}
require('../map/15-color-assignment.js');
const { colorTable } = require('../map/32-points-layer.js');
const { next } = require('../map/51-keyboard.js');
const states = require('../map/60-state.js');

const THEME = { paper: [255, 255, 255], ink: [0, 0, 0], dark: false, font: 'sans-serif' };

/** A map of 11 x 11 points with distance 10, in two groups and one point of noise. */
const made = () => {
  const x = Float32Array.from({ length: 121 }, (_, i) => 10 * (i % 11));
  const y = Float32Array.from({ length: 121 }, (_, i) => 10 * Math.floor(i / 11));
  const of = Uint8Array.from({ length: 121 }, (_, i) => (i === 120 ? 255 : Number(i >= 66)));
  const grouping = { name: 'k', names: ['low', 'high'], of, noise: 255 };
  const data = { x, y, groupings: [grouping], title: String, thumbnail: null };
  const state = states.create(null, data, THEME);
  states.setGrouping(state, grouping);
  state.view = { ...state.view, width: 136, height: 136 };
  state.view = states.wholeView(state, false);
  return state;
};

test('groups are counted, noise last', () => {
  const state = made();
  assert.deepEqual([...state.sizes], [66, 54, 1]);
  assert.equal(states.groupOf(state, 0), 0);
  assert.equal(states.groupOf(state, 120), 2);
});

test('a grouping of too few points is refused', () => {
  const { data } = made();
  const groupings = [{ name: 'k', names: [], of: new Uint8Array(5), noise: 255 }];
  assert.throws(
    () => states.create(null, { ...data, groupings }, THEME),
    /expected 121 points as in x, found 5/,
  );
  assert.throws(() => states.create(null, { ...data, y: new Float32Array(3) }, THEME), RangeError);
});

test('points join the selection and leave it', () => {
  const state = made();
  states.select(state, [5, 3], 'replace');
  assert.deepEqual([...state.selection], [3, 5]);
  states.select(state, [9, 3], 'add');
  assert.deepEqual([...state.selection], [3, 5, 9]);
  states.select(state, [5, 7], 'remove');
  assert.deepEqual([...state.selection], [3, 9]);
  states.select(state, [1, 1000], 'replace');
  assert.deepEqual([...state.selection], [1], 'a point that does not exist is left out');
});

test('a polygon of pixels holds the points that are drawn inside', () => {
  const state = made();
  // One pixel is one unit, the margin 18 pixels, and y goes downwards on the screen.
  assert.equal(state.view.scale, 1);
  const polygon = [18 + 15, 18 + 5, 18 + 35, 18 + 5, 18 + 35, 18 + 25, 18 + 15, 18 + 25];
  const inside = states.pointsInside(state, polygon).sort((a, b) => a - b);
  assert.deepEqual(inside, [90, 91, 101, 102]);
  state.only = 0;
  assert.deepEqual(states.pointsInside(state, polygon), []);
});

test('the whole map can be seen, and zoom has an end', () => {
  const state = made();
  const { smallest, largest } = states.limitsOf(state);
  assert.equal(smallest, 1);
  assert.equal(largest, 5000);
});

test('an arrow key goes to the next point of the groups that are shown', () => {
  const state = made();
  assert.equal(next(state, [1, 0], 8), 60, 'it begins in the middle');
  state.current = 60;
  assert.equal(next(state, [1, 0], 8), 61);
  assert.equal(next(state, [0, 1], 8), 71);
  assert.equal(next(state, [0, -1], 25), 27);
  state.only = 0;
  assert.equal(next(state, [0, 1], 8), -1);
});

test('a group that is shown alone keeps its opacity, the others lose theirs', () => {
  const state = made();
  const opacities = () => [3, 7, 11].map((at) => colorTable(state)[at]);
  assert.deepEqual(opacities().slice(0, 2), [255, 255]);
  assert.ok(opacities()[2] < 200, 'noise is fainter than groups');
  state.only = 1;
  const [low, high, noise] = opacities();
  assert.ok(low < 50 && high === 255 && noise < 50);
});
