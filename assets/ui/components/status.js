// The state of an order: a ring that fills from placed to done, and the word.

import { capitalised } from "../lib/format.js";
import { html } from "../lib/ui.js";

/** All states, in the order of an order's life. */
export const STATUSES = ["pending", "paid", "packed", "shipped", "delivered", "collected", "cancelled", "refunded"];

/** How much of the way is done, in quarters. */
const QUARTERS = { pending: 0, paid: 1, packed: 2, shipped: 3, delivered: 4, collected: 4 };

/** What the button for the step to a state says. */
export const STEP_LABELS = {
  paid: "Mark as paid",
  packed: "Mark as packed",
  shipped: "Mark as shipped",
  delivered: "Mark as delivered",
  collected: "Mark as collected",
  cancelled: "Cancel order",
  refunded: "Refund",
};

/** @param {string} status */
export function isEnding(status) {
  return status === "cancelled" || status === "refunded";
}

const RADIUS = 3;
const CIRCUMFERENCE = 2 * Math.PI * RADIUS;

/** @param {{status: string}} props */
export function StatusIcon({ status }) {
  const quarters = QUARTERS[/** @type {keyof typeof QUARTERS} */ (status)];
  return html`<svg class="status-icon" data-status=${status} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <circle class="ring" cx="8" cy="8" r="6.25" />
    ${quarters > 0 && quarters < 4
      ? html`<circle class="pie" cx="8" cy="8" r=${RADIUS} stroke-dasharray="${(CIRCUMFERENCE * quarters) / 4} ${CIRCUMFERENCE}" transform="rotate(-90 8 8)" />`
      : null}
    ${quarters === 4 && html`<path class="tick" d="M5 8.3l2.2 2.2L11 6" />`}
    ${status === "cancelled" && html`<path class="cross" d="M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6" />`}
    ${status === "refunded" && html`<path class="cross" d="M10.8 8H5.5M7.5 5.7L5.2 8l2.3 2.3" />`}
  </svg>`;
}

/** @param {{status: string}} props */
export function Status({ status }) {
  return html`<span class="status"><${StatusIcon} status=${status} />${capitalised(status)}</span>`;
}
