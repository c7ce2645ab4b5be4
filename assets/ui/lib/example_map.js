// A small shop to begin with: one door, four aisles between two cross aisles, two checkouts. Pure.

/** @import { MapEdge, MapLocation, MapNode, MapSection, StoreMap } from "./types.js" */

const SECTIONS = ["Fruit and vegetables", "Bakery", "Dairy", "Household"];
const FIRST_M = 3;
const APART_M = 4;
const FRONT_M = 4;
const BACK_M = 14;
const SHELVES = 4;

/** @returns {StoreMap} */
export function exampleMap() {
  /** @type {MapNode[]} */
  const nodes = [{ id: "door", x: FIRST_M, y: 0, floor: 0, kind: "entrance" }];
  /** @type {MapEdge[]} */
  const edges = [];
  /** @type {MapSection[]} */
  const sections = [];
  /** @type {MapLocation[]} */
  const locations = [];
  SECTIONS.forEach((name, index) => {
    const x = FIRST_M + index * APART_M;
    const aisle = `A${index + 1}`;
    const [front, back] = [`front${index + 1}`, `back${index + 1}`];
    nodes.push({ id: front, x, y: FRONT_M, floor: 0, kind: "junction" }, { id: back, x, y: BACK_M, floor: 0, kind: "junction" });
    edges.push({ from: front, to: back, aisle, width_m: 1.8 });
    if (index > 0) {
      edges.push({ from: `front${index}`, to: front, aisle: "Front", width_m: 2.4 }, { from: `back${index}`, to: back, aisle: "Back", width_m: 2.4 });
    }
    sections.push({ id: `s${index + 1}`, name, floor: 0, x1: x - 1.6, y1: FRONT_M + 1.5, x2: x + 1.6, y2: BACK_M - 1.5 });
    for (let shelf = 1; shelf <= SHELVES; shelf += 1) {
      locations.push({ id: `${aisle}-0${shelf}`, from: front, to: back, offset: shelf * 2 });
    }
  });
  edges.push({ from: "door", to: "front1", one_way: true, aisle: "Entrance", width_m: 2.4 });
  for (const number of [3, 4]) {
    const till = `till${number - 2}`;
    nodes.push({ id: till, x: FIRST_M + (number - 1) * APART_M, y: 1, floor: 0, kind: "checkout" });
    edges.push({ from: `front${number}`, to: till, aisle: `Checkout ${number - 2}`, width_m: 1 });
  }
  return { name: "Corner shop", unit: "m", nodes, edges, sections, locations };
}
