'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { sizeFor, layOut } = require('../map/17-thumbnail-layout.js');
const pointStyle = require('../map/19-point-style.js');
const csv = require('../map/18-csv.js');

test('fewer images are larger', () => {
  const sizes = [300, 100, 30, 5].map((count) => sizeFor(count, 900, 700));
  assert.deepEqual(sizes, [...sizes].sort((a, b) => a - b));
  assert.ok(sizes[0] >= 24 && sizes[3] <= 112 && sizes[0] < sizes[3]);
  assert.equal(sizeFor(300, 10, 10), 24);
});

test('images overlap by a quarter of each side at most', () => {
  const points = Array.from({ length: 300 }, (_, index) => ({
    index,
    x: ((index * 0.7548776662) % 1) * 400,
    y: ((index * 0.5698402909) % 1) * 400,
  }));
  const placed = layOut(points, 40);
  assert.ok(placed.length > 60 && placed.length < 300, `${placed.length}`);
  for (const one of placed) {
    for (const other of placed) {
      if (one === other) continue;
      const apart = Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y));
      assert.ok(apart >= 30, `${apart}`);
    }
  }
  // The same images stay when the view moves.
  const moved = layOut(points.map((point) => ({ ...point, x: point.x + 7 })), 40);
  assert.deepEqual(moved.map(({ index }) => index), placed.map(({ index }) => index));
});

test('points are smaller and fainter the more there are, and grow with the zoom', () => {
  const { diameter, opacity } = pointStyle;
  assert.ok(diameter(500, 1, 5e5) > diameter(20000, 1, 5e5));
  assert.ok(diameter(20000, 1, 5e5) > diameter(100000, 1, 5e5));
  assert.ok(diameter(20000, 8, 5e5) > diameter(20000, 1, 5e5));
  assert.ok(opacity(100000, 1) < opacity(2000, 1));
  assert.ok(opacity(100000, 30) > opacity(100000, 1));
});

test('the order of drawing holds every point once and mixes them', () => {
  const order = pointStyle.drawingOrder(1000);
  assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: 1000 }, (_, i) => i));
  assert.deepEqual(pointStyle.drawingOrder(1000), order);
  const early = order.subarray(0, 200).filter((i) => i < 500).length;
  assert.ok(early > 70 && early < 130, `${early}`);
});

test('slow frames draw fewer points, and fast ones all again', () => {
  const pace = pointStyle.createPace(100000);
  assert.equal(pace.count(0), 100000, 'nothing is known of the first frame');
  let now = 0;
  let counts = [];
  for (let k = 0; k < 40; k++) counts.push(pace.count((now += 60)));
  assert.ok(counts[0] < 100000 && counts[39] === 8000, `${counts}`);
  counts = [];
  for (let k = 0; k < 80; k++) counts.push(pace.count((now += 16)));
  assert.equal(counts[79], 100000);
  assert.equal(pointStyle.createPace(50).count(0), 50);
});

test('a table is quoted where it has to be', () => {
  const text = csv.write(['a', 'b'], [['1', 'x,y'], ['"', 'line\nline'], ['ä 中 👟', '']]);
  assert.equal(text, 'a,b\n1,"x,y"\n"""","line\nline"\nä 中 👟,\n');
});

test('the rows of a selection name group and class', () => {
  const groups = { name: 'k', names: ['0', '1'], of: Uint8Array.of(0, 1, 255), noise: 255 };
  const names = ['cat', 'dog'];
  const classes = { name: 'true class', names, of: Uint8Array.of(1, 1, 0), noise: 255 };
  const data = { title: (i) => `Image ${i}`, row: (i) => 10 * i, fileName: (i) => `${i}.png` };
  assert.equal(
    csv.ofSelection(data, groups, classes, [0, 2]),
    'row,name,group,class\n0,0.png,0,dog\n20,2.png,noise,cat\n',
  );
  const plain = { title: (i) => `Image ${i}` };
  assert.equal(csv.ofSelection(plain, groups, null, [1]), 'row,name,group\n1,Image 1,1\n');
});
