'use strict';
// What a script adds to the page: the other theme, the map, everything open in print.
(() => {
  const root = document.documentElement;
  const at = (id) => document.getElementById(id);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.style.colorScheme || (dark.matches ? 'dark' : 'light')) === 'dark';
  const repaint = [];
  const theme = at('theme');
  const nameTheme = () => { theme.textContent = isDark() ? 'Light' : 'Dark'; };
  theme.hidden = false;
  nameTheme();
  theme.addEventListener('click', () => {
    root.style.colorScheme = isDark() ? 'light' : 'dark';
    nameTheme();
    repaint.forEach((paint) => paint());
  });
  dark.addEventListener('change', () => { nameTheme(); repaint.forEach((paint) => paint()); });

  // A link into a closed part opens it; so does printing.
  const opened = () => {
    const target = location.hash && at(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches('details')) target.open = true;
  };
  addEventListener('hashchange', opened);
  opened();
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('details:not([open])')];
    closed.forEach((part) => { part.open = true; });
    root.dataset.before = root.style.colorScheme;
    root.style.colorScheme = 'light';
    repaint.forEach((paint) => paint());
  });
  addEventListener('afterprint', () => {
    closed.forEach((part) => { part.open = false; });
    root.style.colorScheme = root.dataset.before;
    repaint.forEach((paint) => paint());
  });

  if (!at('map-data')) return;
  const data = JSON.parse(at('map-data').textContent);
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const numbers = (text, size) => {
    const buffer = bytes(text).buffer;
    return size === 1 ? new Uint8Array(buffer) : size === 2 ? new Uint16Array(buffer) : new Uint32Array(buffer);
  };
  const n = data.count;
  const xs = numbers(data.x, 2);
  const ys = numbers(data.y, 2);
  const rows = data.rows && numbers(data.rows, 4);
  const NOISE = { 1: 0xff, 2: 0xffff, 4: 0xffffffff };
  const groups = data.groups.map((group) => ({ ...group, of: numbers(group.of, group.bytes) }));
  // Petroff 2021: ten colors that people with color blindness can tell apart.
  const COLORS = ['3f90da', 'ffa90e', 'bd1f01', '94a4a2', '832db6', 'a96b59', 'e76300', 'b9ac70', '717581', '92dadd'];
  const parts = (color) => [0, 2, 4].map((start) => parseInt(color.slice(start, start + 2), 16));
  const colors = COLORS.map(parts);
  const GRAY = [150, 155, 160];

  const canvas = at('canvas');
  const context = canvas.getContext('2d');
  let by = groups[0];
  let only = -1;
  let chosen = -1;
  let base = null;
  const EDGE = 0.03;
  const place = (value, side) => side * (EDGE + (1 - 2 * EDGE) * value / 65535);

  // All points blended into one image; kept, so that a mark can be drawn over it and taken away.
  const paint = () => {
    const side = Math.round(canvas.clientWidth * Math.min(devicePixelRatio || 1, 2));
    if (!side) return;
    canvas.width = canvas.height = side;
    const paper = parts(getComputedStyle(canvas).backgroundColor.match(/\d+/g).slice(0, 3)
      .map((level) => Number(level).toString(16).padStart(2, '0')).join(''));
    base = context.createImageData(side, side);
    const levels = base.data;
    for (let i = 0; i < levels.length; i += 4) {
      levels[i] = paper[0]; levels[i + 1] = paper[1]; levels[i + 2] = paper[2]; levels[i + 3] = 255;
    }
    const size = Math.max(2, Math.round(side / (n < 5000 ? 160 : 420)));
    const blend = (i, color, opacity) => {
      const left = Math.round(place(xs[i], side));
      const top = Math.round(side - place(ys[i], side));
      for (let y = top; y < Math.min(top + size, side); y++) {
        for (let x = left; x < Math.min(left + size, side); x++) {
          const to = 4 * (y * side + x);
          for (let c = 0; c < 3; c++) levels[to + c] += opacity * (color[c] - levels[to + c]);
        }
      }
    };
    const noise = by && NOISE[by.bytes];
    const colorOf = (i) => {
      if (!by) return colors[0];
      return by.of[i] === noise ? GRAY : colors[by.of[i] % colors.length];
    };
    if (only >= 0) for (let i = 0; i < n; i++) if (by.of[i] !== only) blend(i, GRAY, 0.12);
    for (let i = 0; i < n; i++) if (only < 0 || by.of[i] === only) blend(i, colorOf(i), only < 0 ? 0.55 : 0.8);
    mark();
  };

  // The image, the names on it, and a ring around the point that is chosen.
  const mark = () => {
    if (!base) return;
    const side = canvas.width;
    const style = getComputedStyle(canvas);
    context.putImageData(base, 0, 0);
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = side / 180;
    context.strokeStyle = style.backgroundColor;
    context.fillStyle = style.color;
    context.font = `600 ${Math.max(12, side / 46)}px ${style.fontFamily}`;
    if (by) {
      by.middles.forEach((middle, group) => {
        if (!middle || (only >= 0 && only !== group)) return;
        const [x, y] = [place(middle[0], side), side - place(middle[1], side)];
        context.strokeText(by.names[group], x, y);
        context.fillText(by.names[group], x, y);
      });
    }
    if (chosen < 0) return;
    context.lineWidth = side / 300;
    context.strokeStyle = style.color;
    context.beginPath();
    context.arc(place(xs[chosen], side), side - place(ys[chosen], side), side / 80, 0, 2 * Math.PI);
    context.stroke();
  };

  // Points in a grid of cells, to find the nearest without looking at all.
  const CELLS = 96;
  const cell = (value) => Math.min(CELLS - 1, Math.floor(value * CELLS / 65536));
  const starts = new Uint32Array(CELLS * CELLS + 1);
  for (let i = 0; i < n; i++) starts[cell(ys[i]) * CELLS + cell(xs[i]) + 1]++;
  for (let c = 0; c < CELLS * CELLS; c++) starts[c + 1] += starts[c];
  const sorted = new Uint32Array(n);
  const next = starts.slice();
  for (let i = 0; i < n; i++) sorted[next[cell(ys[i]) * CELLS + cell(xs[i])]++] = i;
  const nearest = (x, y, farthest) => {
    let found = -1;
    let best = farthest * farthest;
    const reach = Math.ceil(farthest * CELLS / 65536);
    const [column, row] = [cell(Math.max(0, Math.min(65535, x))), cell(Math.max(0, Math.min(65535, y)))];
    for (let r = Math.max(0, row - reach); r <= Math.min(CELLS - 1, row + reach); r++) {
      for (let c = Math.max(0, column - reach); c <= Math.min(CELLS - 1, column + reach); c++) {
        for (let at = starts[r * CELLS + c]; at < starts[r * CELLS + c + 1]; at++) {
          const i = sorted[at];
          if (only >= 0 && by.of[i] !== only) continue;
          const distance = (xs[i] - x) ** 2 + (ys[i] - y) ** 2;
          if (distance < best) { best = distance; found = i; }
        }
      }
    }
    return found;
  };

  // The small image of a point, cut out of its sprite sheet, which is decoded when it is first needed.
  const face = at('face');
  const sprites = new Map();
  const sprite = (number) => {
    if (!sprites.has(number)) {
      const image = new Image();
      image.src = 'data:image/webp;base64,' + data.pictures.files[number];
      sprites.set(number, image.decode().then(() => image));
    }
    return sprites.get(number);
  };
  const drawFace = async (i) => {
    const pictures = data.pictures;
    if (!pictures) return;
    const image = await sprite(Math.floor(i / pictures.per_sheet));
    if (i !== chosen) return;
    const on = i % pictures.per_sheet;
    const [width, height] = [pictures.width, pictures.height];
    const scale = Math.max(1, Math.floor(112 / Math.max(width, height)));
    face.width = width * scale;
    face.height = height * scale;
    face.style.width = `${Math.round(112 * Math.min(1, width / height))}px`;
    face.style.height = `${Math.round(112 * Math.min(1, height / width))}px`;
    const drawn = face.getContext('2d');
    drawn.imageSmoothingEnabled = false;
    drawn.drawImage(image, (on % pictures.columns) * width, Math.floor(on / pictures.columns) * height,
      width, height, 0, 0, face.width, face.height);
    face.hidden = false;
  };
  const choose = (i) => {
    if (i < 0 || i === chosen) return;
    chosen = i;
    const lines = groups.map((group) => {
      const of = group.of[i];
      return `${group.name}: ${of === NOISE[group.bytes] ? 'noise' : group.names[of]}`;
    });
    at('found').textContent = [`${data.pictures ? 'Image' : 'Point'} ${rows ? rows[i] : i}`, ...lines].join('\n');
    mark();
    drawFace(i);
  };
  const cursor = { x: 32768, y: 32768 };
  canvas.addEventListener('pointermove', (event) => {
    const box = canvas.getBoundingClientRect();
    const back = (part) => 65535 * (part - EDGE) / (1 - 2 * EDGE);
    cursor.x = back((event.clientX - box.left) / box.width);
    cursor.y = back(1 - (event.clientY - box.top) / box.height);
    choose(nearest(cursor.x, cursor.y, 65535 * 18 / box.width));
  });
  canvas.addEventListener('keydown', (event) => {
    const step = 65535 * (event.shiftKey ? 0.1 : 0.015);
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (!move) return;
    event.preventDefault();
    cursor.x = Math.max(0, Math.min(65535, cursor.x + move[0]));
    cursor.y = Math.max(0, Math.min(65535, cursor.y + move[1]));
    let found = -1;
    for (let reach = 2000; found < 0 && reach < 200000; reach *= 3) found = nearest(cursor.x, cursor.y, reach);
    choose(found);
  });

  // What to color by, and the legend, of which one entry may be alone.
  const legend = at('legend');
  const list = () => {
    legend.replaceChildren(...(by ? by.names : []).slice(0, 200).map((name, group) => {
      const entry = document.createElement('li');
      const button = document.createElement('button');
      const swatch = document.createElement('i');
      swatch.style.background = '#' + COLORS[group % COLORS.length];
      button.type = 'button';
      button.setAttribute('aria-pressed', String(only === group));
      button.append(swatch, `${name} (${by.sizes[group]})`);
      button.addEventListener('click', () => {
        only = only === group ? -1 : group;
        legend.querySelectorAll('button').forEach((other, i) => other.setAttribute('aria-pressed', String(only === i)));
        paint();
      });
      entry.append(button);
      return entry;
    }));
  };
  const select = at('by');
  groups.forEach((group, i) => select.append(new Option(group.name, i)));
  const last = groups.map((group) => group.name).lastIndexOf('true class') === groups.length - 1 ? groups.length - 2 : groups.length - 1;
  by = groups[Math.max(0, last)];
  select.value = String(Math.max(0, last));
  select.addEventListener('change', () => { by = groups[select.value]; only = -1; list(); paint(); });
  at('map').hidden = false;
  list();
  paint();
  repaint.push(paint);
  new ResizeObserver(() => { if (Math.abs(canvas.clientWidth - canvas.width / Math.min(devicePixelRatio || 1, 2)) > 2) paint(); }).observe(canvas);
})();
