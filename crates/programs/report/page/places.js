// @ts-check
// Brings the data of the page to the map, which is made when it is first looked at or printed.

/**
 * @param {Data} data
 * @param {Thumbnails | null} thumbnails
 * @param {(system: number, group: number) => string} given returns the name of a group
 */
const startMap = (data, thumbnails, given) => {
  const root = at('map');
  const { x, y } = data;
  if (!root || !x || !y) return;
  /** @type {WardrobeMap.Handle | null} */
  let map = null;
  // The main system is the last one, and the map shows its first grouping.
  const order = data.systems.map((_, i) => data.systems.length - 1 - i);
  const systems = order.map((i) => ({ ...data.systems[i], names: [...data.systems[i].names] }));
  const rename = () => order.forEach((system, i) => {
    systems[i].names.forEach((_, group) => { systems[i].names[group] = given(system, group); });
  });
  const later = () => map?.repaint(printing());
  const show = () => {
    if (!map && root.clientWidth) {
      rename();
      map = wardrobeMap.create(root, {
        x,
        y,
        groupings: [...systems, ...(data.classes ? [data.classes] : [])],
        title: (i) => nameOf(data, i),
        fileName: (i) => nameOf(data, i),
        row: (i) => rowOf(data, i),
        thumbnail: thumbnails && ((i) => thumbnails.find(i, later)),
      });
      if (!printing()) return;
    }
    later();
  };
  root.hidden = false;
  repaints.push(show);
  show();
  return () => { rename(); later(); };
};
