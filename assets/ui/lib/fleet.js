// Trolleys as staff look at them: how each is, which needs somebody first, and why, in words. Pure,
// so that it can be tried without a browser.

import { ago, counted, money } from "./format.js";

/** @import { Device } from "./types.js" */

/** In the order of the filter. */
export const STATES = /** @type {const} */ (["online", "asleep", "offline", "new"]);

/** @typedef {typeof STATES[number] | "revoked"} FleetState */

/** @type {Record<FleetState, string>} */
export const STATE_LABELS = { online: "Online", asleep: "Asleep", offline: "Offline", new: "New", revoked: "Revoked" };

export const BATTERY_LOW_PCT = 20;
const BATTERY_DYING_PCT = 10;

/**
 * A revoked trolley is never heard of again, whatever it was before.
 * @param {Pick<Device, "state" | "revoked">} device
 * @returns {FleetState}
 */
export function fleetState({ state, revoked }) {
  return revoked ? "revoked" : state;
}

/**
 * "Online", "Offline for 24 min", "Never seen"
 * @param {Device} device
 * @param {number} nowMs
 */
export function stateWords(device, nowMs) {
  const state = fleetState(device);
  if (state === "online" || state === "revoked") return STATE_LABELS[state];
  if (state === "new" || !device.last_seen) return "Never seen";
  return `${STATE_LABELS[state]}, ${ago(device.last_seen, nowMs)}`;
}

/**
 * How many trolleys are in each state.
 * @param {Device[]} devices
 * @returns {Record<FleetState, number>}
 */
export function countStates(devices) {
  const counts = { online: 0, asleep: 0, offline: 0, new: 0, revoked: 0 };
  for (const device of devices) counts[fleetState(device)] += 1;
  return counts;
}

/** @param {number | null | undefined} percent */
export function isLow(percent) {
  return typeof percent === "number" && percent < BATTERY_LOW_PCT;
}

/**
 * Bars of a signal, as phones draw them.
 * @param {number | null | undefined} dbm
 * @returns {0 | 1 | 2 | 3 | 4 | null} `null` where nothing is known.
 */
export function signalBars(dbm) {
  if (typeof dbm !== "number") return null;
  if (dbm >= -60) return 4;
  if (dbm >= -70) return 3;
  if (dbm >= -80) return 2;
  return dbm >= -90 ? 1 : 0;
}

const SIGNAL_WORDS = ["No signal", "Weak signal", "Fair signal", "Good signal", "Strong signal"];

/** @param {number} bars */
export function signalWords(bars) {
  return SIGNAL_WORDS[bars];
}

/**
 * How urgently each kind of need calls, the most urgent first.
 */
const URGENCY = /** @type {const} */ (["offline-with-basket", "battery-dying", "alerts", "battery-low", "offline", "weak-signal", "none", "asleep", "new", "revoked"]);

/** @typedef {typeof URGENCY[number]} Need */

/**
 * What a trolley needs most.
 * @param {Device} device
 * @returns {Need}
 */
export function needOf(device) {
  const state = fleetState(device);
  if (state === "revoked") return "revoked";
  if (state === "offline" && device.items > 0) return "offline-with-basket";
  if (state === "online" && typeof device.battery_pct === "number" && device.battery_pct < BATTERY_DYING_PCT) return "battery-dying";
  if (device.open_alerts > 0) return "alerts";
  if (state === "online" && isLow(device.battery_pct)) return "battery-low";
  if (state === "offline") return "offline";
  const bars = signalBars(device.rssi);
  if (state === "online" && bars !== null && bars < 2) return "weak-signal";
  if (state === "new") return "new";
  return state === "asleep" ? "asleep" : "none";
}

/** The needs that somebody should go for now. */
const CALLING = new Set(["offline-with-basket", "battery-dying", "alerts", "battery-low"]);

/** @param {Device} device */
export function isCalling(device) {
  return CALLING.has(needOf(device));
}

/**
 * "Cart 7 is offline with €43.20 in it": a name and what is to be said of it.
 * @param {Device} device
 * @returns {string} What follows the name.
 */
export function needWords(device) {
  switch (needOf(device)) {
    case "offline-with-basket":
      return `is offline with ${money(device.total, device.currency)} in it`;
    case "battery-dying":
    case "battery-low":
      return `has ${Math.round(/** @type {number} */ (device.battery_pct))} % battery left`;
    case "alerts":
      return `has ${counted(device.open_alerts, "open alert")}`;
    default:
      return "";
  }
}

/** Names as people count: Cart 2 before Cart 10. */
const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/**
 * Orders by name, the tie-break of all orders.
 * @param {Device} a
 * @param {Device} b
 */
function byName(a, b) {
  return names.compare(a.name, b.name) || a.id - b.id;
}

/** @param {Device} device */
function seenMs({ last_seen: seen }) {
  return seen ? Date.parse(seen) : -Infinity;
}

/** @param {Device} device */
function battery({ battery_pct: percent }) {
  return percent ?? Infinity;
}

/**
 * Within a need: the dearest basket, the emptiest battery, the most alerts, the latest gone.
 * @param {Device} a
 * @param {Device} b
 */
function byNeed(a, b) {
  const need = needOf(a);
  const urgency = URGENCY.indexOf(need) - URGENCY.indexOf(needOf(b));
  if (urgency) return urgency;
  if (need === "offline-with-basket") return b.total - a.total || byName(a, b);
  if (need === "battery-dying" || need === "battery-low") return battery(a) - battery(b) || byName(a, b);
  if (need === "alerts") return b.open_alerts - a.open_alerts || byName(a, b);
  if (need === "offline") return seenMs(b) - seenMs(a) || byName(a, b);
  return byName(a, b);
}

/** @type {Record<string, {label: string, compare: (a: Device, b: Device) => number}>} */
export const SORTS = {
  need: { label: "Need first", compare: byNeed },
  name: { label: "Name", compare: byName },
  value: { label: "Basket value", compare: (a, b) => b.total - a.total || byName(a, b) },
  battery: { label: "Battery", compare: (a, b) => battery(a) - battery(b) || byName(a, b) },
  seen: { label: "Last seen", compare: (a, b) => seenMs(b) - seenMs(a) || byName(a, b) },
};

/**
 * @param {Device[]} devices
 * @param {string | undefined} sort  A name of `SORTS`; by need if it is none.
 */
export function inOrder(devices, sort) {
  return [...devices].sort((SORTS[sort ?? ""] ?? SORTS.need).compare);
}

/**
 * The trolleys that a filter and a search leave. Without a filter, revoked ones stay away.
 * @param {Device[]} devices
 * @param {{state?: string, search?: string}} wish
 */
export function matching(devices, { state, search = "" }) {
  const text = search.trim().toLowerCase();
  return devices.filter((device) => {
    const its = fleetState(device);
    if (state ? its !== state : its === "revoked" && !text) return false;
    return !text || [device.name, device.cart_code, device.mac ?? "", macText(device.mac), device.firmware ?? ""].some((part) => part.toLowerCase().includes(text));
  });
}

/**
 * Trolleys that another cart can be moved to: nobody's, empty, in use; those that answer first.
 * @param {Device[]} devices
 * @param {number | null} except  The one that it is on now.
 */
export function freeTrolleys(devices, except) {
  const free = devices.filter((device) => device.id !== except && !device.revoked && device.user_id === null && device.items === 0);
  const rank = (/** @type {Device} */ device) => STATES.indexOf(device.state);
  return free.sort((a, b) => rank(a) - rank(b) || byName(a, b));
}

/**
 * "9:42", and never less than nothing.
 * @param {number} ms
 */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * The list with one trolley as it is now; a new one is added.
 * @param {Device[]} list
 * @param {number} id
 * @param {Device | null} device  `null`: it is no more.
 */
export function withDevice(list, id, device) {
  if (!device) return list.filter((each) => each.id !== id);
  return list.some((each) => each.id === id) ? list.map((each) => (each.id === id ? device : each)) : [...list, device];
}

/**
 * The list with what carts say about their trolleys: what is in them and whose they are.
 * @param {Device[]} list
 * @param {Map<number, import("./types.js").Cart | null>} carts  By cart; `null` for one that is no more.
 */
export function withCarts(list, carts) {
  const byDevice = new Map([...carts.values()].flatMap((cart) => (cart && cart.device_id !== null ? [[cart.device_id, cart]] : [])));
  if (!list.some(({ id }) => byDevice.has(id))) return list;
  return list.map((device) => {
    const cart = byDevice.get(device.id);
    return cart ? { ...device, items: cart.item_count, total: cart.total, currency: cart.currency, user_id: cart.user_id } : device;
  });
}

/**
 * The trolley that a pairing code brought in, as the audit log knows it: also a board without a MAC,
 * and one that had its key before, cannot be told from the trolleys themselves.
 * @param {{target: string, after: any}[]} entries  Of the action `device.enroll`.
 * @param {number} code  The id of the pairing code.
 * @returns {number | null}
 */
export function enrolledBy(entries, code) {
  const entry = entries.find(({ after }) => after?.pairing_code === code);
  const id = Number(entry?.target.split(":")[1]);
  return Number.isInteger(id) && id > 0 ? id : null;
}

/**
 * "24:6F:28:00:11:22", as it is printed on boards.
 * @param {string | null | undefined} mac
 */
export function macText(mac) {
  return mac && /^[0-9a-f]{12}$/i.test(mac) ? mac.toUpperCase().replace(/..(?!$)/g, "$&:") : (mac ?? "");
}
