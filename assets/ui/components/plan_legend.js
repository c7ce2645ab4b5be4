// What the signs on a plan mean; only those that are on it.

import { html } from "../lib/ui.js";

/** @import { Atlas } from "../lib/store_map.js" */

/** @param {{atlas: Atlas, blocked?: boolean}} props */
export function Legend({ atlas, blocked = false }) {
  const kinds = new Set([...atlas.nodes.values()].map(({ kind }) => kind));
  const signs = [
    kinds.has("entrance") && { name: "entrance", label: "Entrance" },
    kinds.has("checkout") && { name: "checkout", label: "Checkout" },
    atlas.ways.some((way) => way?.edge.one_way) && { name: "one-way", label: "One-way" },
    atlas.ways.some((way) => way?.edge.closed) && { name: "closed", label: "Closed" },
    atlas.ways.some((way) => way && way.a.floor !== way.b.floor) && { name: "climb", label: "Lift or stairs" },
    blocked && { name: "blocked", label: "Blocked" },
  ].filter((sign) => sign !== false);
  return html`<ul class="plan-legend" aria-label="Signs on the plan">${signs.map(({ name, label }) => html`<li key=${name}><${Sign} name=${name} />${label}</li>`)}</ul>`;
}

/** @param {{name: string}} props */
function Sign({ name }) {
  return html`<svg viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true" class="plan-sign ${name}">
    ${name === "entrance" && html`<circle r="6" /><path d="M-2.5 0h5M0.5 -2.2L2.7 0L0.5 2.2" />`}
    ${name === "checkout" && html`<rect x="-5.5" y="-5.5" width="11" height="11" rx="2.5" /><path d="M-2.4 0.2l1.7 1.7L2.5 -1.9" />`}
    ${name === "one-way" && html`<path d="M-2.5 -4L2.5 0L-2.5 4" />`}
    ${name === "closed" && html`<path d="M-7 0h14" />`}
    ${name === "climb" && html`<rect x="-6" y="-6" width="12" height="12" rx="3" /><path d="M0 3V-2.6M-2.4 -0.2L0 -2.8L2.4 -0.2" />`}
    ${name === "blocked" && html`<circle r="7" /><path d="M-3.5 0h7" />`}
  </svg>`;
}
