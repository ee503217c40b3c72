'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { build } = require('../map/13-grid-index.js');

/** Points spread by a low-discrepancy sequence, with two far outside the frame. */
const N = 3000;
const x = Float32Array.from({ length: N }, (_, i) => ((i * 0.7548776662) % 1) * 100);
const y = Float32Array.from({ length: N }, (_, i) => ((i * 0.5698402909) % 1) * 100);
x[10] = 5000;
y[10] = -5000;
x[11] = -900;
const index = build(x, y, { left: 0, right: 100, bottom: 0, top: 100 });
const all = Array.from({ length: N }, (_, i) => i);
const distance = (i, atX, atY) => Math.hypot(x[i] - atX, y[i] - atY);

test('the nearest point is the one that a search of all finds', () => {
  for (let k = 0; k < 200; k++) {
    const [atX, atY] = [(k * 17.3) % 120 - 10, (k * 31.7) % 120 - 10];
    const best = all.reduce((a, b) => (distance(b, atX, atY) < distance(a, atX, atY) ? b : a));
    const found = index.nearest(atX, atY, 30);
    assert.equal(distance(found, atX, atY), distance(best, atX, atY));
  }
  assert.equal(index.nearest(5000, -5000, 1), 10);
  assert.equal(index.nearest(4000, -5000, 10), -1, 'nothing is within reach');
});

test('points that are not accepted are not found', () => {
  const found = index.nearest(50, 50, 20, (i) => i % 2 === 0);
  assert.equal(found % 2, 0);
  assert.equal(index.nearest(50, 50, 20, () => false), -1);
});

test('the points in a frame are those that a search of all finds', () => {
  for (const frame of [
    { left: 10, right: 30, bottom: 40, top: 45 },
    { left: -1e9, right: 1e9, bottom: -1e9, top: 1e9 },
    { left: 150, right: 160, bottom: 0, top: 100 },
    { left: 4000, right: 6000, bottom: -6000, top: 0 },
  ]) {
    const inside = all.filter(
      (i) =>
        x[i] >= frame.left && x[i] <= frame.right && y[i] >= frame.bottom && y[i] <= frame.top,
    );
    assert.deepEqual(index.within(frame).sort((a, b) => a - b), inside);
    assert.equal(index.count(frame, N + 1), inside.length);
    assert.equal(index.count(frame, 5), Math.min(5, inside.length));
  }
});

test('an arrow leads to the point of least cost that way', () => {
  for (const toward of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    for (const from of [0, 10, 11, 77, 2999]) {
      let best = -1;
      let least = Infinity;
      for (const i of all) {
        const [right, up] = [x[i] - x[from], y[i] - y[from]];
        const ahead = right * toward[0] + up * toward[1];
        const aside = Math.abs(right * toward[1]) + Math.abs(up * toward[0]);
        if (ahead < 2 || aside > ahead || ahead + 2 * aside >= least) continue;
        least = ahead + 2 * aside;
        best = i;
      }
      assert.equal(index.nearestToward(x[from], y[from], toward, 2), best, `${toward} ${from}`);
    }
  }
});

test('a cheaper point outside the first cells is found', () => {
  // All other points lie on the left, so that the cells are small.
  const manyX = [50, 57, 59.9, ...Array.from(x.slice(20), (value) => 0.4 * value)];
  const manyY = [50, 57, 50, ...y.slice(20)];
  const { nearestToward } = build(manyX, manyY, { left: 0, right: 100, bottom: 0, top: 100 });
  assert.equal(nearestToward(50, 50, [1, 0], 2), 2);
});

test('no points have no nearest', () => {
  const empty = build([], [], { left: 0, right: 1, bottom: 0, top: 1 });
  assert.equal(empty.nearest(0, 0, 10), -1);
  assert.equal(empty.nearestToward(0, 0, [1, 0], 1), -1);
  assert.deepEqual(empty.within({ left: 0, right: 1, bottom: 0, top: 1 }), []);
});
