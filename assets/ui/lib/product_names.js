// Names of products that other records mention by id. Asked for once; until then, and for a
// product that is gone, the id stands for the name.

import { get } from "./api.js";
import { signal } from "./ui.js";

/** @type {import("../../vendor/signals.js").Signal<Map<number, string>>} */
const names = signal(new Map());
/** @type {Set<number>} */
const asked = new Set();

/** @param {number} id */
export function productName(id) {
  return knownProductName(id) ?? `Product ${id}`;
}

/**
 * @param {number} id
 * @returns {string | null} Unless the name is not known.
 */
export function knownProductName(id) {
  return names.value.get(id) ?? null;
}

/**
 * @param {number} id
 * @param {string} name
 */
export function rememberProductName(id, name) {
  asked.add(id);
  if (names.peek().get(id) !== name) names.value = new Map(names.peek()).set(id, name);
}

/** @param {number[]} ids */
export function askProductNames(ids) {
  for (const id of ids) {
    if (asked.has(id)) continue;
    asked.add(id);
    get(`/products/${id}`).then(({ data }) => rememberProductName(id, data.name), () => {});
  }
}
