// Aisles that staff report as blocked: until when, and the request. Pure.

import { when } from "./format.js";
import { wallMoment, wallText } from "./zone.js";

/** @typedef {"now" | "today" | "until"} Duration */

export const DURATIONS = /** @type {{value: Duration, label: string}[]} */ ([
  { value: "now", label: "For now" },
  { value: "today", label: "Today" },
  { value: "until", label: "Until…" },
]);

/**
 * @param {object} wish
 * @param {{aisle: string} | {from: string, to: string}} wish.what
 * @param {string} wish.reason
 * @param {Duration} wish.duration
 * @param {string} wish.until  The text of a date-time field.
 * @param {string} zone  The store's.
 * @param {number} [nowMs]
 * @returns {{body: Record<string, unknown>} | {error: string}}
 */
export function closureRequest({ what, reason, duration, until }, zone, nowMs = Date.now()) {
  const end = duration === "now" ? null : wallMoment(duration === "today" ? `${wallText(new Date(nowMs).toISOString(), zone).slice(0, 10)}T23:59` : until, zone);
  if (duration === "until" && !end) return { error: "Say until when." };
  if (end && Date.parse(end) <= nowMs) return { error: "That moment has passed." };
  return { body: { ...what, ...(reason.trim() ? { reason: reason.trim() } : {}), ...(end ? { until: end } : {}) } };
}

/** @param {Pick<import("./types.js").Closure, "reason" | "until">} closure */
export function closureWords({ reason, until }) {
  return [reason, until ? `until ${when(until)}` : "until somebody clears it"].filter(Boolean).join(" · ");
}
