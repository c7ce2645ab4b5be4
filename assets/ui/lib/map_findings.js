// What a look at a map finds, in groups and in words. Pure.

import { counted } from "./format.js";

/** @import { MapFinding, MapReport } from "./types.js" */

export const LEVELS = /** @type {const} */ (["error", "warning", "note"]);
export const LEVEL_LABELS = { error: "Errors", warning: "Warnings", note: "Notes" };
export const LEVEL_DETAILS = {
  error: "The map cannot be used with these.",
  warning: "The map can be used, but something is surely wrong.",
  note: "Worth a look.",
};

/** @type {Record<string, string>} */
const CODES = {
  "unreachable-location": "Cannot be reached",
  "unreachable-node": "Cannot be reached",
  "no-way-out": "No way to a checkout",
  "zero-length-edge": "Way without length",
  "crossing-without-node": "Ways cross without a node",
  "invalid-map": "Not a map that can be used",
  "no-entrance": "No entrance",
  "no-checkout": "No checkout",
  "duplicate-edge": "Two ways between the same nodes",
  "length-shorter-than-line": "Shorter than the straight line",
  "lonely-node": "Node without a way",
  "product-nowhere": "Product without a location",
  "product-unknown-location": "Product at an unknown location",
};

/** @param {string} code */
export function codeWords(code) {
  const words = code.replaceAll("-", " ");
  return CODES[code] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** @typedef {Pick<MapReport, "findings" | "errors" | "warnings" | "notes">} Counted */
/** @typedef {{code: string, label: string, findings: MapFinding[]}} FindingKind */

/**
 * @param {Counted} report
 * @returns {{level: MapFinding["level"], many: number, kinds: FindingKind[]}[]} The grave ones first; only levels that have any.
 */
export function byLevel({ findings, ...report }) {
  return LEVELS.map((level) => {
    const own = findings.filter((finding) => finding.level === level);
    /** @type {Map<string, MapFinding[]>} */
    const kinds = new Map();
    for (const finding of own) kinds.set(finding.code, [...(kinds.get(finding.code) ?? []), finding]);
    return { level, many: report[`${level}s`], kinds: [...kinds].map(([code, list]) => ({ code, label: codeWords(code), findings: list })) };
  }).filter(({ many }) => many > 0);
}

/** @param {Counted} report */
export function findingWords(report) {
  return (
    byLevel(report)
      .map(({ level, many }) => counted(many, level))
      .join(", ") || "No findings"
  );
}

/** @param {MapFinding} finding @returns {number | null} The product that it is about. */
export function findingProduct({ at, code }) {
  if (!code.startsWith("product-")) return null;
  const id = Number(/(\d+)\D*$/.exec(at)?.[1]);
  return Number.isSafeInteger(id) ? id : null;
}

/** Whether a map can be used. @param {Pick<MapReport, "findings" | "map">} report */
export function isUsable({ findings, map }) {
  return Boolean(map) && !findings.some(({ level }) => level === "error");
}

/** @type {Record<string, string>} */
const FORMATS = { json: "Cartwright JSON", geojson: "GeoJSON", tiled: "Tiled" };

/** @param {string} format */
export function formatWords(format) {
  return FORMATS[format.toLowerCase()] ?? format;
}
