// Images of firmware: how far each has come, which ring is next, and what is no image. Pure, so
// that it can be tried without a browser.

import { count, counted } from "./format.js";

/** @import { Device, Firmware } from "./types.js" */

/** @typedef {Firmware["ring"]} Ring */

export const IMAGE_MAX_BYTES = 8 * 1024 * 1024;
/** Every ESP32 image begins with it. */
const IMAGE_MAGIC = 0xe9;

/** @type {Ring[]} */
export const RINGS = ["none", "one", "tenth", "all"];

/** @type {Record<Ring, string>} */
export const RING_LABELS = { none: "Nobody", one: "One trolley", tenth: "Every tenth", all: "All" };

/** @type {Record<Ring, string>} */
const WIDEN_LABELS = { none: "", one: "Try on one trolley", tenth: "Go on to every tenth", all: "Go on to all" };

/**
 * @param {Ring} ring
 * @returns {Ring | null} `null` after the last.
 */
export function nextRing(ring) {
  return RINGS[RINGS.indexOf(ring) + 1] ?? null;
}

/** @param {Ring} ring */
export function widenLabel(ring) {
  return WIDEN_LABELS[ring];
}

/** @type {Record<Firmware["state"], {label: string, kind: string}>} */
export const IMAGE_STATES = {
  draft: { label: "Not handed out yet", kind: "" },
  rolling: { label: "Being handed out", kind: "accent" },
  halted: { label: "Halted", kind: "warning" },
};

/** @typedef {{waiting: number, offered: number, installed: number, healthy: number, rolled_back: number}} Tally  Each trolley counts once. */

/** In the order of the bar: what is good first. @type {{state: string, key: keyof Tally, label: string, detail: string}[]} */
export const PARTS = [
  { state: "healthy", key: "healthy", label: "healthy", detail: "It runs and has tested itself." },
  { state: "installed", key: "installed", label: "installed", detail: "It runs; the self-test has not answered yet." },
  { state: "offered", key: "offered", label: "offered", detail: "The trolley has fetched it." },
  { state: "waiting", key: "waiting", label: "waiting", detail: "Until the trolley asks and has no basket." },
  { state: "rolled-back", key: "rolled_back", label: "rolled back", detail: "The trolley went back to what it had; it is not offered this again." },
];

/** @param {string} state */
export function partOf(state) {
  return PARTS.find((part) => part.state === state) ?? PARTS[3];
}

/**
 * The parts of the bar that are there, with their numbers.
 * @param {Tally} counts
 * @returns {{state: string, label: string, many: number}[]}
 */
export function progress(counts) {
  return PARTS.map(({ state, key, label }) => ({ state, label, many: counts[key] })).filter(({ many }) => many > 0);
}

/**
 * "12 healthy, 1 rolled back"
 * @param {Tally} counts
 */
export function progressWords(counts) {
  return progress(counts)
    .map(({ many, label }) => `${count(many)} ${label}`)
    .join(", ");
}

/**
 * What a ring means for the trolleys.
 * @param {Ring} ring
 * @param {string | null} trolley  The name of the one.
 */
export function ringWords(ring, trolley) {
  if (ring === "one") return trolley ? `Only ${trolley}` : "One trolley";
  return { none: "No trolley gets it", tenth: "Every tenth trolley", all: "All trolleys of this chip" }[ring];
}

/**
 * What a rollback says about going on.
 * @param {Pick<Tally, "healthy" | "rolled_back">} counts
 */
export function caution({ healthy, rolled_back: back }) {
  if (back > 0) return `${counted(back, "trolley")} went back to what ${back === 1 ? "it" : "they"} had. Better find out why before more of them get it.`;
  if (healthy === 0) return "No trolley has said yet that it runs well with it.";
  return "";
}

/**
 * Why a file is no image; empty if it may be one.
 * @param {{name: string, size: number}} file
 * @param {number | undefined} firstByte
 */
export function imageProblem({ name, size }, firstByte) {
  if (size === 0) return `${name} is empty.`;
  if (size > IMAGE_MAX_BYTES) return `${name} is larger than 8 MiB.`;
  if (firstByte !== IMAGE_MAGIC) return `${name} is no firmware image: the first byte of one is E9. Choose the application’s .bin, not the merged one or the bootloader.`;
  return "";
}

/**
 * A version in a file's name, e.g. `cart-1.4.0.bin`.
 * @param {string} name
 */
export function versionIn(name) {
  return /(?:^|[^\d.])v?(\d+\.\d+(?:\.\d+)?(?:-[0-9A-Za-z.]+?)?)(?=\.bin$|[^\w.]|$)/.exec(name)?.[1] ?? "";
}

/**
 * What the trolleys say that they run, the most frequent first.
 * @param {Device[]} devices
 * @returns {{version: string, many: number}[]}
 */
export function versionsOf(devices) {
  /** @type {Map<string, number>} */
  const many = new Map();
  for (const { firmware, revoked } of devices) if (firmware && !revoked) many.set(firmware, (many.get(firmware) ?? 0) + 1);
  return [...many].map(([version, number]) => ({ version, many: number })).sort((a, b) => b.many - a.many || b.version.localeCompare(a.version));
}

/**
 * A trolley and how far it is with an image.
 * @typedef {object} Holder
 * @property {number} device_id
 * @property {string} name
 * @property {"waiting" | "offered" | "installed" | "healthy" | "rolled-back"} state
 * @property {string | null} at
 * @property {"too-large" | "no-self-test" | null} [problem]
 */

/**
 * Why a trolley does not go on, in words.
 * @param {Pick<Holder, "problem">} holder
 */
export function holderProblem({ problem }) {
  if (problem === "too-large") return "The image does not fit on its board.";
  return problem === "no-self-test" ? "It has not said that it runs well." : "";
}

/** What a refusal is about, where it does not name the field itself. @type {Record<string, string>} */
const REFUSED_FIELDS = {
  "version-exists": "version",
  "image-exists": "file",
  "empty-image": "file",
  "not-an-image": "file",
};

/**
 * The fields that a refused upload is about, each with what is wrong.
 * @param {{status: number, code: string, message: string, fields: Record<string, string>}} refusal
 * @returns {Record<string, string>}
 */
export function refusedFields({ status, code, message, fields }) {
  if (["version", "chip", "notes"].some((name) => fields[name])) return fields;
  const field = REFUSED_FIELDS[code] ?? (status === 413 || status === 415 ? "file" : "");
  return field ? { [field]: message } : {};
}

/**
 * @param {Holder[]} holders
 * @returns {Tally}
 */
export function countHolders(holders) {
  const counts = { waiting: 0, offered: 0, installed: 0, healthy: 0, rolled_back: 0 };
  for (const { state } of holders) counts[partOf(state).key] += 1;
  return counts;
}
