// Moments on the store's clock, wherever the browser is: a price that changes at midnight changes
// at midnight in the store.

import { signal } from "./ui.js";

/**
 * The store's time zone, e.g. "Europe/Vienna". Until it is known the browser's own is used.
 * @type {import("../../vendor/signals.js").Signal<string>}
 */
export const storeZone = signal(Intl.DateTimeFormat().resolvedOptions().timeZone);

/** Whether that is the store's, and not merely the browser's. */
export const zoneKnown = signal(false);

/** @type {Promise<void>} */
let settled = Promise.resolve();

/** @param {Promise<string | null | undefined>} asked  The store's time zone, if this person may know it. */
export function learnZone(asked) {
  settled = asked.then(
    (zone) => {
      if (!zone) return;
      storeZone.value = zone;
      zoneKnown.value = true;
    },
    () => {},
  );
}

/** Until then a form with moments in it is not to be drawn: they would be on two clocks. */
export function zoneSettled() {
  return settled;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const clocks = new Map();

/** @param {string} zone */
function clock(zone) {
  let format = clocks.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    clocks.set(zone, format);
  }
  return format;
}

/**
 * What the clock in the zone shows, as if it were UTC.
 * @param {number} ms
 * @param {string} zone
 */
function wallMs(ms, zone) {
  const parts = Object.fromEntries(clock(zone).formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
}

/**
 * A moment as a date-time field has it, on the zone's clock.
 * @param {string} moment  RFC 3339.
 * @param {string} zone
 */
export function wallText(moment, zone) {
  const ms = Date.parse(moment);
  return Number.isNaN(ms) ? "" : new Date(wallMs(ms, zone)).toISOString().slice(0, 16);
}

/**
 * The moment at which the zone's clock shows a text. In the hour that is skipped in spring it is
 * the hour after.
 * @param {string} text  `2026-12-01T00:00`
 * @param {string} zone
 * @returns {string | null} RFC 3339 in UTC; `null` if the text is no date and time.
 */
export function wallMoment(text, zone) {
  const wall = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? Date.parse(`${text.slice(0, 16)}Z`) : NaN;
  if (Number.isNaN(wall)) return null;
  let ms = wall;
  for (let round = 0; round < 2; round += 1) ms = wall - (wallMs(ms, zone) - ms);
  return new Date(ms).toISOString();
}

/**
 * A date-time field's text as people read it.
 * @param {string} text
 */
export function wallShown(text) {
  const date = new Date(`${text}Z`);
  if (Number.isNaN(date.getTime())) return text;
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(date);
}
