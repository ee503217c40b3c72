'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { framesOf, countOutside } = require('../map/10-frames.js');

/** Numbers 0, 1, ... below `count`. */
const numbers = (count) => Array.from({ length: count }, (_, i) => i);

test('without outliers both frames hold all points', () => {
  const x = Float32Array.from(numbers(1000));
  const y = Float32Array.from(numbers(1000), (i) => 2 * i);
  const { full, robust } = framesOf(x, y);
  assert.deepEqual(full, { left: 0, right: 999, bottom: 0, top: 1998 });
  assert.deepEqual(robust, full);
  assert.equal(countOutside(x, y, robust), 0);
});

test('a few far points do not stretch the robust frame', () => {
  const x = Uint16Array.from(numbers(1000), (i) => 30000 + i);
  const y = Uint16Array.from(numbers(1000), (i) => 30000 + ((i * 7) % 1000));
  x[17] = 65535;
  x[500] = 0;
  y[501] = 0;
  const { full, robust } = framesOf(x, y);
  assert.deepEqual([full.left, full.right, full.bottom], [0, 65535, 0]);
  assert.ok(robust.left >= 29800 && robust.left <= 30010, `${robust.left}`);
  assert.ok(robust.right >= 30990 && robust.right <= 31200, `${robust.right}`);
  assert.ok(robust.bottom >= 29800 && robust.bottom <= 30010, `${robust.bottom}`);
  assert.equal(countOutside(x, y, robust), 3);
  assert.equal(countOutside(x, y, full), 0);
});

test('a small share of far points stays in, if they are a group of their own', () => {
  const x = numbers(1000).map((i) => (i < 30 ? 10000 + i : i));
  const { full, robust } = framesOf(x, x);
  assert.deepEqual(robust, full);
});

test('few points all stay in the frame', () => {
  const x = [0, 1, 2, 1000];
  assert.deepEqual(framesOf(x, x).robust, { left: 0, right: 1000, bottom: 0, top: 1000 });
});

test('points of one place and no points have a frame with an extent', () => {
  for (const x of [[5, 5, 5], [], [0]]) {
    const { full, robust } = framesOf(x, x);
    assert.ok(full.right > full.left && full.top > full.bottom);
    assert.deepEqual(robust, full);
  }
  assert.equal((framesOf([5, 5], [5, 5]).full.left + framesOf([5], [5]).full.right) / 2, 5);
});
