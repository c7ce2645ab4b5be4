// A walk that is tried: what the address says of it, the request, and the answer as it is drawn.
// Pure.

import { metres } from "./format.js";

/** @import { Atlas, Spot } from "./store_map.js" */
/** @import { PathPoint, WalkAnswer, WalkLeg } from "./types.js" */

/**
 * Where somebody goes. As text: `p:12` a product, `l:A3-07` a location, `n:in1` a node,
 * `x:4.2:7:0` a point and its floor.
 * @typedef {string} StopToken
 */

/**
 * @typedef {object} Plan
 * @property {StopToken} start  A node or a point.
 * @property {StopToken[]} stops
 * @property {boolean} back  To where it began.
 * @property {boolean} groups  Heavy first, frozen last.
 * @property {boolean} wide
 * @property {string} at  A moment; empty for now.
 */

export const STOPS_MAX = 100;
/** What a wheelchair needs. */
export const WIDE_M = 0.9;
const BUDGET_MS = 1_000;
const PARTED = "~";

/**
 * @param {Record<string, string>} query
 * @returns {Plan}
 */
export function planOf({ start = "", stops = "", back, groups, wide, at = "" }) {
  return {
    start: isToken(start) ? start : "",
    stops: [...new Set(stops.split(PARTED).filter(isToken))].slice(0, STOPS_MAX),
    back: back === "1",
    groups: groups === "1",
    wide: wide === "1",
    at,
  };
}

/** The address of a plan. @param {Plan} plan */
export function queryOf({ start, stops, back, groups, wide, at }) {
  return { start, stops: stops.join(PARTED), back: back ? "1" : "", groups: groups ? "1" : "", wide: wide ? "1" : "", at };
}

/** @param {string} text */
function isToken(text) {
  return /^p:\d+$/.test(text) || /^[ln]:./.test(text) || /^x:-?[\d.]+:-?[\d.]+:-?\d+$/.test(text);
}

/**
 * @param {StopToken} token
 * @returns {Record<string, any>} As a stop of the request.
 */
export function stopOf(token) {
  const rest = token.slice(2);
  if (token.startsWith("p:")) return { product_id: Number(rest) };
  if (token.startsWith("l:")) return { location: rest };
  if (token.startsWith("n:")) return { node: rest };
  const [x, y, floor] = rest.split(":").map(Number);
  return { x, y, floor };
}

/** @param {Spot} spot @returns {StopToken} */
export function pointToken({ x, y, floor }) {
  return `x:${Number(x.toFixed(2))}:${Number(y.toFixed(2))}:${floor}`;
}

/**
 * The body of `POST /cart/shortest_path`.
 * @param {Plan} plan
 */
export function walkRequest({ start, stops, back, groups, wide, at }) {
  const from = start ? stopOf(start) : null;
  return {
    ...(from ? { start: from.node ?? from } : {}),
    stops: stops.map(stopOf),
    ...(back ? { return_to_start: true } : {}),
    ...(groups ? { use_groups: true } : {}),
    ...(wide ? { min_width_m: WIDE_M } : {}),
    ...(at ? { at } : {}),
    budget_ms: BUDGET_MS,
  };
}

/**
 * What a stop is called, but for products.
 * @param {StopToken} token
 */
export function tokenName(token) {
  if (!token.startsWith("x:")) return token.slice(2);
  const { x, y } = stopOf(token);
  return `Point ${metres(x)}, ${metres(y)}`;
}

/**
 * @param {StopToken} token
 * @param {Atlas} atlas
 * @returns {Spot | null} Where that is; the place of a product is known to the appliance only.
 */
export function tokenSpot(token, atlas) {
  if (token.startsWith("x:")) return /** @type {Spot} */ (stopOf(token));
  if (token.startsWith("p:")) return null;
  return (token.startsWith("l:") ? atlas.locations : atlas.nodes).get(token.slice(2))?.spot ?? null;
}

/**
 * How good the walk is known to be.
 * @param {Pick<WalkAnswer, "optimal" | "distance" | "lower_bound">} answer
 * @returns {{proven: boolean, words: string}}
 */
export function proofOf({ optimal, distance, lower_bound: bound }) {
  if (optimal) return { proven: true, words: "Proven shortest" };
  if (!(bound > 0)) return { proven: false, words: "Not proven shortest" };
  const percent = Math.max(0.1, Math.ceil((distance / bound - 1) * 1_000) / 10);
  return { proven: false, words: `At most ${new Intl.NumberFormat().format(percent)} % longer than the shortest` };
}

/** @type {Record<string, string>} */
const METHODS = {
  trivial: "nothing to decide",
  "held-karp": "every order weighed",
  frontier: "every walk weighed",
  "local-search": "improved until the time was up",
};

/** @param {string} method */
export function methodWords(method) {
  return METHODS[method] ?? method;
}

/** @param {number} micros */
export function tookWords(micros) {
  if (micros < 1_000) return "under 1 ms";
  const ms = micros / 1_000;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: ms < 10 ? 1 : 0 }).format(ms)} ms`;
}

/**
 * The stretches of a path that are on a floor.
 * @param {PathPoint[]} path
 * @param {number} floor
 * @returns {PathPoint[][]}
 */
export function stretchesOn(path, floor) {
  /** @type {PathPoint[][]} */
  const stretches = [];
  let open = false;
  for (const point of path) {
    if (point.floor !== floor) open = false;
    else if (open) stretches.at(-1)?.push(point);
    else {
      stretches.push([point]);
      open = true;
    }
  }
  return stretches.filter((stretch) => stretch.length > 1);
}

/** @typedef {{x: number, y: number, angle: number}} Arrow  In degrees, clockwise from the right, `y` downwards. */

/**
 * Arrows along a stretch, at even distances.
 * @param {{x: number, y: number}[]} stretch
 * @param {number} every  Metres.
 * @returns {Arrow[]}
 */
export function arrowsAlong(stretch, every) {
  /** @type {Arrow[]} */
  const arrows = [];
  let next = every / 2;
  for (let index = 1; index < stretch.length; index += 1) {
    const [a, b] = [stretch[index - 1], stretch[index]];
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    for (; next < length; next += every) {
      arrows.push({ x: a.x + ((b.x - a.x) * next) / length, y: a.y + ((b.y - a.y) * next) / length, angle: (Math.atan2(a.y - b.y, b.x - a.x) * 180) / Math.PI });
    }
    next -= length;
  }
  return arrows;
}

/**
 * Those that are not upon another: ways are walked there and back.
 * @template {{x: number, y: number}} T
 * @param {T[]} arrows
 * @param {number} least  Metres between two.
 * @returns {T[]}
 */
export function apart(arrows, least) {
  /** @type {T[]} */
  const kept = [];
  for (const arrow of arrows) if (kept.every(({ x, y }) => Math.hypot(x - arrow.x, y - arrow.y) >= least)) kept.push(arrow);
  return kept;
}

/** @typedef {{x: number, y: number, floor: number, label: string, legs: number[], approximate: boolean}} Mark  `approximate`: somewhere around there. */

/**
 * The numbered marks: what is visited at one point shares one.
 * @param {WalkAnswer} answer
 * @returns {Mark[]}
 */
export function marksOf({ segments, stops }) {
  /** @type {Map<string, {x: number, y: number, floor: number, legs: number[]}>} */
  const marks = new Map();
  segments.slice(0, stops.length).forEach(({ path }, leg) => {
    const end = path.at(-1);
    if (!end) return;
    const key = `${end.x.toFixed(2)} ${end.y.toFixed(2)} ${end.floor}`;
    const mark = marks.get(key) ?? { x: end.x, y: end.y, floor: end.floor, legs: [] };
    mark.legs.push(leg);
    marks.set(key, mark);
  });
  const guessed = new Set(stops.filter(({ approximate }) => approximate).map(({ index }) => index));
  return [...marks.values()].map((mark) => ({
    ...mark,
    label: numbersText(mark.legs.map((leg) => leg + 1)),
    approximate: mark.legs.every((leg) => guessed.has(segments[leg].stop ?? -1)),
  }));
}

/**
 * "1–3, 7".
 * @param {number[]} numbers  Rising.
 */
export function numbersText(numbers) {
  /** @type {[number, number][]} */
  const runs = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`)).join(", ");
}

/**
 * Why a stop is not on a walk, behind its name, which many reasons begin with.
 * @param {string} name
 * @param {string} reason
 */
export function reasonAfter(name, reason) {
  return reason.startsWith(`${name} `) ? reason.slice(name.length) : `: ${reason}`;
}

/**
 * A note below the name that it begins with.
 * @param {string} name
 * @param {string} note
 */
export function sentenceAfter(name, note) {
  const rest = note.startsWith(`${name} `) ? note.slice(name.length + 1) : note;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** The lines for a small display, all or of one leg. @param {WalkAnswer} answer @param {number | null} leg */
export function displayLines(answer, leg) {
  const of = leg === null ? undefined : /** @type {WalkLeg | undefined} */ (answer.segments[leg]);
  return of?.display ?? answer.display ?? [];
}
