// Alerts in plain, neutral words: what the trolley noticed and how sure it is, never who is to
// blame. Pure, so that it can be tried without a browser.

import { weight } from "./format.js";

/** @import { Alert } from "./types.js" */

/** @type {Record<string, {words: string, icon: string, measured: boolean}>} */
const KINDS = {
  "unscanned-item": { words: "An item may be in the trolley without a scan", icon: "basket", measured: true },
  "item-missing": { words: "A scanned item may not be in the trolley", icon: "basket", measured: true },
  "swapped-item": { words: "An item may be another one than was scanned", icon: "basket", measured: true },
  "weight-mismatch": { words: "The weight does not fit what was scanned", icon: "scale", measured: true },
  "offline-with-basket": { words: "Offline with goods in it", icon: "unlink", measured: false },
  "battery-low": { words: "The battery is low", icon: "battery", measured: false },
  "firmware-failed": { words: "New firmware did not start well", icon: "devices", measured: false },
};

/** @param {string} kind */
export function alertWords(kind) {
  return KINDS[kind]?.words ?? sentence(kind.replaceAll("-", " "));
}

/** @param {string} kind */
export function alertIcon(kind) {
  return KINDS[kind]?.icon ?? "bell";
}

/**
 * How sure the trolley is, in a word. What is simply known (a battery, a silence) has none.
 * @param {Pick<Alert, "kind" | "confidence">} alert
 */
export function confidenceWord({ kind, confidence }) {
  if (!KINDS[kind]?.measured) return "";
  if (confidence >= 0.9) return "Very probably";
  if (confidence >= 0.7) return "Probably";
  return confidence >= 0.4 ? "Perhaps" : "Hard to say";
}

/**
 * "+0.752 kg": by how much the scale differs, unless the words beside it say so.
 * @param {Pick<Alert, "weight_g" | "detail">} alert
 */
export function differenceText({ weight_g: grams, detail }) {
  if (grams === null || grams === 0 || detail?.includes(`${Math.abs(grams)} g`)) return "";
  return `${grams > 0 ? "+" : "−"}${weight(Math.abs(grams))}`;
}

/** @param {string} text */
export function sentence(text) {
  return text ? text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".") : "";
}

/**
 * The list with one alert as it is now: a new one first, one that the list is not about is gone.
 * @param {Alert[]} list
 * @param {Alert} alert
 * @param {"open" | "cleared"} wanted
 */
export function withAlert(list, alert, wanted) {
  const others = list.filter(({ id }) => id !== alert.id);
  if (alert.state !== wanted) return others;
  return [...others, alert].sort((a, b) => momentOf(b).localeCompare(momentOf(a)) || b.id - a.id);
}

/** @param {Alert} alert */
function momentOf({ state, at, cleared_at: cleared }) {
  return state === "cleared" ? (cleared ?? at) : at;
}
