// The trolleys as the screens follow them: loaded, then kept right by events, and asked for again
// with the clock, because a heartbeat is no event.

import { get } from "./api.js";
import { withCarts, withDevice } from "./fleet.js";
import { useLive } from "./live.js";
import { rememberDevices } from "./people.js";
import { useNow, useResource, useThrottled } from "./resource.js";
import { useRef } from "./ui.js";

/** @import { Cart, Device } from "./types.js" */

const DEVICES_MAX = 1_000;
const CLOCK_MS = 15_000;
/** Scans come in dozens a second on a busy day: they are drawn together. */
const CARTS_MS = 500;

/** @param {AbortSignal} [signal] */
export async function loadDevices(signal) {
  const { data } = await get("/devices", { query: { limit: DEVICES_MAX }, signal });
  rememberDevices(data);
  return /** @type {Device[]} */ (data);
}

/**
 * @returns {{devices: import("./resource.js").Resource<Device[]>, now: number}}
 */
export function useFleet() {
  const now = useNow(CLOCK_MS);
  const devices = useResource(loadDevices, [now]);
  const changed = useRef(/** @type {Map<number, Cart | null>} */ (new Map()));
  const drawCarts = useThrottled(() => {
    const carts = changed.current;
    changed.current = new Map();
    devices.change((list) => withCarts(list, carts));
  }, CARTS_MS);

  useLive("device", ({ device_id: id, device }) => devices.change((list) => withDevice(list, id, device)));
  useLive("cart", ({ cart_id: id, cart }) => {
    changed.current.set(id, cart);
    drawCarts();
  });
  useLive("resync", devices.reload);
  return { devices, now };
}
