// Live news of the shop floor by server-sent events. A stream that breaks is opened again by
// itself; after every gap the screens are told to load afresh, because news may have been missed.

import { address, get } from "./api.js";
import { signal, useEffect, useRef } from "./ui.js";

/** @typedef {"cart" | "order" | "product" | "promotion" | "map" | "closure" | "device" | "alert" | "resync"} LiveEvent */

const EVENTS = /** @type {const} */ (["cart", "order", "product", "promotion", "map", "closure", "device", "alert", "resync"]);
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;
// A browser allows six connections to one address: tabs that nobody looks at give theirs back.
const HIDDEN_CLOSE_MS = 60_000;

/** @type {import("../../vendor/signals.js").Signal<"off" | "connecting" | "live">} */
export const liveState = signal("off");

/** @type {Map<LiveEvent, Set<(data: any) => void>>} */
const listeners = new Map(EVENTS.map((name) => [name, new Set()]));

/** @type {EventSource | null} */
let source = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let wanted = false;
let opened = false;
let failures = 0;

/** Opens the stream and keeps it open until `stopLive`. */
export function startLive() {
  if (wanted) return;
  wanted = true;
  open();
}

export function stopLive() {
  wanted = false;
  opened = false;
  failures = 0;
  close();
  liveState.value = "off";
}

/**
 * Calls `handler` for every event of that name while the component is on screen.
 * @param {LiveEvent} name
 * @param {(data: any) => void} handler
 */
export function useLive(name, handler) {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    const listener = (/** @type {any} */ data) => latest.current(data);
    listeners.get(name)?.add(listener);
    return () => listeners.get(name)?.delete(listener);
  }, [name]);
}

function open() {
  close();
  liveState.value = "connecting";
  source = new EventSource(address("/events"));
  source.onopen = () => {
    failures = 0;
    liveState.value = "live";
    if (opened) emit("resync", {});
    opened = true;
  };
  source.onerror = () => {
    // A refused stream (an ended access token, a restart behind a proxy) is closed for good by
    // the browser; one that merely broke is retried by it. Both are handled the same way here.
    close();
    liveState.value = "connecting";
    retryLater();
  };
  for (const name of EVENTS) {
    source.addEventListener(name, (event) => emit(name, parse(event.data)));
  }
}

function close() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function retryLater() {
  const pauseMs = Math.min(RETRY_MIN_MS * 2 ** failures, RETRY_MAX_MS) * (0.75 + Math.random() / 2);
  failures += 1;
  timer = setTimeout(async () => {
    try {
      // Renews the session if that is what ended the stream.
      await get("/auth/check");
    } catch {
      if (wanted) retryLater();
      return;
    }
    if (!wanted) return;
    // Without a stream the screens still move on, only slower.
    emit("resync", {});
    open();
  }, pauseMs);
}

/**
 * @param {LiveEvent} name
 * @param {unknown} data
 */
function emit(name, data) {
  for (const listener of [...(listeners.get(name) ?? [])]) listener(data);
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let hiddenTimer;
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiddenTimer);
  if (!wanted) return;
  if (document.hidden) hiddenTimer = setTimeout(close, HIDDEN_CLOSE_MS);
  else if (!source) open();
});
