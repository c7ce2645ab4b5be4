// What staff do with the trolleys: add them, see who needs somebody, help with a cart, clear an
// alert, hand out firmware.

import { equals, holds } from "./checks.mjs";
import { ShopApi } from "./api.mjs";
import { firmwareImage } from "./firmware_image.mjs";
import { eventually, screen, shownMoney } from "./steps.mjs";

/** @import { Journey } from "./steps.mjs" */

const CHIP = "ESP32-S3";

/** The trolley that the steps enrol and then look after. */
let enrolled = { id: 0, name: "", key: "" };

/** A request of a trolley's board, with its own key. */
async function board({ baseUrl }, path, body, key) {
  const response = await fetch(`${baseUrl}/cart/esp32/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(key && { "X-API-Key": key }) },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok || answer.success !== true) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

async function openFleet(page) {
  await page.getByRole("link", { name: "Fleet", exact: true }).click();
  await holds("the fleet stands", () => screen(page, "Fleet"));
  await page.locator("tr[data-device-id]").first().waitFor();
}

/** The row of a trolley, and the panel that it opens. */
function rowOf(page, id) {
  return page.locator(`tr[data-device-id="${id}"]`);
}
async function openTrolley(page, id, name) {
  await rowOf(page, id).getByRole("link").click();
  const panel = page.getByRole("dialog", { name, exact: true });
  await panel.waitFor();
  return panel;
}

/** @param {Journey} journey */
export async function keySteps({ api, browser }) {
  const { page } = browser;
  const name = `Journey ${api.bootId.slice(-6)}`;
  await openFleet(page);
  await page.getByRole("button", { name: "Add a trolley" }).first().click();
  await page.getByRole("button", { name: "By key" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await page.keyboard.press("Enter");
  const shown = page.getByRole("dialog", { name: `${name} is ready` });
  await holds("the key is shown", () => shown.getByText(/^cwk_/).first().waitFor());
  await page.keyboard.press("Escape");
  await holds("an Esc too many does not lose it", () => shown.getByText("has not been copied").waitFor());
  await shown.getByRole("button", { name: "Copy: Device key" }).click();
  await shown.getByText("Copied", { exact: true }).waitFor();
  await shown.getByRole("button", { name: "Done" }).click();
  await holds("the new trolley is in the list", () => page.locator("tr[data-device-id]").filter({ hasText: name }).waitFor());
}

/** @param {Journey} journey */
export async function enrolSteps({ api, browser }) {
  const { page } = browser;
  const name = `Enrolled ${api.bootId.slice(-6)}`;
  await openFleet(page);
  await page.getByRole("button", { name: "Add a trolley" }).first().click();
  await holds("a name is proposed, ready to be typed over", () => page.waitForFunction(() => document.activeElement?.matches("input[name='name']") && document.activeElement.value !== ""));
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: `Add ${name}` });
  const shown = dialog.locator("[data-pairing-code]");
  await holds("a pairing code is shown", () => shown.waitFor());
  await holds("with a picture of it", () => dialog.locator(".qr svg path, .qr svg rect").first().waitFor());
  await holds("and the time that is left", () => dialog.locator("[data-left]").getByText(/^9:\d\d$/).waitFor());

  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Add a trolley" }).first().click();
  const open = page.locator("[data-open-code]").filter({ hasText: name });
  await holds("a code that nobody has used is listed", () => open.getByText(/left$/).waitFor());
  await open.getByRole("button", { name: /^Take back/ }).click();
  await holds("and can be taken back", () => open.waitFor({ state: "detached" }));
  const added = page.getByRole("dialog", { name: "Add a trolley" });
  await added.getByLabel("Name").fill(name);
  await page.keyboard.press("Enter");
  await shown.waitFor();
  await dialog.getByRole("button", { name: "Copy: Text of the picture" }).click();
  await holds("what the picture says can be copied", () => dialog.getByText("Copied", { exact: true }).waitFor());

  const code = await shown.innerText();
  const answer = await board(api, "enroll", { pairing_code: code, mac: "24:6F:28:00:11:22", chip: CHIP });
  enrolled = { id: answer.device_id, name, key: answer.key };
  await holds("the dialog notices by itself", () => dialog.locator(`[data-enrolled="${answer.device_id}"]`).waitFor());
  await holds("and says which board it is", () => dialog.getByText("24:6F:28:00:11:22").waitFor());
  await dialog.getByRole("button", { name: "Done" }).click();
  await holds("the trolley is in the list", () => rowOf(page, answer.device_id).getByText(name).waitFor());
}

/** @param {Journey} journey */
export async function fleetSteps({ api, browser }) {
  const { page } = browser;
  const { id, name, key } = enrolled;
  await board(api, "heartbeat", { battery_pct: 7, rssi: -64, firmware: "1.0.0", free_heap: 140_000, cart_weight: 0 }, key);
  await openFleet(page);
  await page.reload();
  await holds("a dying battery is said in the first line", () => page.locator(".needs").getByText(`${name} has 7 % battery left`).or(page.locator(".needs").getByText(/more$/)).first().waitFor());
  await page.getByRole("searchbox", { name: "Search trolleys" }).fill(name);
  await holds("a search leaves the one", () => page.waitForFunction((only) => [...document.querySelectorAll("tr[data-device-id]")].map((row) => row.dataset.deviceId).join() === only, String(id)));
  await holds("its row says how it is", () => rowOf(page, id).getByText("Online").waitFor());
  await holds("and its battery", () => rowOf(page, id).locator(".battery[data-low]").getByText("7 %").waitFor());
  await holds("and its firmware", () => rowOf(page, id).getByText("1.0.0").waitFor());
  await page.keyboard.press("Escape");
  await page.getByRole("navigation", { name: "Trolleys by state" }).getByRole("link", { name: /^Online/ }).click();
  await holds("a state narrows the list", () => page.waitForFunction(() => location.hash.includes("state=online") && [...document.querySelectorAll("tr[data-device-id] .seen")].every((seen) => seen.dataset.state === "online")));
  await page.getByRole("navigation", { name: "Trolleys by state" }).getByRole("link", { name: /^All/ }).click();
  await page.getByLabel("Sorted by").selectOption("battery");
  await holds("sorted by battery, the emptiest is first", () => page.waitForFunction(() => {
    const [first, ...others] = [...document.querySelectorAll("tr[data-device-id] .battery .number")].map((shown) => parseInt(shown.textContent, 10));
    return location.hash.includes("sort=battery") && others.every((other) => first <= other);
  }));
}

/** @param {Journey} journey */
export async function trolleySteps({ api, browser }) {
  const { page } = browser;
  const { id, name, key } = enrolled;
  await page.goto(`${api.baseUrl}/admin/#/devices`);
  const panel = await openTrolley(page, id, name);
  await holds("it says what it runs on", () => panel.getByText("24:6F:28:00:11:22").waitFor());
  await panel.getByRole("button", { name: "Put bags in" }).click();
  await holds("bags go in while the seconds count", () => panel.getByText("Put bags and coats in now").waitFor());

  await panel.getByRole("button", { name: "Settings" }).click();
  await holds("its settings have the cursor", () => page.waitForFunction(() => document.activeElement?.matches("dialog input[name='name']")));
  await panel.getByLabel("Heard of every").fill("0");
  await page.keyboard.press("Enter");
  await holds("an interval of nothing is marked", () => page.locator("input[name='heartbeat_s'][aria-invalid='true']").waitFor());
  await page.keyboard.press("Escape");
  await holds("Esc asks before it discards", () => page.getByRole("dialog", { name: "Discard your changes?" }).waitFor());
  await page.keyboard.press("Escape");
  await panel.getByLabel("Heard of every").fill("20");
  await panel.getByRole("button", { name: "Kilograms" }).click();
  await page.keyboard.press("Tab");
  await panel.getByRole("button", { name: "Save" }).click();
  await holds("what was changed is saved", () => eventually(() => api.call("GET", `/devices/${id}`), (device) => device.heartbeat_s === 20 && device.weight_unit === "kg", (device) => `it is ${device.heartbeat_s} s and ${device.weight_unit}`));
  await api.call("PATCH", `/devices/${id}`, { heartbeat_s: 10, weight_unit: "g" });

  await panel.getByRole("button", { name: "Hardware" }).click();
  await panel.getByRole("button", { name: "Make a new key…" }).click();
  await page.getByRole("dialog", { name: `Make a new key for ${name}?` }).getByRole("button", { name: "Make a new key" }).click();
  const shown = page.getByRole("dialog", { name: `The new key of ${name}` });
  const fresh = await shown.getByText(/^cwk_/).first().innerText();
  await holds("a new key is shown", async () => {
    if (fresh === key) throw new Error("it is the old one");
  });
  await board(api, "heartbeat", { battery_pct: 7 }, fresh);
  enrolled = { ...enrolled, key: fresh };
  await shown.getByRole("button", { name: "Copy: Device key" }).click();
  await shown.getByText("Copied", { exact: true }).waitFor();
  await shown.getByRole("button", { name: "Done" }).click();
  await panel.getByRole("button", { name: "Close" }).last().click();
  await holds("the panel closes", () => panel.waitFor({ state: "detached" }));
}

/** Chooses from the menu of a cart's card. */
async function chooseOnCard(page, cartId, action) {
  await page.locator(`.cart[data-cart-id="${cartId}"]`).getByRole("button", { name: /^What to do with/ }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

/** @param {Journey} journey */
export async function cartActSteps({ api, browser }) {
  const { page } = browser;
  const [product] = await api.scannable();
  const scanner = new ShopApi(api.baseUrl, enrolled.key);
  await scanner.device("add_item", { barcode: product.barcodes[0], quantity: 2 });
  const cartOf = async (device) => (await api.call("GET", "/carts?limit=1000")).find((cart) => cart.device_id === device && cart.items.length > 0);
  const cart = await cartOf(enrolled.id);
  const target = `Target ${api.bootId.slice(-6)}`;
  const { id: targetId } = await api.call("POST", "/devices", { name: target });

  await page.goto(`${api.baseUrl}/admin/#/carts`);
  await page.reload();
  await chooseOnCard(page, cart.id, /^Move to another trolley/);
  const move = page.getByRole("dialog", { name: /^Move the cart/ });
  await holds("the free trolleys can be searched at once", () => page.waitForFunction(() => document.activeElement?.matches("dialog input[name='search']")));
  await page.keyboard.type(target);
  await move.getByRole("button", { name: `Move to ${target}` }).click();
  await holds("the cart is on the other trolley", () => eventually(() => cartOf(targetId), (moved) => moved?.item_count === 2, () => "it is not there"));
  await holds("and its card says so", () => page.locator(".cart").filter({ hasText: target }).waitFor());

  const moved = await cartOf(targetId);
  await chooseOnCard(page, moved.id, /^Check out/);
  const ask = page.getByRole("dialog", { name: /^Check out/ });
  const shown = await shownMoney(page, moved.total, moved.currency);
  await holds("checking out says what it is about", () => ask.getByText(shown).waitFor());
  await ask.getByRole("button", { name: "Make the order" }).click();
  const code = page.locator("[data-order-code]");
  await holds("the code for the till is shown", () => code.waitFor());
  const shownCode = await code.innerText();
  const orders = await api.call("GET", "/orders?limit=5");
  await equals("the order waits for its payment", orders.find((order) => order.code === shownCode)?.status, "pending");
  await page.getByRole("button", { name: "Done" }).click();

  await scanner.device("add_item", { barcode: product.barcodes[0] });
  const again = await eventually(() => cartOf(enrolled.id), Boolean, () => "the scan is in no cart");
  await page.locator(`.cart[data-cart-id="${again.id}"]`).waitFor();
  await chooseOnCard(page, again.id, /^Empty/);
  const empty = page.getByRole("dialog", { name: /^Empty/ });
  await holds("emptying asks first", () => empty.getByText("This cannot be undone.").waitFor());
  await empty.getByRole("button", { name: "Empty the cart" }).click();
  await holds("the cart is empty", () => eventually(() => cartOf(enrolled.id), (cart) => cart === undefined, () => "there are goods in it"));
}

/** @param {Journey} journey */
export async function alertSteps({ api, browser }) {
  const { page } = browser;
  await board(api, "heartbeat", { battery_pct: 5 }, enrolled.key);
  const about = async () => (await api.call("GET", "/alerts?state=open&limit=1000")).find(({ device_id: id }) => id === enrolled.id);
  const alert = await eventually(about, Boolean, () => "no alert was raised");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /^Alerts/ }).click();
  await holds("the alerts stand", () => screen(page, "Alerts"));
  await holds("the navigation counts them", () => page.locator(".sidebar .nav-count").first().waitFor());
  const row = page.locator(`[data-alert-id="${alert.id}"]`);
  await holds("a low battery is among them", () => row.getByText("The battery is low").waitFor());
  await row.getByRole("button", { name: /^Clear/ }).click();
  await holds("a note can be left at once", () => page.waitForFunction(() => document.activeElement?.matches("dialog input[name='note']")));
  await page.keyboard.type("Charging");
  await page.keyboard.press("Enter");
  await holds("a cleared alert leaves the list", () => row.waitFor({ state: "detached" }));
  await page.getByRole("link", { name: "Cleared" }).click();
  await holds("and is seen among the cleared ones", () => row.getByText("Charging").waitFor());
}

/** @param {Journey} journey */
export async function firmwareSteps({ api, browser }) {
  const { page } = browser;
  const version = `9.${Date.now() % 100_000}.0`;
  await page.getByRole("link", { name: "Firmware", exact: true }).click();
  await holds("the firmware stands", () => screen(page, "Firmware"));
  await page.getByRole("button", { name: "Upload an image" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Upload an image" });
  const file = dialog.locator("input[type='file']");
  await file.setInputFiles({ name: "cart.bin", mimeType: "application/octet-stream", buffer: Buffer.from("no image") });
  await holds("a file that is no image is refused in words", () => dialog.getByText("is no firmware image").waitFor());
  await file.setInputFiles({ name: `cart-${version}.bin`, mimeType: "application/octet-stream", buffer: firmwareImage(version) });
  await holds("the version is taken from the file's name", () => page.waitForFunction((wanted) => document.querySelector("dialog input[name='version']")?.value === wanted, version));
  await dialog.getByLabel("Notes").fill("A journey.");
  await dialog.getByRole("button", { name: "Upload" }).click();
  const card = page.locator(".image").filter({ hasText: version });
  await holds("the image is in the list, and nobody gets it yet", () => card.getByText("Not handed out yet").waitFor());

  await card.getByRole("button", { name: /^Try on one trolley/ }).click();
  const ask = page.getByRole("dialog", { name: /^Try on one trolley/ });
  await ask.getByLabel("Trolley").selectOption({ value: String(enrolled.id) });
  await ask.getByRole("button", { name: "Hand it out" }).click();
  await holds("one trolley gets it", () => card.getByText("Being handed out").waitFor());
  await holds("and it is named", () => card.locator(".rings").getByText(enrolled.name).waitFor());
  await card.getByRole("button", { name: "Halt" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Halt it" }).click();
  await holds("it can be halted", () => card.getByText("Halted").waitFor());
  await card.getByRole("button", { name: /^What to do with/ }).click();
  await page.getByRole("menuitem", { name: /^Delete/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the image" }).click();
  await holds("and deleted", () => card.waitFor({ state: "detached" }));

  await api.call("DELETE", `/devices/${enrolled.id}`);
  await page.goto(`${api.baseUrl}/admin/#/devices?state=revoked`);
  await holds("a revoked trolley is seen where one asks for it", () => rowOf(page, enrolled.id).getByText("Revoked").waitFor());
}
