// What can be said about the store map's screens without a browser: `node --test tests/browser/`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { closureRequest, closureWords } from "../../assets/ui/lib/closures.js";
import { exampleMap } from "../../assets/ui/lib/example_map.js";
import { drawing, floorBounds } from "../../assets/ui/lib/map_drawing.js";
import { byLevel, findingProduct, findingWords, isUsable } from "../../assets/ui/lib/map_findings.js";
import { placeLabel } from "../../assets/ui/lib/map_labels.js";
import { fit, pan, pointAt, viewBox, zoom } from "../../assets/ui/lib/map_view.js";
import { floorOf, knownShape } from "../../assets/ui/lib/picture.js";
import { aisleOf, atlasOf, blockedWays, changesOf, locate, nearestPlace, nearestWay } from "../../assets/ui/lib/store_map.js";
import { apart, arrowsAlong, displayLines, marksOf, numbersText, planOf, pointToken, proofOf, queryOf, reasonAfter, sentenceAfter, stretchesOn, tookWords, walkRequest } from "../../assets/ui/lib/walk.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element as a parser of documents gives it. */
function element(localName, attributes = {}, childNodes = [], namespaceURI = SVG) {
  return { nodeType: 1, localName, namespaceURI, attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })), childNodes };
}
const text = (nodeValue) => ({ nodeType: 3, nodeValue });

const PANE = { width: 400, height: 300 };
const BOUNDS = { minX: 0, minY: -20, maxX: 40, maxY: 0 };

test("of a picture only known shapes and attributes are kept", () => {
  const kept = knownShape(
    element("svg", { viewBox: "0 0 1 1", onload: "alert(1)", style: "color:red" }, [
      element("script", {}, [text("alert(1)")]),
      element("style", {}, [text("*{display:none}")]),
      element("foreignObject", {}, [element("div", {}, [], "http://www.w3.org/1999/xhtml")]),
      element("a", { href: "javascript:alert(1)" }, [text("A1")]),
      element("image", { href: "https://elsewhere.example/x.png" }),
      element("use", { "xlink:href": "#x" }),
      element("g", { class: "edges" }, [
        element("path", { d: "M0 0L1 1", class: "edge", "data-edge": "3", fill: "url(https://elsewhere.example/#a)", onclick: "alert(1)" }, [element("title", {}, [text("<b>A1</b>")])]),
        element("circle", { r: "1" }, [], "http://www.w3.org/1999/xhtml"),
      ]),
    ]),
  );
  assert.deepEqual(kept, {
    name: "svg",
    attributes: { viewBox: "0 0 1 1" },
    children: [{ name: "g", attributes: { class: "edges" }, children: [{ name: "path", attributes: { d: "M0 0L1 1", class: "edge", "data-edge": "3" }, children: [{ name: "title", attributes: {}, children: ["<b>A1</b>"] }] }] }],
  });
  assert.equal(knownShape(element("html", {}, [], "http://www.w3.org/1999/xhtml")), null);
});

test("a picture that is too large or too deep is cut, not followed", () => {
  let deep = element("g");
  for (let level = 0; level < 100; level += 1) deep = element("g", {}, [deep]);
  const depthOf = (shape) => 1 + Math.max(0, ...shape.children.map(depthOf));
  assert.ok(depthOf(knownShape(deep)) < 20);
  const wide = knownShape(element("svg", {}, Array.from({ length: 70_000 }, () => element("circle"))));
  assert.ok(wide.children.length < 60_000);
});

test("of a sheet the floor is taken, without its frame and its names", () => {
  const group = (name, children = []) => ({ name: "g", attributes: { class: name }, children });
  const sheet = { name: "svg", attributes: {}, children: [group("caption"), group("floor", [group("sections"), group("edges"), group("section-names"), group("nodes"), group("walk")]), group("legend")] };
  assert.deepEqual(floorOf(sheet).children.map(({ attributes }) => attributes.class), ["sections", "edges", "nodes"]);
});

test("a map is looked up by aisle, place and point", () => {
  const atlas = atlasOf(exampleMap());
  assert.deepEqual(atlas.floors, [0]);
  const aisle = atlas.aisleByName.get("A2");
  assert.equal(aisle.length, 10);
  assert.equal(aisle.width, 1.8);
  assert.deepEqual(aisle.locations, ["A2-01", "A2-02", "A2-03", "A2-04"]);
  assert.deepEqual(atlas.locations.get("A2-02").spot, { x: 7, y: 8, floor: 0 });
  assert.equal(aisleOf(atlas, nearestWay(atlas, { x: 7.2, y: 9, floor: 0 }, 1)).name, "A2");
  assert.equal(nearestWay(atlas, { x: 7.2, y: 9, floor: 1 }, 1), null, "on another floor");
  assert.equal(nearestWay(atlas, { x: 9, y: 9, floor: 0 }, 1), null, "too far");
  assert.equal(nearestPlace(atlas, { x: 3.2, y: 0.1, floor: 0 }, 1).id, "door");
  assert.equal(nearestPlace(atlas, { x: 3, y: 4, floor: 0 }, 0.5), null, "a junction is no place to shop");
});

test("a location beyond its way, a missing node and a way without length break nothing", () => {
  const atlas = atlasOf({
    name: "Odd",
    nodes: [{ id: "a", x: 0, y: 0 }, { id: "b", x: 4, y: 0 }, { id: "c", x: 4, y: 0, floor: 2 }],
    edges: [{ from: "a", to: "b", length: 8 }, { from: "a", to: "nowhere" }, { from: "b", to: "b" }, { from: "b", to: "c", kind: "lift" }],
    locations: [{ id: "half", from: "b", to: "a", offset: 4 }, { id: "far", from: "a", to: "b", offset: 99 }, { id: "lost", node: "nowhere" }],
  });
  assert.deepEqual(atlas.floors, [0, 2]);
  assert.equal(atlas.ways[1], null);
  assert.equal(atlas.locations.get("half").spot.x, 2);
  assert.equal(atlas.locations.get("far").spot.x, 4);
  assert.equal(atlas.locations.has("lost"), false);
  assert.equal(aisleOf(atlas, atlas.ways[0]).name, "a – b");
  assert.equal(atlasOf({ name: "Empty", nodes: [], edges: [] }).floors.length, 1);
});

test("a closure bars an aisle, or one way in both directions", () => {
  const atlas = atlasOf(exampleMap());
  const closure = { id: 1, aisle: null, from: null, to: null, reason: "spill", until: null };
  assert.equal(blockedWays(atlas, [{ ...closure, aisle: "Front" }]).size, 3);
  assert.equal(blockedWays(atlas, [{ ...closure, from: "back1", to: "front1" }]).size, 1);
  assert.equal(blockedWays(atlas, [{ ...closure, aisle: "gone" }]).size, 0);
});

test("a report says until when on the store's clock", () => {
  const now = Date.parse("2026-11-20T17:00:00Z");
  const wish = { what: { aisle: "A3" }, reason: " spill ", duration: "now", until: "" };
  assert.deepEqual(closureRequest(wish, "Europe/Vienna", now), { body: { aisle: "A3", reason: "spill" } });
  assert.equal(closureRequest({ ...wish, duration: "today" }, "Europe/Vienna", now).body.until, "2026-11-20T22:59:00.000Z");
  assert.equal(closureRequest({ ...wish, duration: "until", until: "2026-11-21T08:30" }, "Europe/Vienna", now).body.until, "2026-11-21T07:30:00.000Z");
  assert.ok(closureRequest({ ...wish, duration: "until", until: "" }, "Europe/Vienna", now).error);
  assert.ok(closureRequest({ ...wish, duration: "until", until: "2026-11-20T08:30" }, "Europe/Vienna", now).error);
  assert.equal("reason" in closureRequest({ ...wish, reason: "  " }, "UTC", now).body, false);
  assert.equal(closureWords({ reason: null, until: null }), "until somebody clears it");
});

test("what a finding is about is found on the plan", () => {
  const atlas = atlasOf(exampleMap());
  assert.equal(locate(atlas, "locations[0]").name, "A1-01");
  assert.deepEqual(locate(atlas, "nodes[0]").spot, { x: 3, y: 0, floor: 0 });
  assert.deepEqual(locate(atlas, "edges[0].length").to, { x: 3, y: 14, floor: 0 });
  assert.equal(locate(atlas, "sections[1]").name, "Bakery");
  for (const at of ["locations[99]", "products/3", "nodes", "", "constructor[0]"]) assert.equal(locate(atlas, at), null, at);
});

test("findings stand by gravity and kind", () => {
  const findings = [
    { level: "note", code: "lonely-node", at: "nodes[1]", message: "" },
    { level: "error", code: "invalid-map", at: "edges[0]", message: "" },
    { level: "warning", code: "product-nowhere", at: "products/31", message: "" },
    { level: "warning", code: "product-nowhere", at: "products/32", message: "" },
  ];
  const report = { findings, errors: 1, warnings: 70, notes: 1 };
  assert.deepEqual(byLevel(report).map(({ level, many, kinds }) => [level, many, kinds[0].findings.length]), [["error", 1, 1], ["warning", 70, 2], ["note", 1, 1]]);
  assert.equal(findingWords(report), "1 error, 70 warnings, 1 note");
  assert.equal(findingWords({ findings: [], errors: 0, warnings: 0, notes: 0 }), "No findings");
  assert.equal(findingProduct(findings[2]), 31);
  assert.equal(findingProduct(findings[0]), null);
  assert.equal(isUsable({ findings, map: exampleMap() }), false);
  assert.equal(isUsable({ findings: findings.slice(2), map: exampleMap() }), true);
  assert.equal(isUsable({ findings: [], map: null }), false);
});

test("another map is compared by names, whatever is left out as usual", () => {
  const before = exampleMap();
  const after = structuredClone(before);
  delete after.nodes[0].floor;
  for (const edge of after.edges) edge.closed = false;
  assert.deepEqual(changesOf(before, after), []);
  after.nodes[1].x += 1;
  after.locations.pop();
  after.sections.push({ id: "new", name: "New", x1: 0, y1: 0, x2: 1, y2: 1 });
  assert.deepEqual(changesOf(before, after), [
    { label: "Nodes", added: [], removed: [], changed: ["front1"] },
    { label: "Sections", added: ["new"], removed: [], changed: [] },
    { label: "Locations", added: [], removed: ["A4-04"], changed: [] },
  ]);
});

test("a plan is drawn floor by floor", () => {
  const atlas = atlasOf(exampleMap());
  const { attributes, children } = drawing(atlas, 0);
  assert.equal(attributes.viewBox, "1.4 -14 15.2 14");
  assert.deepEqual(floorBounds(atlas, 0), { minX: 1.4, minY: -14, maxX: 16.6, maxY: -0 });
  assert.deepEqual(children.map((group) => [group.attributes.class, group.children.length]), [["sections", 4], ["edges", 13], ["nodes", 11], ["locations", 16]]);
  assert.ok(drawing(atlas, 7).children.every((group) => group.children.length === 0));
});

test("zooming keeps the point below the pointer, panning stays on the plan", () => {
  const whole = fit(BOUNDS, PANE);
  assert.equal(whole.scale, 9);
  const at = { x: 100, y: 80 };
  const before = pointAt(whole, PANE, at);
  const near = zoom(whole, 2, PANE, BOUNDS, at);
  const after = pointAt(near, PANE, at);
  assert.ok(Math.hypot(before.x - after.x, before.y - after.y) < 1e-9);
  assert.equal(pan(near, 1e6, 0, BOUNDS).x, 0);
  assert.ok(zoom(whole, 1e9, PANE, BOUNDS).scale <= 160);
  assert.ok(zoom(whole, 1e-9, PANE, BOUNDS).scale >= whole.scale * 0.69);
  assert.equal(viewBox(whole, PANE).split(" ").length, 4);
  assert.ok(fit({ minX: 3, minY: 3, maxX: 3, maxY: 3 }, PANE).scale > 0, "a single point");
});

test("the name of a section stands clear of the way through it", () => {
  const box = { minX: 0, minY: 0, maxX: 3, maxY: 9 };
  const way = [[1.5, -1, 1.5, 10]];
  const free = placeLabel("Breakfast", box, [], [], 20);
  assert.deepEqual([free.x, free.y, free.turned], [1.5, 4.5, false]);
  const beside = placeLabel("Breakfast", box, way, [], 14);
  assert.equal(beside.turned, true);
  assert.ok(Math.abs(beside.x - 1.5) > 0.5);
  assert.equal(placeLabel("Breakfast", box, way, [], 3), null, "no room at all");
  assert.deepEqual(placeLabel("Fruit and vegetables", { ...box, maxX: 6 }, [], [], 14).lines, ["Fruit and", "vegetables"]);
});

test("a walk is in the address, and the request is what the address says", () => {
  const plan = { start: "n:in1", stops: ["p:12", "l:A3-07", "x:1.5:-2:1"], back: true, groups: true, wide: true, at: "2026-11-20T12:00:00Z" };
  assert.deepEqual(planOf(queryOf(plan)), plan);
  assert.deepEqual(walkRequest(plan), {
    start: "in1",
    stops: [{ product_id: 12 }, { location: "A3-07" }, { x: 1.5, y: -2, floor: 1 }],
    return_to_start: true,
    use_groups: true,
    min_width_m: 0.9,
    at: "2026-11-20T12:00:00Z",
    budget_ms: 1_000,
  });
  assert.deepEqual(walkRequest(planOf({ start: "x:1:2:0" })).start, { x: 1, y: 2, floor: 0 });
  assert.deepEqual(planOf({ start: "drop table", stops: "p:x~p:1~p:1~~zz~n:" }).stops, ["p:1"]);
  assert.equal(planOf({ stops: Array.from({ length: 500 }, (_, id) => `p:${id}`).join("~") }).stops.length, 100);
  assert.equal(pointToken({ x: 1.23456, y: 2, floor: 0 }), "x:1.23:2:0");
});

test("a walk says how sure it is", () => {
  assert.deepEqual(proofOf({ optimal: true, distance: 10, lower_bound: 10 }), { proven: true, words: "Proven shortest" });
  assert.equal(proofOf({ optimal: false, distance: 103.1, lower_bound: 100 }).words, "At most 3.1 % longer than the shortest");
  assert.equal(proofOf({ optimal: false, distance: 100.0001, lower_bound: 100 }).words, "At most 0.1 % longer than the shortest");
  assert.equal(proofOf({ optimal: false, distance: 10, lower_bound: 0 }).words, "Not proven shortest");
  assert.deepEqual([800, 1_240, 52_600].map(tookWords), ["under 1 ms", "1.2 ms", "53 ms"]);
});

test("a walk is drawn floor by floor, with shared numbers where stops share a place", () => {
  const point = (x, floor = 0) => ({ node: null, x, y: 0, floor });
  const path = [point(0), point(2), point(2, 1), point(5, 1), point(5), point(9)];
  assert.deepEqual(stretchesOn(path, 0).map((stretch) => stretch.map(({ x }) => x)), [[0, 2], [5, 9]]);
  assert.deepEqual(stretchesOn(path, 1).map((stretch) => stretch.length), [2]);
  assert.deepEqual(arrowsAlong([point(0), point(10)], 4).map(({ x }) => x), [2, 6]);
  assert.equal(arrowsAlong([{ x: 0, y: 0 }, { x: 0, y: 5 }], 4)[0].angle, -90);
  assert.deepEqual(arrowsAlong([point(0), point(0)], 4), []);
  const leg = (x) => ({ stop: 0, distance: 1, path: [point(0), point(x)], steps: [] });
  const answer = { segments: [leg(1), leg(1), leg(4), leg(1), leg(9)], stops: [{}, {}, {}, {}], path };
  assert.deepEqual(marksOf(answer).map(({ label, approximate }) => [label, approximate]), [["1, 2, 4", false], ["3", false]]);
  assert.equal(marksOf({ ...answer, stops: [{ index: 0, approximate: true }] })[0].approximate, true);
  assert.equal(numbersText([1, 2, 3, 5, 6, 9]), "1–3, 5, 6, 9");
  assert.deepEqual(displayLines({ segments: [{ display: ["A"] }], display: ["B"] }, 0), ["A"]);
  assert.deepEqual(displayLines({ segments: [] }, null), []);
});

test("a name that stands there already is not said again", () => {
  assert.equal(reasonAfter("Salt", "Salt is at Z9, which the map does not have"), " is at Z9, which the map does not have");
  assert.equal(reasonAfter("Salt", "the aisle it stands in is blocked"), ": the aisle it stands in is blocked");
  assert.equal(reasonAfter("Salt", "Saltine crackers stand there"), ": Saltine crackers stand there");
  assert.equal(sentenceAfter("Milk", "Milk has no location: its category Dairy is around here"), "Has no location: its category Dairy is around here");
  assert.equal(sentenceAfter("Milk", "Somewhere"), "Somewhere");
});

test("no arrow stands upon another", () => {
  const there = arrowsAlong([{ x: 0, y: 0 }, { x: 10, y: 0 }], 4);
  const back = arrowsAlong([{ x: 10, y: 0 }, { x: 0, y: 0 }], 4);
  assert.deepEqual(there.map(({ x }) => x), [2, 6]);
  assert.deepEqual(apart([...there, ...back], 1).map(({ x }) => x), [2, 6, 8, 4]);
  assert.deepEqual(apart([...there, ...back], 3).map(({ x }) => x), [2, 6]);
});
