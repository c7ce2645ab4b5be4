// The steps of the journey on the store map: the plan and its aisles, what is blocked, a walk, what
// is wrong with the map, and another map in its place.

import { equals, holds } from "./checks.mjs";
import { eventually, screen } from "./steps.mjs";

/** @import { Journey } from "./steps.mjs" */
/** @import { Page } from "playwright-core" */

const plan = (/** @type {Page} */ page) => page.getByRole("application", { name: /^Floor plan/ });
const seen = (/** @type {Page} */ page) => page.locator(".plan-pane > svg").getAttribute("viewBox");

/** @param {Page} page @param {string | null} before */
function moved(page, before) {
  return page.waitForFunction((was) => document.querySelector(".plan-pane > svg")?.getAttribute("viewBox") !== was, before);
}

/** Another screen of the map, by its tab. @param {Page} page @param {RegExp} name */
function tab(page, name) {
  return page.getByRole("navigation", { name: "Store map" }).getByRole("link", { name }).click();
}

/** An aisle of one floor with locations, and what stands in it. */
function busyAisle({ nodes, edges, locations }) {
  const floor = new Map(nodes.map((node) => [node.id, node.floor ?? 0]));
  for (const edge of edges) {
    if (!edge.aisle || floor.get(edge.from) !== 0 || floor.get(edge.to) !== 0) continue;
    const inside = locations.filter(({ from, to, offset }) => from === edge.from && to === edge.to && offset > 0.5);
    const only = edges.filter(({ aisle }) => aisle === edge.aisle).length === 1;
    if (inside.length > 1 && only) return { aisle: edge.aisle, location: inside[0].id };
  }
  throw new Error("the map needs an aisle of one edge with two locations");
}

/** @param {Journey} journey */
export async function mapSteps({ api, browser }) {
  const { page } = browser;
  const map = await api.call("GET", "/map");
  await page.goto(`${api.baseUrl}/admin/#/map`);
  await holds("the store map stands", () => screen(page, "Store map"));
  await holds("its ways are drawn", () => page.locator(".plan-picture .edge").first().waitFor({ state: "attached" }));
  await holds("and its sections named", () => page.locator(".section-names text").first().waitFor({ state: "attached" }));
  await equals("every aisle is in the list", await page.locator(".aisle-list li").count(), new Set(map.edges.map(({ aisle }) => aisle).filter(Boolean)).size);

  const whole = await seen(page);
  await plan(page).focus();
  await page.keyboard.press("+");
  await holds("plus looks closer", () => moved(page, whole));
  const near = await seen(page);
  await page.keyboard.press("ArrowRight");
  await holds("an arrow key moves the plan", () => moved(page, near));
  await page.keyboard.press("0");
  await holds("0 shows all again", () => page.waitForFunction((was) => document.querySelector(".plan-pane > svg")?.getAttribute("viewBox") === was, whole));
  const box = /** @type {{x: number, y: number, width: number, height: number}} */ (await plan(page).boundingBox());
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.wheel(0, -300);
  await holds("the wheel looks closer too", () => moved(page, whole));
  const closer = await seen(page);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 90, box.y + box.height / 2 + 40, { steps: 4 });
  await page.mouse.up();
  await holds("a drag moves it", () => moved(page, closer));
  await page.getByRole("button", { name: "Show all" }).click();
}

/** @param {Journey} journey */
export async function closureSteps({ api, browser }) {
  const { page } = browser;
  const { aisle, location } = busyAisle(await api.call("GET", "/map"));
  const [product] = (await api.call("GET", "/products?limit=200")).filter((each) => each.location && each.active && !each.location.startsWith(aisle));
  await page.goto(`${api.baseUrl}/admin/#/map`);
  const entry = page.locator(".aisle-list").getByRole("button", { name: aisle, exact: true });
  await entry.focus();
  await holds("an aisle of the list is told on the plan", () => page.locator(".plan-caption strong").getByText(aisle, { exact: true }).waitFor());
  await page.keyboard.press("Enter");
  await holds("Enter opens it", () => page.getByRole("heading", { level: 2, name: aisle, exact: true }).waitFor());

  await page.getByRole("button", { name: "Report as blocked" }).click();
  await page.getByLabel("Why").fill("spilt oil");
  await page.getByRole("group", { name: "How long" }).getByRole("button", { name: "Until…" }).click();
  await page.locator(".closure-form").getByRole("button", { name: "Report as blocked" }).click();
  await holds("until when has to be said", () => page.locator(".closure-form .note.error").waitFor());
  await page.getByRole("group", { name: "How long" }).getByRole("button", { name: "Today" }).click();
  await page.locator(".closure-form").getByRole("button", { name: "Report as blocked" }).click();
  const blocked = page.getByRole("region", { name: "Blocked now" }).locator("li", { hasText: aisle });
  await holds("a reported aisle is listed at once", () => blocked.getByText("spilt oil").waitFor());
  await holds("and marked on the plan", () => page.locator(".blocked-ways line").first().waitFor({ state: "attached" }));
  const [closure] = (await api.call("GET", "/map/closures")).filter((each) => each.aisle === aisle);
  await equals("the appliance knows it, with its reason and its end", [closure.reason, closure.until === null], ["spilt oil", false]);

  await page.goto(`${api.baseUrl}/admin/#/map/walk?stops=${encodeURIComponent(`l:${location}~p:${product.id}`)}`);
  await holds("a walk leaves out what stands in it and says why", () => page.locator(".walk-result .problem", { hasText: location }).getByText("spilt oil").waitFor());

  await page.goto(`${api.baseUrl}/admin/#/map`);
  await page.getByRole("button", { name: `Clear ${aisle}` }).click();
  await holds("one press clears it", () => blocked.waitFor({ state: "detached" }));
  await eventually(() => api.call("GET", "/map/closures"), (list) => list.every((each) => each.aisle !== aisle), (list) => JSON.stringify(list));
  await page.goto(`${api.baseUrl}/admin/#/map/walk?stops=${encodeURIComponent(`l:${location}~p:${product.id}`)}`);
  await holds("and the walk goes there again", () => page.locator(".walk-legs").getByRole("button", { name: location, exact: true }).waitFor());

  const other = await api.call("POST", "/map/closures", { aisle, reason: "reported elsewhere" });
  await page.goto(`${api.baseUrl}/admin/#/map`);
  await holds("what somebody else reports appears by itself", () => page.getByText("reported elsewhere").first().waitFor({ timeout: 30_000 }));
  await api.call("DELETE", `/map/closures/${other.id}`);
}

/** @param {Journey} journey */
export async function walkSteps({ api, browser }) {
  const { page } = browser;
  const { location } = busyAisle(await api.call("GET", "/map"));
  const placed = (await api.call("GET", "/products?limit=200&sort=name")).filter((each) => each.location && each.active);
  await page.goto(`${api.baseUrl}/admin/#/map/walk`);
  const stops = page.getByRole("combobox", { name: "Stops" });
  for (const { name } of [placed[0], placed.at(-1)]) {
    await stops.fill(name);
    await page.getByRole("option", { name }).first().click();
  }
  await holds("products are stops of a walk", () => page.locator(".walk-result .walk-distance").waitFor());
  await holds("that is proven shortest", () => page.locator(".walk-sum").getByText("Proven shortest").waitFor());
  await stops.fill(location);
  await page.getByRole("option", { name: location }).first().click();
  await holds("a location is one too", () => page.waitForFunction(() => document.querySelectorAll(".walk-leg").length === 4));
  await stops.press("Escape");
  await equals("the address has all of them", (await page.evaluate(() => new URLSearchParams(location.hash.split("?")[1]).get("stops")))?.split("~").length, 3);

  const answer = await api.call("POST", "/cart/shortest_path", { start: (await api.call("GET", "/map")).nodes.find(({ kind }) => kind === "entrance").id, stops: [{ product_id: placed[0].id }, { product_id: placed.at(-1).id }, { location }] });
  await equals("the distance is the appliance's", await page.locator(".walk-distance").textContent(), await page.evaluate((length) => `${new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(length)} m`, answer.distance));
  await equals("every step is told", await page.locator(".walk-steps li").count(), answer.segments.flatMap(({ steps }) => steps).length);
  await page.locator(".walk-leg").nth(1).hover();
  await holds("a leg that is pointed at is marked on the plan", () => page.locator(".walk-line.looked").first().waitFor({ state: "attached" }));
  const rows = await page.locator(".lcd span").allTextContents();
  await equals("the display has two lines of at most 16 signs", [rows.length, rows.every((row) => row.length <= 16)], [2, true]);

  const box = /** @type {{x: number, y: number, width: number, height: number}} */ (await plan(page).boundingBox());
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await holds("a press on the plan adds a stop", () => page.waitForFunction(() => document.querySelectorAll(".walk-leg").length === 5));
  await page.getByRole("button", { name: "sets the start" }).click();
  await plan(page).focus();
  await page.keyboard.press("Enter");
  await holds("Enter sets the start in the middle of the plan", () => page.waitForURL(/[?&]start=/));
  await page.getByText("Options", { exact: true }).click();
  await page.getByLabel("Back to the start").check();
  await holds("a walk can lead back", () => page.waitForURL(/[?&]back=1/));
  await page.reload();
  await holds("all of it outlives a reload", () => page.waitForFunction(() => document.querySelectorAll(".walk-leg").length === 5));
  await page.getByRole("button", { name: "Take all stops off" }).click();
  await holds("and comes off again", () => page.locator(".walk-result").waitFor({ state: "detached" }));
}

/** @param {Journey} journey */
export async function mapFileSteps({ api, browser }) {
  const { page } = browser;
  const map = await api.call("GET", "/map");
  const findings = await api.call("GET", "/map/findings");
  await page.goto(`${api.baseUrl}/admin/#/map/findings`);
  await holds(
    "what is wrong with the map is told, or that nothing is",
    () => (findings.findings.length ? page.locator(".findings").first() : page.getByText("Nothing is wrong with this map")).waitFor(),
  );

  await tab(page, /^Replace the map/);
  const file = (/** @type {any} */ it, name = "plan.json") => ({ name, mimeType: "application/json", buffer: Buffer.from(typeof it === "string" ? it : JSON.stringify(it)) });
  const choose = (/** @type {any} */ it) => page.locator("input[type='file']").setInputFiles(it);
  const use = page.getByRole("button", { name: "Use this map" });
  await choose(file({ ...map, edges: [...map.edges, { from: map.nodes[0].id, to: "nowhere" }] }));
  await holds("a map with an error is told", () => page.locator(".findings[data-level='error']").getByText("nowhere").first().waitFor());
  await equals("and cannot be used", await use.isDisabled(), true);

  await choose(file(JSON.stringify(map) + " ".repeat(2 * 1024 * 1024)));
  await holds("a file may be larger than other requests", () => page.locator(".map-changes").getByText("Nothing: this is the map in use").waitFor());

  const lonely = { id: "lonely-1", x: map.nodes[0].x, y: map.nodes[0].y + 0.5, floor: map.nodes[0].floor ?? 0, kind: "shelf" };
  const other = { ...map, name: `${map.name} (new)`, nodes: [...map.nodes, lonely] };
  await choose(file(other));
  await holds("a node without a way is found", () => page.locator(".findings").getByText("lonely-1").first().waitFor());
  await page.getByRole("button", { name: /lonely-1 on the plan/ }).first().click();
  await holds("and shown on the preview", () => page.locator(".found-mark").waitFor({ state: "attached" }));
  await holds("what changes is told", () => page.getByRole("region", { name: "What changes" }).getByText("lonely-1").waitFor());

  await api.call("PUT", "/map", map);
  await holds("that somebody else was faster is told at once", () => page.getByText("Somebody else changed the map meanwhile.").waitFor());
  await equals("and nothing can be replaced unseen", await use.isDisabled(), true);
  await page.getByRole("button", { name: "Compare with the new one" }).click();
  await use.click();
  await holds("and can go on from there", () => page.getByRole("heading", { name: "This map is in use now" }).waitFor());
  await equals("it is the map in use", (await api.call("GET", "/map")).name, other.name);
  await page.getByRole("button", { name: "Take the one before back" }).click();
  await holds("the one before can be had back", () => page.getByRole("heading", { name: "The map before is back" }).waitFor());
  await equals("and is in use again", (await api.call("GET", "/map")).name, map.name);

  for (const [name, expected] of [["Download JSON", "map.json"], ["Download GeoJSON", "map.geojson"]]) {
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name }).click();
    await equals(`it can be had as ${expected}`, (await download).suggestedFilename(), expected);
  }
}
