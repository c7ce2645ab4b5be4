// Short messages about what just happened, at the edge of the screen.

import { signal } from "./ui.js";

/** @typedef {{id: number, text: string, kind: "done" | "failed"}} Toast */

const SHOWN_MAX = 3;
const DONE_MS = 4_000;
const FAILED_MS = 12_000;

/** @type {import("../../vendor/signals.js").Signal<Toast[]>} */
export const toasts = signal([]);

let lastId = 0;

/** @param {number} id */
export function dismiss(id) {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/**
 * @param {string} text
 * @param {Toast["kind"]} kind
 */
function show(text, kind) {
  lastId += 1;
  const id = lastId;
  toasts.value = [...toasts.value, { id, text, kind }].slice(-SHOWN_MAX);
  setTimeout(() => dismiss(id), kind === "done" ? DONE_MS : FAILED_MS);
}

/** @param {string} text */
export function tellDone(text) {
  show(text, "done");
}

/** @param {unknown} error */
export function tellFailed(error) {
  show(error instanceof Error ? error.message : String(error), "failed");
}
