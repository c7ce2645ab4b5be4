// The categories of the catalogue, as the search counts them.

import { get } from "./api.js";

/** @typedef {{name: string, products: number}} Category */

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Category[]>} By name.
 */
export async function loadCategories(signal) {
  const { data } = await get("/products/search", { query: { limit: 1 }, signal });
  return Object.entries(data.facets?.category ?? {})
    .map(([name, products]) => ({ name, products: Number(products) }))
    .filter(({ name }) => name)
    .sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Every category with those above it: "Dairy/Milk" has "Dairy" in it.
 * @param {Category[]} categories
 * @returns {string[]}
 */
export function withParents(categories) {
  const all = new Set();
  for (const { name } of categories) {
    const levels = name.split("/");
    for (let depth = 1; depth <= levels.length; depth += 1) all.add(levels.slice(0, depth).join("/"));
  }
  return [...all].sort((a, b) => a.localeCompare(b));
}
