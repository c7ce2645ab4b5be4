// What a trolley's hardware says of itself, small enough for a row: how it is, its battery, its signal.

import { exactly } from "../lib/format.js";
import { fleetState, isLow, signalBars, signalWords, stateWords } from "../lib/fleet.js";
import { html } from "../lib/ui.js";

/** @import { Device } from "../lib/types.js" */

const NONE = html`<span class="muted">–</span>`;
const BATTERY_WIDTH = 16;

/** @param {{device: Device, now: number}} props */
export function TrolleyState({ device, now }) {
  const state = fleetState(device);
  const urgent = state === "offline" && device.items > 0;
  return html`<span class="seen" data-state=${state} data-urgent=${urgent ? "" : undefined} title=${device.last_seen ? `Last seen ${exactly(device.last_seen)}` : undefined}>
    <span class="dot" data-state=${state}></span>${stateWords(device, now)}
  </span>`;
}

/** @param {{percent: number | null | undefined}} props */
export function Battery({ percent }) {
  if (typeof percent !== "number") return NONE;
  const full = Math.min(100, Math.max(0, Math.round(percent)));
  const low = isLow(full);
  return html`<span class="battery" data-low=${low ? "" : undefined}>
    <svg viewBox="0 0 22 11" width="22" height="11" aria-hidden="true">
      <rect class="battery-case" x="0.6" y="0.6" width="18.8" height="9.8" rx="2.4" />
      <path class="battery-case" d="M21.3 4v3" />
      <rect class="battery-charge" x="2" y="2" width=${Math.max(1, (BATTERY_WIDTH * full) / 100)} height="7" rx="1.2" />
    </svg>
    <span class="number">${full} %</span>${low && html`<span class="visually-hidden"> (low)</span>`}
  </span>`;
}

const BARS = [0, 1, 2, 3];

/** @param {{dbm: number | null | undefined}} props */
export function Signal({ dbm }) {
  const bars = signalBars(dbm);
  if (bars === null) return NONE;
  const words = `${signalWords(bars)}, ${dbm} dBm`;
  return html`<span class="signal" role="img" aria-label=${words} title=${words} data-weak=${bars < 2 ? "" : undefined} data-none=${bars === 0 ? "" : undefined}>
    <svg viewBox="0 0 16 12" width="16" height="12" aria-hidden="true">
      ${BARS.map((bar) => html`<rect key=${bar} x=${bar * 4 + 0.5} y=${8.5 - bar * 2.7} width="3" height=${3 + bar * 2.7} rx="1" data-lit=${bar < bars ? "" : undefined} />`)}
    </svg>
  </span>`;
}
