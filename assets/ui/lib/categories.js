// The categories of the catalogue as a tree, with how many products are in each.

import { get } from "./api.js";

/** @typedef {{name: string, products: number}} Category  `name` is the whole path. */

/**
 * @typedef {object} Branch
 * @property {string} name  Its own part of the path.
 * @property {string} path  E.g. "Dairy/Milk".
 * @property {number} count  Products exactly here.
 * @property {number} total  With all below.
 * @property {Branch[]} children
 */

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Branch[]>} By name.
 */
export async function loadTree(signal) {
  const { data } = await get("/categories", { signal });
  return data.filter((/** @type {Branch} */ { path }) => path);
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Category[]>} Those that have products, by path.
 */
export async function loadCategories(signal) {
  return flat(await loadTree(signal));
}

/**
 * @param {Branch[]} tree
 * @returns {Category[]}
 */
export function flat(tree) {
  return tree.flatMap(({ path, count, children }) => [...(count > 0 ? [{ name: path, products: count }] : []), ...flat(children)]);
}

/**
 * The tree of what a search counted by path.
 * @param {Record<string, number>} counts
 * @returns {Branch[]}
 */
export function treeOf(counts) {
  /** @type {Branch} */
  const root = { name: "", path: "", count: 0, total: 0, children: [] };
  for (const [path, count] of Object.entries(counts)) {
    let at = root;
    for (const name of path.split("/").filter(Boolean)) {
      let next = at.children.find((child) => child.name === name);
      if (!next) at.children.push((next = { name, path: at.path ? `${at.path}/${name}` : name, count: 0, total: 0, children: [] }));
      at = next;
      at.total += count;
    }
    at.count += count;
  }
  const sort = (/** @type {Branch[]} */ branches) => {
    branches.sort((a, b) => a.name.localeCompare(b.name));
    for (const { children } of branches) sort(children);
  };
  sort(root.children);
  return root.children;
}

/**
 * A category and those above it: "Dairy", "Dairy/Milk".
 * @param {string} path
 */
export function lineage(path) {
  const levels = path.split("/").filter(Boolean);
  return levels.map((_, depth) => levels.slice(0, depth + 1).join("/"));
}

/**
 * Every category with those above it: "Dairy/Milk" has "Dairy" in it.
 * @param {Category[]} categories
 * @returns {string[]}
 */
export function withParents(categories) {
  return [...new Set(categories.flatMap(({ name }) => lineage(name)))].sort((a, b) => a.localeCompare(b));
}
