'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const views = require('../map/11-views.js');

const FRAME = { left: 100, right: 300, bottom: -50, top: 50 };
const LIMITS = { smallest: 0.01, largest: 1000 };
const view = views.fit(FRAME, 440, 400, 20);
const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9 * Math.max(1, Math.abs(b)), `${a} ${b}`);

test('a frame fits into the canvas with its margin, the y axis upwards', () => {
  assert.equal(view.scale, 2);
  assert.equal(views.toScreenX(view, 100), 20);
  assert.equal(views.toScreenX(view, 300), 420);
  assert.equal(views.toScreenY(view, 50), 100);
  assert.equal(views.toScreenY(view, -50), 300);
  assert.deepEqual(views.visibleFrame(view), { left: 90, right: 310, bottom: -100, top: 100 });
});

test('screen and data coordinates are inverse', () => {
  for (const at of [-7, 0, 123.5, 440]) {
    close(views.toScreenX(view, views.toDataX(view, at)), at);
    close(views.toScreenY(view, views.toDataY(view, at)), at);
  }
});

test('a zoom keeps the data under the pointer in its place', () => {
  for (const [x, y, factor] of [[31, 77, 1.5], [440, 0, 0.4], [220, 200, 9]]) {
    const zoomed = views.zoomAt(view, factor, x, y, LIMITS);
    close(zoomed.scale, 2 * factor);
    close(views.toDataX(zoomed, x), views.toDataX(view, x));
    close(views.toDataY(zoomed, y), views.toDataY(view, y));
  }
});

test('a zoom stops at the limits', () => {
  assert.equal(views.zoomAt(view, 1e9, 5, 5, LIMITS).scale, 1000);
  assert.equal(views.zoomAt(view, 1e-9, 5, 5, LIMITS).scale, 0.01);
});

test('a pan moves the data with the pointer', () => {
  const moved = views.pan(view, 30, -12);
  close(views.toScreenX(moved, 200), views.toScreenX(view, 200) + 30);
  close(views.toScreenY(moved, 0), views.toScreenY(view, 0) - 12);
});

test('the center cannot leave the data', () => {
  const moved = views.keepInside(views.pan(view, 1e6, 1e6), FRAME);
  assert.deepEqual([moved.centerX, moved.centerY], [100, 50]);
  assert.deepEqual(views.keepInside(view, FRAME), view);
});

test('a resized map shows the same data in the same proportion', () => {
  const larger = views.resize(view, 880, 800);
  assert.equal(larger.scale, 4);
  assert.deepEqual(views.visibleFrame(larger), views.visibleFrame(view));
});

test('an animation of a zoom begins and ends right and keeps the fixed place', () => {
  const to = views.zoomAt(view, 5, 100, 50, LIMITS);
  for (const share of [0, 0.25, 0.5, 1]) {
    const passed = views.between(view, to, share);
    close(views.toDataX(passed, 100), views.toDataX(view, 100));
    close(views.toDataY(passed, 50), views.toDataY(view, 50));
  }
  close(views.between(view, to, 0).scale, view.scale);
  close(views.between(view, to, 1).scale, to.scale);
  const half = views.between(view, views.pan(view, 10, 0), 0.5);
  close(half.centerX, view.centerX - 2.5);
});
