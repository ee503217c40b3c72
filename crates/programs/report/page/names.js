// @ts-check
// Names that the user gives to groups. They are kept in the browser, by the assignments.

/**
 * Keeps the names of the groups of a system.
 * @param {System} system
 */
const givenNames = (system) => {
  const key = `wardrobe-names-${system.key}`;
  /** @type {Record<string, string>} */
  let given = {};
  try {
    given = JSON.parse(localStorage.getItem(key) ?? '{}');
  } catch {
    // A browser may forbid storage to a page; names then last as long as the page.
  }
  return {
    /** @param {number} group */
    of: (group) => given[system.ids[group]] ?? system.names[group],
    /**
     * Renames a group; an empty name brings back the first one.
     * @param {number} group
     * @param {string} name
     */
    set: (group, name) => {
      const id = system.ids[group];
      if (name.trim() && name.trim() !== system.names[group]) given[id] = name.trim();
      else delete given[id];
      try {
        localStorage.setItem(key, JSON.stringify(given));
      } catch {
        // The name is kept until the page is closed.
      }
    },
  };
};
