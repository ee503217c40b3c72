'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { densePlaces, placeLabels, lift, shorten } = require('../map/16-labels.js');

const FRAME = { left: 0, right: 100, bottom: 0, top: 100 };
const label = (group, x, y, priority, width = 40) =>
  ({ group, text: String(group), x, y, width, height: 12, priority });

test('a label stands where its group is dense, not in the middle of two parts', () => {
  const [x, y, of] = [[], [], []];
  for (let i = 0; i < 60; i++) {
    x.push(20 + (i % 8) / 10);
    y.push(30 + (i % 5) / 10);
    of.push(0);
  }
  for (let i = 0; i < 30; i++) {
    x.push(80 + (i % 8));
    y.push(70 + (i % 5));
    of.push(0);
  }
  x.push(50, 51);
  y.push(50, 50);
  of.push(2, 255);
  const points = x.map((_, i) => i);
  const places = densePlaces(x, y, of, 3, FRAME, points);
  assert.deepEqual(places.map(({ group, count }) => [group, count]), [[0, 90], [2, 1]]);
  assert.ok(Math.abs(places[0].x - 20.3) < 0.2 && Math.abs(places[0].y - 30.2) < 0.2);
  assert.deepEqual([places[1].x, places[1].y], [50, 50]);
});

test('of points outside the frame, and not asked for, none counts', () => {
  const x = [10, 500, 10];
  const y = [10, 10, 10];
  assert.equal(densePlaces(x, y, [0, 0, 0], 1, FRAME, [0, 1, 2])[0].count, 2);
  assert.equal(densePlaces(x, y, [0, 0, 0], 1, FRAME, [0])[0].count, 1);
  assert.deepEqual(densePlaces(x, y, [0, 0, 0], 1, FRAME, [1]), []);
});

test('labels apart all stand at their places', () => {
  const placed = placeLabels([label(0, 100, 100, 5), label(1, 200, 100, 9)], 400, 300);
  assert.deepEqual(placed.map(({ group, x, y }) => [group, x, y]), [[1, 200, 100], [0, 100, 100]]);
});

test('of labels that collide the less important move, then are dropped', () => {
  const crowd = [0, 1, 2, 3, 4].map((group) => label(group, 100, 100, group));
  const placed = placeLabels(crowd, 400, 300);
  assert.deepEqual(placed.map(({ group }) => group), [4, 3, 2]);
  assert.equal(placed[0].y, 100);
  for (const one of placed) {
    for (const other of placed) {
      assert.ok(one === other || Math.abs(one.y - other.y) >= 12, 'no overlap');
    }
  }
});

test('labels stay inside the canvas and those of groups outside are dropped', () => {
  const wanted = [label(0, 2, 1, 1), label(1, 401, 50, 1), label(2, 50, -1, 1)];
  const placed = placeLabels(wanted, 400, 300);
  assert.deepEqual(placed.map(({ group, x, y }) => [group, x, y]), [[0, 20, 6]]);
});

test('labels do not cover obstacles', () => {
  const box = { x: 100, y: 100, width: 60, height: 60 };
  assert.deepEqual(placeLabels([label(0, 100, 100, 1)], 400, 300, [box]), []);
  assert.equal(placeLabels([label(0, 100, 200, 1)], 400, 300, [box]).length, 1);
});

test('labels stand above small groups and in the middle of large ones', () => {
  const y = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const [place] = densePlaces(y.map(() => 50), y, y.map(() => 0), 1, { ...FRAME, top: 1000 }, y);
  assert.ok(place.height > 9 && place.height < 13, `${place.height}`);
  assert.equal(lift(10, 12), 14);
  assert.equal(lift(0, 12), 9);
  assert.equal(lift(100, 12), 0);
});

test('long names are shortened by letters, not by code units', () => {
  assert.equal(shorten('Turnschuh', 9), 'Turnschuh');
  assert.equal(shorten('Turnschuhe', 9), 'Turnschu…');
  assert.equal(shorten('运动鞋👟👟👟', 5), '运动鞋👟…');
});
