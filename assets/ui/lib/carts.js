// Open carts by how long ago anybody touched them.

/** @import { Cart } from "./types.js" */

/** @typedef {"active" | "idle" | "abandoned"} CartState */

/** In the order of the filter. @type {Record<CartState, {label: string, detail: string}>} */
export const CART_STATES = {
  active: { label: "Active", detail: "Somebody is shopping with it." },
  idle: { label: "Idle", detail: "Nobody has touched it for a while." },
  abandoned: { label: "Abandoned", detail: "Nobody has touched it for long: its trolley is free again." },
};

/**
 * @param {Cart} cart
 * @returns {CartState}
 */
export function cartState({ state }) {
  return state ?? "active";
}

/** @param {Cart[]} carts */
export function countCarts(carts) {
  const counts = { active: 0, idle: 0, abandoned: 0 };
  for (const cart of carts) counts[cartState(cart)] += 1;
  return counts;
}
