// What is drawn above the picture of a floor at a size of its own, however near one looks: names,
// arrows, doors and tills, blocked ways, the aisle below the pointer.

import { FONT_PX, LINE_PX, placeLabel } from "../lib/map_labels.js";
import { isOn } from "../lib/store_map.js";
import { html, useMemo } from "../lib/ui.js";

/** @import { Pane, View } from "../lib/map_view.js" */
/** @import { Aisle, Atlas, Spot, Way } from "../lib/store_map.js" */
/** @import { Closure } from "../lib/types.js" */

const ARROWS_MAX = 400;
const ARROW_ROOM_PX = 30;
const NAMED_SCALE = 42;
const NAMES_MAX = 160;
const AISLES_SCALE = 24;

/**
 * Children in pixels at a place of the plan.
 * @param {{x: number, y: number, scale: number, turn?: number, children?: any}} props  `y` downwards.
 */
export function At({ x, y, scale, turn = 0, children, ...rest }) {
  return html`<g transform="translate(${x} ${y}) scale(${1 / scale}) rotate(${turn})" ...${rest}>${children}</g>`;
}

/** @param {{atlas: Atlas, floor: number, scale: number}} props */
export function SectionNames({ atlas, floor, scale }) {
  const sections = useMemo(() => sectionsOn(atlas, floor), [atlas, floor]);
  return useMemo(
    () =>
      html`<g class="section-names">
        ${sections.map(({ section: { id, name }, box, lines, points }) => {
          const label = placeLabel(name, box, lines, points, scale);
          return (
            label &&
            html`<${At} key=${id} x=${label.x} y=${label.y} scale=${scale} turn=${label.turned ? -90 : 0}>
              ${label.lines.map((line, index) => html`<text key=${index} y=${(index - (label.lines.length - 1) / 2) * LINE_PX} dy="0.35em">${line}</text>`)}
            <//>`
          );
        })}
      </g>`,
    [sections, scale],
  );
}

/**
 * The sections of a floor, each with what its name should keep clear of.
 * @param {Atlas} atlas
 * @param {number} floor
 */
function sectionsOn(atlas, floor) {
  const ways = /** @type {Way[]} */ (atlas.ways.filter((way) => isOn(way, floor)));
  const doors = [...atlas.nodes.values()].filter(({ spot, kind }) => spot.floor === floor && (kind === "entrance" || kind === "checkout"));
  return (atlas.map.sections ?? [])
    .filter((section) => (section.floor ?? 0) === floor)
    .map((section) => {
      const [minX, maxX] = [Math.min(section.x1, section.x2), Math.max(section.x1, section.x2)];
      const [minY, maxY] = [-Math.max(section.y1, section.y2), -Math.min(section.y1, section.y2)];
      const near = (/** @type {number} */ x1, /** @type {number} */ y1, /** @type {number} */ x2, /** @type {number} */ y2) =>
        Math.min(x1, x2) < maxX + 1 && Math.max(x1, x2) > minX - 1 && Math.min(y1, y2) < maxY + 1 && Math.max(y1, y2) > minY - 1;
      return {
        section,
        box: { minX, minY, maxX, maxY },
        lines: ways.flatMap(({ a, b }) => (near(a.x, -a.y, b.x, -b.y) ? [[a.x, -a.y, b.x, -b.y]] : [])),
        points: doors.flatMap(({ spot: { x, y } }) => (near(x, -y, x, -y) ? [[x, -y]] : [])),
      };
    });
}

/** @param {{atlas: Atlas, floor: number, view: View, pane: Pane}} props */
export function LocationNames({ atlas, floor, view, pane }) {
  if (view.scale < NAMED_SCALE) return null;
  const [wide, high] = [pane.width / 2 / view.scale, pane.height / 2 / view.scale];
  const seen = [...atlas.locations.values()].filter(({ spot }) => spot.floor === floor && Math.abs(spot.x - view.x) < wide && Math.abs(-spot.y - view.y) < high);
  if (seen.length > NAMES_MAX) return null;
  return html`<g class="location-names">
    ${seen.map(({ id, spot }) => html`<${At} key=${id} x=${spot.x} y=${-spot.y} scale=${view.scale}><text x="9" dy="0.35em">${id}</text><//>`)}
  </g>`;
}

/**
 * The name of each aisle that is seen, once, where it is nearest to the middle.
 * @param {{atlas: Atlas, floor: number, view: View, pane: Pane}} props
 */
export function AisleNames({ atlas, floor, view, pane }) {
  if (view.scale < AISLES_SCALE) return null;
  const [wide, high] = [pane.width / 2 / view.scale, pane.height / 2 / view.scale];
  const named = atlas.aisles.flatMap(({ name, ways }) => {
    const half = (name.length * FONT_PX * 0.56) / 2 + 5;
    let [best, least] = [/** @type {{x: number, y: number} | null} */ (null), Infinity];
    for (const way of ways) {
      const [x, y] = [(way.a.x + way.b.x) / 2, -(way.a.y + way.b.y) / 2];
      const away = Math.hypot(x - view.x, y - view.y);
      if (away < least && isOn(way, floor) && Math.abs(x - view.x) < wide - half / view.scale && Math.abs(y - view.y) < high - 12 / view.scale) [best, least] = [{ x, y }, away];
    }
    return best ? [{ name, half, ...best }] : [];
  });
  if (named.length > NAMES_MAX) return null;
  return html`<g class="aisle-names">
    ${named.map(({ name, half, x, y }) => html`<${At} key=${name} x=${x} y=${y} scale=${view.scale}><rect x=${-half} y="-9" width=${2 * half} height="18" rx="4" /><text dy="0.36em">${name}</text><//>`)}
  </g>`;
}

/** @param {{atlas: Atlas, floor: number, scale: number}} props */
export function OneWayArrows({ atlas, floor, scale }) {
  return useMemo(() => {
    const ways = atlas.ways.filter((way) => way?.edge.one_way && isOn(way, floor) && Math.hypot(way.b.x - way.a.x, way.b.y - way.a.y) * scale > ARROW_ROOM_PX);
    if (ways.length > ARROWS_MAX) return null;
    return html`<g class="one-way-arrows">
      ${/** @type {Way[]} */ (ways).map(
        ({ index, a, b }) => html`<${At} key=${index} x=${(a.x + b.x) / 2} y=${-(a.y + b.y) / 2} scale=${scale} turn=${(Math.atan2(a.y - b.y, b.x - a.x) * 180) / Math.PI}>
          <path d="M-2.5 -4L2.5 0L-2.5 4" />
        <//>`,
      )}
    </g>`;
  }, [atlas, floor, scale]);
}

/** Where one comes in, pays, and changes floors. @param {{atlas: Atlas, floor: number, scale: number}} props */
export function Doors({ atlas, floor, scale }) {
  return useMemo(() => {
    const here = [...atlas.nodes.values()].filter(({ spot, kind }) => spot.floor === floor && (kind === "entrance" || kind === "checkout"));
    const climbs = atlas.ways.filter((way) => way && way.a.floor !== way.b.floor && (way.a.floor === floor || way.b.floor === floor));
    return html`<g class="doors">
      ${here.map(
        ({ id, kind, spot }) => html`<${At} key=${id} class=${kind} x=${spot.x} y=${-spot.y} scale=${scale}>
          ${kind === "entrance" ? html`<circle r="6" /><path d="M-2.5 0h5M0.5 -2.2L2.7 0L0.5 2.2" />` : html`<rect x="-5.5" y="-5.5" width="11" height="11" rx="2.5" /><path d="M-2.4 0.2l1.7 1.7L2.5 -1.9" />`}
        <//>`,
      )}
      ${/** @type {Way[]} */ (climbs).map((way) => {
        const [here, there] = way.a.floor === floor ? [way.a, way.b] : [way.b, way.a];
        return html`<${At} key="climb-${way.index}" class="climb" x=${here.x} y=${-here.y} scale=${scale}>
          <rect x="-7" y="-7" width="14" height="14" rx="3" />
          <path d=${there.floor > here.floor ? "M0 3.5V-3M-2.8 -0.4L0 -3.2L2.8 -0.4" : "M0 -3.5V3M-2.8 0.4L0 3.2L2.8 0.4"} />
        <//>`;
      })}
    </g>`;
  }, [atlas, floor, scale]);
}

/**
 * The ways of an aisle.
 * @param {{aisle?: Aisle | null, floor: number, scale: number, kind: "pointed" | "chosen"}} props
 */
export function AisleMark({ aisle, floor, scale, kind }) {
  if (!aisle) return null;
  const ends = aisle.ways.flatMap(({ a, b }) => (a.floor === b.floor ? [] : [a, b].filter((end) => end.floor === floor)));
  return html`<g class="aisle-mark" data-kind=${kind}>
    ${aisle.ways.filter((way) => isOn(way, floor)).map((way) => html`<${Line} key=${way.index} a=${way.a} b=${way.b} />`)}
    ${ends.map(({ x, y }, index) => html`<${At} key="end-${index}" x=${x} y=${-y} scale=${scale}><circle r="12" /><//>`)}
  </g>`;
}

/** @param {{atlas: Atlas, blocked: Map<number, Closure>, floor: number, scale: number}} props */
export function BlockedWays({ atlas, blocked, floor, scale }) {
  /** @type {Map<number, Way[]>} */
  const byClosure = new Map();
  for (const [index, { id }] of blocked) {
    const way = atlas.ways[index];
    if (way && isOn(way, floor)) byClosure.set(id, [...(byClosure.get(id) ?? []), way]);
  }
  return html`<g class="blocked-ways">
    ${[...byClosure].map(([id, ways]) => {
      const { a, b } = ways[Math.floor(ways.length / 2)];
      return html`<g key=${id}>
        ${ways.map((way) => html`<${Line} key=${way.index} a=${way.a} b=${way.b} />`)}
        <${At} x=${(a.x + b.x) / 2} y=${-(a.y + b.y) / 2} scale=${scale}><circle r="9" /><path d="M-4.5 0h9" /><//>
      </g>`;
    })}
  </g>`;
}

/** A place that is spoken of. @param {{found: {spot: Spot, to?: Spot} | null, floor: number, scale: number}} props */
export function FoundMark({ found, floor, scale }) {
  if (!found) return null;
  const ends = [found.spot, ...(found.to ? [found.to] : [])].filter((spot) => spot.floor === floor);
  return html`<g class="found-mark">
    ${ends.length === 2 && html`<${Line} a=${ends[0]} b=${ends[1]} />`}
    ${ends.map(({ x, y }, index) => html`<${At} key=${index} x=${x} y=${-y} scale=${scale}><circle r="11" /><circle class="dot" r="3" /><//>`)}
  </g>`;
}

/** @param {{a: {x: number, y: number}, b: {x: number, y: number}}} props */
function Line({ a, b }) {
  return html`<line x1=${a.x} y1=${-a.y} x2=${b.x} y2=${-b.y} />`;
}
