// The store map as the screens need it: aisles made of ways, where each place is, what is near a
// point, and what another map would change. Pure.

import { counted, metres } from "./format.js";

/** @import { Closure, MapEdge, StoreMap } from "./types.js" */

/** @typedef {{x: number, y: number, floor: number}} Spot  Metres, `y` upwards. */

/**
 * A way with its ends.
 * @typedef {object} Way
 * @property {number} index  In the map's edges.
 * @property {MapEdge} edge
 * @property {Spot} a
 * @property {Spot} b
 * @property {number} length
 */

/**
 * @typedef {object} Aisle
 * @property {string} name
 * @property {Way[]} ways
 * @property {number[]} floors
 * @property {number} length
 * @property {number} oneWay  How many of its ways are.
 * @property {number} closed
 * @property {string[]} hours
 * @property {number | null} width  The narrowest, in metres.
 * @property {string[]} locations  What stands in it.
 */

/**
 * @typedef {object} Place
 * @property {"node" | "location"} type
 * @property {string} id
 * @property {Spot} spot
 * @property {string} kind  Of a node.
 */

/**
 * A map and what can be looked up in it.
 * @typedef {object} Atlas
 * @property {StoreMap} map
 * @property {number[]} floors
 * @property {(Way | null)[]} ways  By the position of their edge; `null` where an end is missing.
 * @property {Aisle[]} aisles  In the order of their names.
 * @property {Map<string, Aisle>} aisleByName
 * @property {Map<string, Place>} nodes
 * @property {Map<string, Place>} locations
 */

const NEARER_M = 0.01;
const byName = new Intl.Collator(undefined, { numeric: true }).compare;

/**
 * @param {StoreMap} map
 * @returns {Atlas}
 */
export function atlasOf(map) {
  /** @type {Map<string, Place>} */
  const nodes = new Map();
  for (const { id, x, y, floor = 0, kind = "junction" } of map.nodes) nodes.set(id, { type: "node", id, kind, spot: { x, y, floor } });

  /** @type {Map<string, Way>} */
  const wayByEnds = new Map();
  const ways = map.edges.map((edge, index) => {
    const [a, b] = [nodes.get(edge.from)?.spot, nodes.get(edge.to)?.spot];
    if (!a || !b) return null;
    const way = { index, edge, a, b, length: edge.length ?? Math.hypot(b.x - a.x, b.y - a.y) };
    if (!wayByEnds.has(endsKey(edge.from, edge.to))) wayByEnds.set(endsKey(edge.from, edge.to), way);
    return way;
  });

  /** @type {Map<string, Aisle>} */
  const aisleByName = new Map();
  for (const way of ways) if (way?.edge.aisle) addTo(aisleByName, way.edge.aisle, way);

  /** @type {Map<string, Place>} */
  const locations = new Map();
  /** @type {Map<string, string>} */
  const aisleOfNode = new Map();
  for (const way of ways) {
    if (!way?.edge.aisle) continue;
    for (const node of [way.edge.from, way.edge.to]) if (!aisleOfNode.has(node)) aisleOfNode.set(node, way.edge.aisle);
  }
  for (const location of map.locations ?? []) {
    const found = spotOf(location, nodes, wayByEnds);
    if (!found) continue;
    locations.set(location.id, { type: "location", id: location.id, kind: "", spot: found.spot });
    const aisle = found.way ? found.way.edge.aisle : aisleOfNode.get(location.node ?? "");
    if (aisle) aisleByName.get(aisle)?.locations.push(location.id);
  }

  const floors = [...new Set([...map.nodes.map(({ floor = 0 }) => floor), ...(map.sections ?? []).map(({ floor = 0 }) => floor)])].sort((a, b) => a - b);
  const aisles = [...aisleByName.values()].sort((a, b) => byName(a.name, b.name));
  for (const aisle of aisles) aisle.locations.sort(byName);
  return { map, floors: floors.length ? floors : [0], ways, aisles, aisleByName, nodes, locations };
}

/**
 * @param {Map<string, Aisle>} aisles
 * @param {string} name
 * @param {Way} way
 */
function addTo(aisles, name, way) {
  const aisle = aisles.get(name) ?? { name, ways: [], floors: [], length: 0, oneWay: 0, closed: 0, hours: [], width: null, locations: [] };
  const { edge } = way;
  aisle.ways.push(way);
  aisle.length += way.length;
  for (const { floor } of [way.a, way.b]) if (!aisle.floors.includes(floor)) aisle.floors.push(floor);
  if (edge.one_way) aisle.oneWay += 1;
  if (edge.closed) aisle.closed += 1;
  if (edge.hours && !aisle.hours.includes(edge.hours)) aisle.hours.push(edge.hours);
  if (typeof edge.width_m === "number") aisle.width = Math.min(aisle.width ?? Infinity, edge.width_m);
  aisles.set(name, aisle);
}

/**
 * The aisle that a way is part of, or the way as one of its own.
 * @param {Atlas} atlas
 * @param {Way | null} way
 * @returns {Aisle | null}
 */
export function aisleOf(atlas, way) {
  if (!way) return null;
  const named = atlas.aisleByName.get(way.edge.aisle ?? "");
  if (named) return named;
  /** @type {Map<string, Aisle>} */
  const alone = new Map();
  addTo(alone, wayName(way), way);
  return alone.get(wayName(way)) ?? null;
}

/** @param {Way} way */
export function wayName({ edge }) {
  return `${edge.from} – ${edge.to}`;
}

/**
 * @param {Atlas} atlas
 * @param {string} from
 * @param {string} to
 */
export function wayBetween(atlas, from, to) {
  return atlas.ways.find((way) => way?.edge.from === from && way.edge.to === to) ?? null;
}

/**
 * @param {import("./types.js").MapLocation} location
 * @param {Map<string, Place>} nodes
 * @param {Map<string, Way>} wayByEnds
 * @returns {{spot: Spot, way?: Way} | null}
 */
function spotOf(location, nodes, wayByEnds) {
  if (location.node) {
    const node = nodes.get(location.node);
    return node ? { spot: node.spot } : null;
  }
  const way = wayByEnds.get(endsKey(location.from ?? "", location.to ?? ""));
  if (!way) return null;
  const share = way.length > 0 ? Math.min(1, Math.max(0, (location.offset ?? 0) / way.length)) : 0;
  const [a, b] = way.edge.from === location.from ? [way.a, way.b] : [way.b, way.a];
  return { spot: { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share, floor: share < 0.5 ? a.floor : b.floor }, way };
}

/**
 * @param {string} from
 * @param {string} to
 */
function endsKey(from, to) {
  return from < to ? `${from}\n${to}` : `${to}\n${from}`;
}

/** Whether both ends are on the floor. @param {Way | null} way @param {number} floor */
export function isOn(way, floor) {
  return way !== null && way.a.floor === floor && way.b.floor === floor;
}

/**
 * @param {Atlas} atlas
 * @param {string} id
 */
export function nodeName(atlas, id) {
  const kind = atlas.nodes.get(id)?.kind;
  return kind === "entrance" ? `Entrance ${id}` : kind === "checkout" ? `Checkout ${id}` : id;
}

/** @param {number} floor */
export function floorName(floor) {
  return floor === 0 ? "Ground floor" : floor > 0 ? `Floor ${floor}` : floor === -1 ? "Basement" : `Basement ${-floor}`;
}

/**
 * The ways that are blocked.
 * @param {Atlas} atlas
 * @param {Closure[]} closures
 * @returns {Map<number, Closure>} By the position of their edge.
 */
export function blockedWays(atlas, closures) {
  /** @type {Map<number, Closure>} */
  const blocked = new Map();
  for (const closure of closures) {
    if (closure.aisle) for (const { index } of atlas.aisleByName.get(closure.aisle)?.ways ?? []) blocked.set(index, closure);
    else if (closure.from && closure.to) {
      const key = endsKey(closure.from, closure.to);
      for (const way of atlas.ways) if (way && endsKey(way.edge.from, way.edge.to) === key) blocked.set(way.index, closure);
    }
  }
  return blocked;
}

/** @param {Closure} closure */
export function closureName({ aisle, from, to }) {
  return aisle ?? `${from} – ${to}`;
}

/**
 * Where a way is nearest to a point, and how far that is.
 * @param {{x: number, y: number}} point
 * @param {Way} way
 */
export function nearestOn(point, { a, b }) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const square = dx * dx + dy * dy;
  const share = square > 0 ? Math.min(1, Math.max(0, ((point.x - a.x) * dx + (point.y - a.y) * dy) / square)) : 0;
  const [x, y] = [a.x + dx * share, a.y + dy * share];
  return { x, y, distance: Math.hypot(point.x - x, point.y - y) };
}

/**
 * @param {Atlas} atlas
 * @param {Spot} spot
 * @param {number} within  Metres.
 * @returns {Way | null}
 */
export function nearestWay(atlas, spot, within) {
  let [best, reach] = [/** @type {Way | null} */ (null), within];
  for (const way of atlas.ways) {
    if (way === null) continue;
    const distance = isOn(way, spot.floor) ? nearestOn(spot, way).distance : toClimb(way, spot);
    if (distance < reach) [best, reach] = [way, distance];
  }
  return best;
}

/**
 * How far a lift or stairs are: whoever points beside their sign means them, and not the ways that
 * lead there.
 * @param {Way} way
 * @param {Spot} spot
 */
function toClimb({ a, b }, { x, y, floor }) {
  const end = a.floor === floor ? a : b.floor === floor ? b : null;
  return end ? Math.hypot(end.x - x, end.y - y) / 2 - NEARER_M : Infinity;
}

/**
 * The place that somebody means who points there: a location, an entrance, a checkout or a shelf.
 * @param {Atlas} atlas
 * @param {Spot} spot
 * @param {number} within  Metres.
 * @returns {Place | null}
 */
export function nearestPlace(atlas, spot, within) {
  let [best, reach] = [/** @type {Place | null} */ (null), within];
  for (const places of [atlas.nodes, atlas.locations]) {
    for (const place of places.values()) {
      if (place.spot.floor !== spot.floor || place.kind === "junction") continue;
      const distance = Math.hypot(place.spot.x - spot.x, place.spot.y - spot.y);
      if (distance < reach) [best, reach] = [place, distance];
    }
  }
  return best;
}

/**
 * What is known of an aisle, in short words.
 * @param {Aisle} aisle
 * @returns {string[]}
 */
export function aisleFacts({ ways, length, oneWay, closed, hours, width }) {
  const facts = [metres(length)];
  if (oneWay) facts.push(oneWay === ways.length ? "one-way" : "partly one-way");
  if (closed) facts.push(closed === ways.length ? "closed in the map" : "partly closed in the map");
  if (hours.length) facts.push(`open ${hours.map((each) => each.replace("-", "–")).join(", ")}`);
  if (width !== null && Number.isFinite(width)) facts.push(`${metres(width)} wide`);
  return facts;
}

/**
 * The place that a finding is about.
 * @param {Atlas} atlas
 * @param {string} at  E.g. `locations[3]`, `edges[12].length`, `nodes[0]`.
 * @returns {{spot: Spot, to?: Spot, name: string} | null}
 */
export function locate(atlas, at) {
  const [, list, position] = /^(nodes|edges|sections|locations)\[(\d+)\]/.exec(at) ?? [];
  if (!list) return null;
  const index = Number(position);
  if (list === "edges") {
    const way = atlas.ways[index];
    return way ? { spot: way.a, to: way.b, name: wayName(way) } : null;
  }
  if (list === "sections") {
    const section = atlas.map.sections?.[index];
    if (!section) return null;
    const floor = section.floor ?? 0;
    return { spot: { x: section.x1, y: section.y1, floor }, to: { x: section.x2, y: section.y2, floor }, name: section.name };
  }
  const id = /** @type {{id: string}[]} */ (atlas.map[/** @type {"nodes" | "locations"} */ (list)] ?? [])[index]?.id;
  const place = id === undefined ? undefined : atlas[/** @type {"nodes" | "locations"} */ (list)].get(id);
  return place ? { spot: place.spot, name: place.id } : null;
}

/** @typedef {{label: string, added: string[], removed: string[], changed: string[]}} Change */

/**
 * What comes, goes and changes when one map takes the place of another.
 * @param {StoreMap} before
 * @param {StoreMap} after
 * @returns {Change[]}  Of nodes, ways, sections and locations, those that differ.
 */
export function changesOf(before, after) {
  const edgeName = (/** @type {MapEdge} */ { from, to }) => `${from} – ${to}`;
  const lists = [
    compare("Nodes", before.nodes, after.nodes, ({ id }) => id, ({ x, y, floor = 0, kind = "junction" }) => [x, y, floor, kind]),
    compare("Ways", before.edges, after.edges, edgeName, ({ length, one_way, closed, aisle, kind = "walk", seconds, width_m, hours }) => [
      length ?? null,
      one_way ?? false,
      closed ?? false,
      aisle ?? null,
      kind,
      seconds ?? null,
      width_m ?? null,
      hours ?? null,
    ]),
    compare("Sections", before.sections ?? [], after.sections ?? [], ({ id }) => id, ({ name, floor = 0, x1, y1, x2, y2 }) => [name, floor, x1, y1, x2, y2]),
    compare("Locations", before.locations ?? [], after.locations ?? [], ({ id }) => id, ({ node, from, to, offset, side }) => [node ?? null, from ?? null, to ?? null, offset ?? null, side ?? null]),
  ];
  return lists.filter(({ added, removed, changed }) => added.length + removed.length + changed.length > 0);
}

/**
 * @template T
 * @param {string} label
 * @param {T[]} before
 * @param {T[]} after
 * @param {(each: T) => string} nameOf
 * @param {(each: T) => unknown[]} valuesOf
 * @returns {Change}
 */
function compare(label, before, after, nameOf, valuesOf) {
  const [was, is] = [before, after].map((list) => new Map(list.map((each) => [nameOf(each), JSON.stringify(valuesOf(each))])));
  return {
    label,
    added: [...is.keys()].filter((name) => !was.has(name)),
    removed: [...was.keys()].filter((name) => !is.has(name)),
    changed: [...is].filter(([name, values]) => was.has(name) && was.get(name) !== values).map(([name]) => name),
  };
}

/** @param {Pick<import("./types.js").MapReport, "nodes" | "edges" | "sections" | "locations">} counts */
export function mapWords({ nodes, edges, sections, locations }) {
  return [counted(nodes, "node"), counted(edges, "way"), counted(sections, "section"), counted(locations, "location")].join(", ");
}
