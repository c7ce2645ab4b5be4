// Loose goods, in the order in which somebody at the scales looks for them.

/**
 * @typedef {object} LooseGood
 * @property {number} id
 * @property {string} name
 * @property {string} plu
 * @property {string | null} image
 * @property {number} price
 * @property {string} currency
 * @property {"each" | "kg"} unit
 * @property {string | null} category
 */

/**
 * Those that somebody wants, by category, in the order in which they came.
 * @param {LooseGood[]} goods
 * @param {string} wanted  The beginning of a PLU, or parts of a name.
 * @returns {{category: string, goods: LooseGood[]}[]}
 */
export function looseGroups(goods, wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  /** @param {LooseGood} good */
  const fits = ({ name, plu }) => words.every((word) => name.toLowerCase().includes(word) || plu.startsWith(word));
  /** @type {Map<string, LooseGood[]>} */
  const groups = new Map();
  for (const good of goods.filter(fits)) {
    const category = good.category ?? "";
    groups.set(category, [...(groups.get(category) ?? []), good]);
  }
  return [...groups].map(([category, within]) => ({ category, goods: within }));
}
