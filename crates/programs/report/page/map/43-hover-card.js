// @ts-check
// The card beside the current point: its image, title and groups.
(() => {
  'use strict';
  /** @typedef {WardrobeMap.State} State */

  /** CSS pixels of the longer side of the image. */
  const SIDE = 112;
  /** CSS pixels between the point and the card. */
  const GAP = 16;
  /** Groupings that a card lists. */
  const MOST_GROUPINGS = 6;

  /**
   * Lists the group of a point in each grouping, beginning with that of the colors.
   * @param {State} state
   * @param {number} i
   */
  const groupLines = (state, i) => {
    const { groupings } = state.data;
    const others = groupings.filter((grouping) => grouping !== state.grouping);
    return [...(state.grouping ? [state.grouping] : []), ...others]
      .slice(0, MOST_GROUPINGS)
      .map((grouping) => `${grouping.name}: ${wardrobeMap.csv.groupName(grouping, i)}`);
  };

  /**
   * Makes the card and the text that a screen reader reads.
   * @param {HTMLElement} stage
   * @param {State} state
   */
  const create = (stage, state) => {
    const { element, drawThumbnail } = wardrobeMap.dom;
    const { views, colors } = wardrobeMap;
    const image = element('canvas', {});
    const frame = element('span', { class: 'map-thumbnail' }, image);
    const title = element('strong', { dir: 'auto' });
    const lines = element('div', { dir: 'auto' });
    const attributes = { class: 'map-card', 'aria-hidden': 'true' };
    const card = element('div', attributes, frame, element('div', {}, title, lines));
    const status = element('p', { class: 'map-heard', role: 'status' });
    card.hidden = true;
    stage.append(card, status);

    /** Moves the card beside the current point, inside the map. */
    const place = () => {
      const { current, view, data } = state;
      if (card.hidden || current < 0) return;
      const x = views.toScreenX(view, data.x[current]);
      const y = views.toScreenY(view, data.y[current]);
      const [width, height] = [card.offsetWidth, card.offsetHeight];
      const left = x + GAP + width <= view.width ? x + GAP : x - GAP - width;
      const top = Math.max(4, Math.min(view.height - height - 4, y - height / 2));
      card.style.left = `${Math.round(Math.max(4, Math.min(view.width - width - 4, left)))}px`;
      card.style.top = `${Math.round(top)}px`;
    };

    /** Shows the current point; hides the card if there is none. */
    const update = () => {
      const { current, data } = state;
      card.hidden = current < 0;
      if (current < 0) return;
      title.textContent = data.title(current);
      lines.replaceChildren(
        ...groupLines(state, current).map((line) => element('span', {}, line)),
      );
      const thumbnail = data.thumbnail?.(current);
      frame.hidden = !thumbnail;
      if (thumbnail) drawThumbnail(image, thumbnail, SIDE);
      const group = state.grouping?.of[current] ?? 0;
      card.style.borderColor = colors.css(state.colors[group] ?? state.noise);
      place();
    };

    /** Reads the current point to a screen reader. */
    const announce = () => {
      const { current, data } = state;
      if (current < 0) return;
      const selected = state.flags[current] ? ['selected'] : [];
      const texts = [data.title(current), ...groupLines(state, current), ...selected];
      status.textContent = texts.join(', ');
    };
    return { update, place, announce };
  };

  const hoverCard = { create, groupLines };
  (globalThis.wardrobeMap ??= /** @type {any} */ ({})).hoverCard = hoverCard;
  if (typeof module !== 'undefined') module.exports = hoverCard;
})();
