'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { contains, frameAround, rectangle } = require('../map/12-polygons.js');

test('a rectangle contains what lies between its corners, whatever their order', () => {
  for (const corners of [[1, 2, 5, 8], [5, 8, 1, 2], [5, 2, 1, 8]]) {
    const polygon = rectangle(...corners);
    assert.ok(contains(polygon, 3, 5));
    assert.ok(contains(polygon, 1.01, 7.99));
    for (const [x, y] of [[0.9, 5], [5.1, 5], [3, 1.9], [3, 8.1]]) {
      assert.ok(!contains(polygon, x, y), `${x} ${y}`);
    }
  }
});

test('a dent and a hole are outside', () => {
  const dented = [0, 0, 10, 0, 10, 10, 5, 2, 0, 10];
  assert.ok(contains(dented, 1, 5));
  assert.ok(contains(dented, 9, 5));
  assert.ok(contains(dented, 5, 1));
  assert.ok(!contains(dented, 5, 5));
  // A pentagram crosses itself; even-odd leaves its middle out.
  const star = [0, 1, 2, 3, 4].flatMap((k) => {
    const angle = (4 * Math.PI * k) / 5;
    return [Math.sin(angle), Math.cos(angle)];
  });
  assert.ok(contains(star, 0, 0.8));
  assert.ok(!contains(star, 0, 0));
});

test('a circle of many corners contains its share of random points', () => {
  const circle = Array.from({ length: 200 }, (_, k) => [
    Math.cos((2 * Math.PI * k) / 200),
    Math.sin((2 * Math.PI * k) / 200),
  ]).flat();
  let wrong = 0;
  for (let i = 0; i < 5000; i++) {
    const [x, y] = [((i * 0.618034) % 1) * 3 - 1.5, ((i * 0.754878) % 1) * 3 - 1.5];
    const radius = Math.hypot(x, y);
    if (Math.abs(radius - 1) > 1e-3 && contains(circle, x, y) !== radius < 1) wrong++;
  }
  assert.equal(wrong, 0);
});

test('nothing lies in a polygon of no or one corner', () => {
  assert.ok(!contains([], 0, 0));
  assert.ok(!contains([0, 0], 0, 0));
});

test('the frame around a polygon touches its corners', () => {
  assert.deepEqual(frameAround([3, 1, -2, 7, 0, -4]), { left: -2, right: 3, bottom: -4, top: 7 });
});
