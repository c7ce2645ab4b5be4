// How many alerts are open, for the navigation. Failing to know is no harm: then it says nothing.

import { get } from "./api.js";
import { useLive } from "./live.js";
import { useThrottled } from "./resource.js";
import { signal, useEffect } from "./ui.js";

const RELOAD_MS = 2_000;

/** @type {import("../../vendor/signals.js").Signal<number>} */
export const openAlerts = signal(0);

/** Keeps the number right while the component is on screen. */
export function useOpenAlerts() {
  const reload = useThrottled(() => {
    get("/alerts", { query: { state: "open", limit: 1 } }).then(
      ({ data, total }) => {
        openAlerts.value = total ?? data.length;
      },
      () => {},
    );
  }, RELOAD_MS);
  useEffect(reload, []);
  useLive("alert", reload);
  useLive("resync", reload);
}
