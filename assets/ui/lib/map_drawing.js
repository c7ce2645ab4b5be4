// The plan of a map that the appliance does not have yet, with the classes of its own pictures.

import { boundsOf } from "./map_view.js";
import { isOn } from "./store_map.js";

/** @import { Atlas } from "./store_map.js" */
/** @import { Bounds } from "./map_view.js" */
/** @import { Shape } from "./picture.js" */

const LOCATION_M = 0.18;
const NODE_M = 0.3;

/**
 * Where a floor's nodes and sections are.
 * @param {Atlas} atlas
 * @param {number} floor
 * @returns {Bounds} In the coordinates of a picture: `y` downwards.
 */
export function floorBounds(atlas, floor) {
  const nodes = [...atlas.nodes.values()].filter(({ spot }) => spot.floor === floor);
  const corners = sectionsOf(atlas, floor).flatMap(({ x1, y1, x2, y2 }) => [{ x: x1, y: -y1 }, { x: x2, y: -y2 }]);
  return boundsOf([...nodes.map(({ spot: { x, y } }) => ({ x, y: -y })), ...corners]);
}

/**
 * @param {Atlas} atlas
 * @param {number} floor
 */
function sectionsOf(atlas, floor) {
  return (atlas.map.sections ?? []).filter((section) => (section.floor ?? 0) === floor);
}

/**
 * @param {Atlas} atlas
 * @param {number} floor
 * @returns {Shape}
 */
export function drawing(atlas, floor) {
  const nodes = [...atlas.nodes.values()].filter(({ spot }) => spot.floor === floor);
  const { minX, minY, maxX, maxY } = floorBounds(atlas, floor);
  return shape(
    "svg",
    { viewBox: [minX, minY, maxX - minX, maxY - minY].map(short).join(" "), "data-floor": String(floor) },
    [
      shape("g", { class: "sections" }, sectionsOf(atlas, floor).map(sectionShape)),
      shape("g", { class: "edges" }, atlas.ways.flatMap((way) => (way && isOn(way, floor) ? [wayShape(way)] : []))),
      shape("g", { class: "nodes" }, nodes.map(({ id, kind, spot }) => dot(spot, NODE_M, { class: `node ${kind}`, "data-node": id }))),
      shape("g", { class: "locations" }, [...atlas.locations.values()].filter(({ spot }) => spot.floor === floor).map(({ id, spot }) => dot(spot, LOCATION_M, { class: "location", "data-location": id }))),
    ],
  );
}

/** @param {import("./types.js").MapSection} section */
function sectionShape({ id, x1, y1, x2, y2 }) {
  return shape("rect", {
    class: "section",
    "data-section": id,
    x: short(Math.min(x1, x2)),
    y: short(-Math.max(y1, y2)),
    width: short(Math.abs(x2 - x1)),
    height: short(Math.abs(y2 - y1)),
  });
}

/** @param {import("./store_map.js").Way} way */
function wayShape({ index, edge, a, b }) {
  const kinds = ["edge", edge.one_way && "one-way", edge.closed && "closed", edge.kind && edge.kind !== "walk" && edge.kind];
  return shape("line", {
    class: kinds.filter(Boolean).join(" "),
    "data-edge": String(index),
    ...(edge.aisle ? { "data-aisle": edge.aisle } : {}),
    x1: short(a.x),
    y1: short(-a.y),
    x2: short(b.x),
    y2: short(-b.y),
  });
}

/**
 * @param {{x: number, y: number}} spot
 * @param {number} r
 * @param {Record<string, string>} attributes
 */
function dot({ x, y }, r, attributes) {
  return shape("circle", { ...attributes, cx: short(x), cy: short(-y), r: String(r) });
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {Shape[]} [children]
 * @returns {Shape}
 */
function shape(name, attributes, children = []) {
  return { name, attributes, children };
}

/** @param {number} value */
function short(value) {
  return String(Number(value.toFixed(3)));
}
