// A walk on the plan: its line with arrows, numbered stops, where it begins and ends.

import { apart, arrowsAlong, marksOf, stretchesOn } from "../lib/walk.js";
import { classes, html, useMemo } from "../lib/ui.js";
import { At } from "./plan_marks.js";

/** @import { PathPoint, WalkAnswer } from "../lib/types.js" */
/** @import { Spot } from "../lib/store_map.js" */

const ARROW_EVERY_PX = 56;
const ARROW_ROOM_PX = 14;
const DIGIT_PX = 6.6;

/**
 * @typedef {object} Drawn
 * @property {WalkAnswer} answer
 * @property {number} floor
 * @property {number} scale
 * @property {number | null} leg  The one that is looked at.
 */

/** @param {number | null} leg @param {number[]} legs */
function isLooked(leg, legs) {
  return leg === null || legs.includes(leg);
}

/** @param {Drawn} props */
export function WalkLines({ answer, floor, scale, leg }) {
  const lines = useMemo(
    () => answer.segments.flatMap(({ path }, index) => stretchesOn(path, floor).map((stretch) => ({ leg: index, stretch, points: stretch.map(({ x, y }) => `${x},${-y}`).join(" ") }))),
    [answer, floor],
  );
  const arrows = useMemo(() => {
    const all = lines.filter(({ leg: of }) => isLooked(leg, [of])).flatMap(({ stretch }) => arrowsAlong(stretch, ARROW_EVERY_PX / scale));
    return apart(all, ARROW_ROOM_PX / scale);
  }, [lines, scale, leg]);
  return html`<g class="walk-marks">
    ${lines.map(({ points }, index) => html`<polyline key="edge-${index}" class="walk-edge" points=${points} />`)}
    ${lines.map(({ leg: of, points }, index) => html`<polyline key="line-${index}" class=${classes("walk-line", !isLooked(leg, [of]) && "aside")} points=${points} />`)}
    ${leg !== null && lines.filter((line) => line.leg === leg).map(({ points }, index) => html`<polyline key="looked-${index}" class="walk-line looked" points=${points} />`)}
    ${arrows.map(({ x, y, angle }, index) => html`<${At} key="arrow-${index}" class="walk-arrow" x=${x} y=${-y} scale=${scale} turn=${angle}><path d="M-2.5 -3L1.5 0L-2.5 3" /><//>`)}
  </g>`;
}

/** @param {Drawn} props */
export function WalkStops({ answer, floor, scale, leg }) {
  const marks = useMemo(() => marksOf(answer).filter((mark) => mark.floor === floor), [answer, floor]);
  const [first, last] = [answer.path[0], answer.path.at(-1)];
  return html`<g class="walk-marks">
    ${first && first.floor === floor && html`<${End} point=${first} scale=${scale} kind="start" />`}
    ${last && last !== first && last.floor === floor && marks.every((mark) => mark.x !== last.x || mark.y !== last.y) && html`<${End} point=${last} scale=${scale} kind="end" />`}
    ${marks.map(({ x, y, label, legs, approximate }) => {
      const half = Math.max(10, (label.length * DIGIT_PX) / 2 + 5);
      return html`<${At} key=${label} class=${classes("walk-stop", approximate && "approximate", !isLooked(leg, legs) && "aside")} x=${x} y=${-y} scale=${scale}>
        <rect x=${-half} y="-10" width=${2 * half} height="20" rx="10" />
        <text dy="0.36em">${label}</text>
      <//>`;
    })}
  </g>`;
}

/** @param {{point: PathPoint, scale: number, kind: "start" | "end"}} props */
function End({ point, scale, kind }) {
  return html`<${At} class="walk-end" x=${point.x} y=${-point.y} scale=${scale}>
    <circle r="8" />
    <path d=${kind === "start" ? "M-2 -3.2L3.2 0L-2 3.2z" : "M-2.8 -2.8h5.6v5.6h-5.6z"} />
  <//>`;
}

/**
 * What was chosen before there is an answer.
 * @param {{spots: (Spot | null)[], start: Spot | null, floor: number, scale: number}} props
 */
export function WishMarks({ spots, start, floor, scale }) {
  return html`<g class="walk-marks">
    ${start && start.floor === floor && html`<${End} point=${{ ...start, node: null }} scale=${scale} kind="start" />`}
    ${spots.map((spot, index) => spot && spot.floor === floor && html`<${At} key=${index} class="walk-wish" x=${spot.x} y=${-spot.y} scale=${scale}><circle r="5" /><//>`)}
  </g>`;
}
