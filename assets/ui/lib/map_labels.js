// Where the name of a section stands: inside it, clear of the ways if there is room, in lines or
// along its height. Pure. Lengths in metres unless they say pixels.

/** @import { Bounds } from "./map_view.js" */

export const FONT_PX = 11;
export const LINE_PX = 13;
/** What a line is higher than its letters. */
const LEADING_PX = 3;
/** Of the text's size: what a letter takes in the middle. */
const LETTER_WIDTH = 0.53;
const WAY_HALF_M = 0.37;
const DOOR_HALF_PX = 8;
const GAP_PX = 1;
/** How far from the middle, of the room that is left: from the middle outwards. */
const OFFSETS = [0, -0.5, 0.5, -0.75, 0.75, -1, 1];
const PLACES = OFFSETS.flatMap((dx) => OFFSETS.map((dy) => ({ dx, dy }))).sort((a, b) => Math.abs(a.dx) + Math.abs(a.dy) - Math.abs(b.dx) - Math.abs(b.dy));

/** @typedef {{lines: string[], turned: boolean, x: number, y: number}} Label */

/**
 * @param {string} name
 * @param {Bounds} box
 * @param {number[][]} ways  `[x1, y1, x2, y2]`
 * @param {number[][]} doors  `[x, y]`
 * @param {number} scale  Pixels per metre.
 * @returns {Label | null} Across a way if it must be, never across a door; `null` if it has no room.
 */
export function placeLabel(name, box, ways, doors, scale) {
  const [width, height] = [(box.maxX - box.minX) * scale, (box.maxY - box.minY) * scale];
  /** @type {Label | null} */
  let crossed = null;
  for (const turned of [false, true]) {
    const lines = inLines(name, turned ? height : width, turned ? width : height);
    if (!lines) continue;
    const [along, across] = [Math.max(...lines.map((line) => line.length)) * FONT_PX * LETTER_WIDTH, lines.length * LINE_PX - LEADING_PX];
    const [wide, high] = turned ? [across, along] : [along, across];
    const room = [(width - wide) / 2 - GAP_PX, (height - high) / 2 - GAP_PX].map((each) => Math.max(0, each) / scale);
    const [middleX, middleY] = [(box.minX + box.maxX) / 2, (box.minY + box.maxY) / 2];
    for (const { dx, dy } of PLACES) {
      const label = { lines, turned, x: middleX + dx * room[0], y: middleY + dy * room[1] };
      if (!isClear(label, wide / 2 / scale, high / 2 / scale, [], doors, scale)) continue;
      if (isClear(label, wide / 2 / scale, high / 2 / scale, ways, [], scale)) return label;
      crossed ??= label;
    }
  }
  return crossed;
}

/**
 * @param {{x: number, y: number}} at
 * @param {number} halfWide
 * @param {number} halfHigh
 * @param {number[][]} ways
 * @param {number[][]} doors
 * @param {number} scale
 */
function isClear({ x, y }, halfWide, halfHigh, ways, doors, scale) {
  const door = DOOR_HALF_PX / scale;
  return (
    !ways.some(([x1, y1, x2, y2]) => crosses(x1 - x, y1 - y, x2 - x, y2 - y, halfWide + WAY_HALF_M, halfHigh + WAY_HALF_M)) &&
    !doors.some(([doorX, doorY]) => Math.abs(doorX - x) < halfWide + door && Math.abs(doorY - y) < halfHigh + door)
  );
}

/**
 * Whether a line meets a box around the origin (after Liang and Barsky).
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {number} halfWide
 * @param {number} halfHigh
 */
function crosses(x1, y1, x2, y2, halfWide, halfHigh) {
  let [from, to] = [0, 1];
  for (const [step, start, half] of [[x2 - x1, x1, halfWide], [y2 - y1, y1, halfHigh]]) {
    if (step === 0) {
      if (Math.abs(start) >= half) return false;
      continue;
    }
    const [a, b] = [(-half - start) / step, (half - start) / step];
    [from, to] = [Math.max(from, Math.min(a, b)), Math.min(to, Math.max(a, b))];
  }
  return from < to;
}

/**
 * @param {string} name
 * @param {number} width  Pixels.
 * @param {number} height
 * @returns {string[] | null}
 */
function inLines(name, width, height) {
  const letters = Math.floor((width - 2 * GAP_PX) / (FONT_PX * LETTER_WIDTH));
  /** @type {string[]} */
  const lines = [];
  for (const word of name.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (word.length > letters) return null;
    if (last !== undefined && last.length + 1 + word.length <= letters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.length * LINE_PX <= height ? lines : null;
}
