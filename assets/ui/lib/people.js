// Names for the ids in carts and orders: trolleys for all staff, shoppers where the signed-in
// account may read them. A name that is not known yet falls back to the id.

import { get } from "./api.js";
import { isAdmin, session } from "./session.js";
import { signal } from "./ui.js";

/** @import { Device, User } from "./types.js" */

const USERS_MAX = 1_000;

/** @type {import("../../vendor/signals.js").Signal<Map<number, Device>>} */
export const devices = signal(new Map());

/** @type {import("../../vendor/signals.js").Signal<Map<number, User>>} */
const users = signal(new Map());

/** Loads the names; failing is no harm. */
export function loadNames() {
  get("/devices", { query: { limit: USERS_MAX } }).then(({ data }) => rememberDevices(data), () => {});
  if (!isAdmin(session.peek().user)) return;
  get("/users", { query: { limit: USERS_MAX } }).then(
    ({ data }) => {
      users.value = new Map(data.map((/** @type {User} */ user) => [user.id, user]));
    },
    () => {},
  );
}

/** @param {Device[]} list */
export function rememberDevices(list) {
  devices.value = new Map(list.map((device) => [device.id, device]));
}

/**
 * @param {number} id
 * @param {Device | null} device
 */
export function rememberDevice(id, device) {
  const known = new Map(devices.peek());
  if (device) known.set(id, device);
  else known.delete(id);
  devices.value = known;
}

/** @param {number} id */
export function shopperName(id) {
  return accountName(id) ?? `Shopper ${id}`;
}

/**
 * @param {number} id
 * @returns {string | null} Unless the name is not known.
 */
export function accountName(id) {
  const user = users.value.get(id);
  return user?.name || user?.username || null;
}

/** @param {number} id */
export function deviceName(id) {
  return devices.value.get(id)?.name ?? `Trolley ${id}`;
}

/**
 * Who a cart or an order belongs to, most telling first.
 * @param {{user_id: number | null, device_id: number | null}} owned
 * @returns {{title: string, detail: string}}
 */
export function owner({ user_id: userId, device_id: deviceId }) {
  const shopper = userId === null || userId === undefined ? null : shopperName(userId);
  const trolley = deviceId === null || deviceId === undefined ? null : deviceName(deviceId);
  if (trolley) return { title: trolley, detail: shopper ?? "No shopper signed in" };
  return { title: shopper ?? "Walk-in", detail: shopper ? "In the app" : "" };
}
