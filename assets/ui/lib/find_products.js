// Products for a picker, as one types.

import { get } from "./api.js";
import { money } from "./format.js";

/** @import { Product } from "./types.js" */

const FOUND_MAX = 8;

/**
 * @param {string} text
 * @param {AbortSignal} signal
 * @returns {Promise<Product[]>}
 */
export async function searchProducts(text, signal) {
  const { data } = text
    ? await get("/products/search", { query: { query: text, limit: FOUND_MAX }, signal })
    : await get("/products", { query: { sort: "name", limit: FOUND_MAX }, signal });
  return text ? data.results : data;
}

/**
 * @param {string} text
 * @param {AbortSignal} signal
 */
export async function findProducts(text, signal) {
  const found = await searchProducts(text, signal);
  return found.map(({ id, name, price, currency }) => ({ value: String(id), label: name, detail: money(price, currency) }));
}
