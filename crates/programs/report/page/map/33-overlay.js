// @ts-check
// The layer above the points: images, names of groups, the lasso and a ring at the current point.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.State} State */

  /** Images appear if at most this many points are in view. */
  const MOST_THUMBNAILS = 300;
  /** Points of which those in view are counted by group, each frame, and no more. */
  const MOST_COUNTED = 6000;
  /** Groups that are considered for labels. */
  const MOST_CANDIDATES = 400;
  /** CSS pixels of the map for each label beyond the first; more would hide the points. */
  const AREA_OF_LABEL = 12000;
  const ALWAYS_LABELED = 30;
  /** Letters of a label. */
  const MOST_LETTERS = 24;
  /** Share of the points in view that a group needs for a label. */
  const LEAST_SHARE = 0.01;
  /** Zoom from which labels stand where a group is dense in view, not on the whole map. */
  const ZOOMED = 1.3;

  /**
   * Makes the layer inside an element.
   * @param {HTMLElement} stage
   * @param {State} state
   */
  const create = (stage, state) => {
    const { dom, labels, thumbnailLayout, views, colors } = wardrobeMap;
    const { x, y } = state.data;
    const { rank } = thumbnailLayout;
    const { pixelRatio } = wardrobeMap.pointsLayer;
    const canvas = dom.element('canvas', { class: 'map-overlay', tabindex: '0' });
    stage.append(canvas);
    const context = canvas.getContext('2d');
    const everyPoint = Uint32Array.from({ length: state.count }, (_, i) => i);
    /** @type {WardrobeMap.Place[]} */
    let wholePlaces = [];
    /** @type {WardrobeMap.Place[]} */
    let places = [];
    let wholeScale = state.view.scale;
    /** @type {Map<string, number>} */
    const widths = new Map();

    const placesInView = () => {
      if (state.view.scale < ZOOMED * wholeScale) return wholePlaces;
      const frame = views.visibleFrame(state.view);
      const points = state.index.within(frame);
      const of = state.grouping?.of ?? [];
      const found = labels.densePlaces(x, y, of, state.sizes.length, frame, points);
      return found.filter(({ count }) => count >= LEAST_SHARE * points.length);
    };

    /** Finds the dense places of the groups on the whole map, after a change of the grouping. */
    const setGrouping = () => {
      const of = state.grouping?.of ?? [];
      const { home, sizes } = state;
      wholePlaces = labels.densePlaces(x, y, of, sizes.length, home, everyPoint);
      places = placesInView();
    };

    /** @type {(scale: number) => void} Sets the scale at which the whole map is seen. */
    const setWholeScale = (scale) => {
      wholeScale = scale;
    };
    /** Finds where the groups in view are dense, when the view stands still. */
    const placeLabels = () => {
      places = placesInView();
    };

    /** @type {(context: CanvasRenderingContext2D) => void} */
    const drawThumbnails = (context) => {
      const { data, view, theme } = state;
      const frame = views.visibleFrame(view);
      state.thumbnails = [];
      if (!data.thumbnail || state.index.count(frame, MOST_COUNTED) >= MOST_COUNTED) return;
      const inView = state.index.within(frame).filter(state.accepts);
      if (!inView.length || inView.length > MOST_THUMBNAILS) return;
      const points = inView.map((index) => ({
        index,
        x: views.toScreenX(view, x[index]),
        y: views.toScreenY(view, y[index]),
      }));
      const side = thumbnailLayout.sizeFor(points.length, view.width, view.height);
      for (const point of thumbnailLayout.layOut(points, side)) {
        const thumbnail = data.thumbnail(point.index);
        if (!thumbnail) continue;
        const { image, sx, sy, width, height } = thumbnail;
        const scale = side / Math.max(width, height);
        const [wide, high] = [width * scale, height * scale];
        const [left, top] = [point.x - wide / 2, point.y - high / 2];
        const dimmed = state.selection.length && !state.flags[point.index];
        context.globalAlpha = dimmed ? 0.35 : 1;
        context.fillStyle = colors.css(groupColor(point.index));
        context.fillRect(left - 2, top - 2, wide + 4, high + 4);
        context.imageSmoothingEnabled = scale * pixelRatio(state.printing) < 2;
        context.drawImage(image, sx, sy, width, height, left, top, wide, high);
        if (theme.dark) {
          context.fillStyle = 'rgb(0 0 0 / 0.15)';
          context.fillRect(left, top, wide, high);
        }
        state.thumbnails.push({ ...point, width: wide, height: high });
      }
      context.globalAlpha = 1;
    };

    /** @type {(i: number) => WardrobeMap.Color} */
    const groupColor = (i) => state.colors[state.grouping?.of[i] ?? 0] ?? state.noise;

    /** @type {(context: CanvasRenderingContext2D, text: string) => number} */
    const widthOf = (context, text) => {
      const known = widths.get(text);
      if (known !== undefined) return known;
      const width = context.measureText(text).width;
      widths.set(text, width);
      return width;
    };

    /** @type {(context: CanvasRenderingContext2D) => void} */
    const drawLabels = (context) => {
      const { view, theme, grouping } = state;
      if (!state.labels || !grouping) return;
      const size = view.width < 500 ? 11 : 12;
      context.font = `600 ${size}px ${theme.font}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.lineJoin = 'round';
      const wanted = places
        .filter(({ group }) => state.only < 0 || state.only === group)
        .sort((a, b) => b.count - a.count || rank(a.group) - rank(b.group))
        .slice(0, MOST_CANDIDATES)
        .map(({ group, count, ...place }, at) => {
          const text = labels.shorten(grouping.names[group], MOST_LETTERS);
          return {
            group,
            text,
            x: views.toScreenX(view, place.x),
            y: views.toScreenY(view, place.y) - labels.lift(place.height * view.scale, size),
            width: widthOf(context, text),
            height: size,
            priority: -at,
          };
        });
      const placed = labels.placeLabels(wanted, view.width, view.height, state.thumbnails);
      const most = Math.max(ALWAYS_LABELED, (view.width * view.height) / AREA_OF_LABEL);
      for (const label of placed.slice(0, most)) {
        context.lineWidth = 3;
        context.strokeStyle = `rgb(${theme.paper.join(' ')} / 0.6)`;
        context.strokeText(label.text, label.x, label.y);
        context.fillStyle = colors.css(theme.ink);
        context.fillText(label.text, label.x, label.y);
      }
    };

    /** @type {(context: CanvasRenderingContext2D) => void} */
    const drawPath = (context) => {
      const { path, theme } = state;
      if (path.length < 4) return;
      context.beginPath();
      for (let at = 0; at < path.length; at += 2) context.lineTo(path[at], path[at + 1]);
      context.closePath();
      context.fillStyle = `rgb(${theme.ink.join(' ')} / 0.1)`;
      context.fill();
      context.setLineDash([5, 4]);
      context.lineWidth = 1.5;
      context.strokeStyle = colors.css(theme.ink);
      context.stroke();
      context.setLineDash([]);
    };

    /** @type {(context: CanvasRenderingContext2D) => void} */
    const drawRing = (context) => {
      const { current, view, theme } = state;
      if (current < 0) return;
      const [atX, atY] = [views.toScreenX(view, x[current]), views.toScreenY(view, y[current])];
      const thumbnail = state.thumbnails.find(({ index }) => index === current);
      for (const [lineWidth, color] of /** @type {const} */ ([
        [4, theme.paper],
        [2, theme.ink],
      ])) {
        context.beginPath();
        if (thumbnail) {
          const { width, height } = thumbnail;
          context.rect(atX - width / 2 - 4, atY - height / 2 - 4, width + 8, height + 8);
        } else {
          context.arc(atX, atY, 8, 0, 2 * Math.PI);
        }
        context.lineWidth = lineWidth;
        context.strokeStyle = colors.css(color);
        context.stroke();
      }
    };

    const draw = () => {
      if (!context) return;
      const ratio = pixelRatio(state.printing);
      const width = Math.max(1, Math.round(state.view.width * ratio));
      const height = Math.max(1, Math.round(state.view.height * ratio));
      // On paper Chromium draws again what was drawn, and to clear a part would hide the points.
      if (state.printing || canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        widths.clear();
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      if (!state.printing) context.clearRect(0, 0, state.view.width, state.view.height);
      drawThumbnails(context);
      drawLabels(context);
      drawPath(context);
      drawRing(context);
    };

    return { canvas, draw, setGrouping, setWholeScale, placeLabels };
  };

  const overlay = { create };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).overlay = overlay;
  if (typeof module !== 'undefined') module.exports = overlay;
})();
