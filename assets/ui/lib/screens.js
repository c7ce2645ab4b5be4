// The screens: where each is, who may see it, and the key that follows `g`.

import { isAdmin } from "./session.js";

/** @import { User } from "./types.js" */

/**
 * @typedef {object} Screen
 * @property {string} section  The first segment of its route.
 * @property {string} hash
 * @property {string} icon
 * @property {string} label
 * @property {string} key
 * @property {boolean} [first]  Stands in the bar of a phone; the others are behind "More".
 * @property {boolean} [counted]  Says how many open alerts there are.
 * @property {boolean} [admin]  For administrators only.
 */

/** @type {Screen[]} */
const SCREENS = [
  { section: "", hash: "#/", icon: "dashboard", label: "Dashboard", key: "h", first: true },
  { section: "products", hash: "#/products", icon: "products", label: "Products", key: "p", first: true },
  { section: "orders", hash: "#/orders", icon: "orders", label: "Orders", key: "o", first: true },
  { section: "carts", hash: "#/carts", icon: "carts", label: "Carts", key: "c", first: true },
  { section: "promotions", hash: "#/promotions", icon: "promotions", label: "Promotions", key: "r" },
  { section: "map", hash: "#/map", icon: "map", label: "Store map", key: "m" },
  { section: "devices", hash: "#/devices", icon: "fleet", label: "Fleet", key: "f" },
  { section: "alerts", hash: "#/alerts", icon: "bell", label: "Alerts", key: "l", counted: true },
  { section: "firmware", hash: "#/firmware", icon: "devices", label: "Firmware", key: "w" },
  { section: "people", hash: "#/people", icon: "people", label: "People", key: "u", admin: true },
  { section: "settings", hash: "#/settings", icon: "settings", label: "Settings", key: "s", admin: true },
  { section: "audit", hash: "#/audit", icon: "audit", label: "Audit", key: "a", admin: true },
];

/**
 * The screens that somebody may see.
 * @param {User | null} user
 */
export function screensFor(user) {
  return SCREENS.filter(({ admin }) => !admin || isAdmin(user));
}
