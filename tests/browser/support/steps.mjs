// The steps of the journey, one function per thing a person does.

import { equals, holds } from "./checks.mjs";

/**
 * @typedef {object} Journey
 * @property {import("./api.mjs").ShopApi} api
 * @property {Awaited<ReturnType<typeof import("./browser.mjs").openBrowser>>} browser
 * @property {string} username
 * @property {string} password
 * @property {string} outDir
 */

/** The amount as the screens write it for this browser. */
export function shownMoney(page, amount, currency) {
  return page.evaluate(([value, code]) => new Intl.NumberFormat(undefined, { style: "currency", currency: code }).format(value), [amount, currency]);
}

/** A heading of the first level says which screen stands. */
export function screen(page, name) {
  return page.getByRole("heading", { level: 1, name, exact: typeof name === "string" }).waitFor();
}

/** Waits until an API answer is as it should be. */
export async function eventually(ask, isRight, complaint) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (Date.now() > deadline) throw new Error(complaint(answer));
  }
}

export async function fillSignIn(page, username, password) {
  await page.getByLabel("Username or e-mail").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
}

/** @param {Journey} journey */
export async function signInSteps({ api, browser, username, password }) {
  const { page } = browser;
  await page.goto(`${api.baseUrl}/admin/`);
  await holds("a stranger sees the sign-in form", () => screen(page, "Sign in to Cartwright"));

  browser.expectRefusal("401 POST /api/v1/auth/login");
  await fillSignIn(page, username, `${password}-wrong`);
  await holds("a wrong password is refused in words", () => page.getByRole("alert").getByText("wrong").waitFor());

  await fillSignIn(page, username, password);
  await holds("the right password leads to the dashboard", () => screen(page, "Dashboard"));
  await holds("the tiles have numbers", () => page.waitForFunction(() => document.querySelectorAll(".tile-value .skeleton").length === 0 && document.querySelectorAll(".tile-value").length === 4));
  await holds("the chart is drawn", () => page.locator(".chart svg .bar").first().waitFor({ state: "attached" }));
  await holds("live news are connected", () => page.locator(".live[data-state='live']").waitFor());
  await page.evaluate(() => {
    window.neverReloaded = true;
  });
}

/** @param {Journey} journey */
export async function searchSteps({ api, browser }) {
  const { page } = browser;
  const [product] = await api.scannable();
  await page.getByRole("link", { name: "Products", exact: true }).click();
  await holds("the products stand", () => screen(page, "Products"));
  await holds("there are rows", () => page.locator("tr[data-product-id]").first().waitFor());

  const search = page.getByRole("searchbox", { name: "Search products" });
  await search.fill(product.name);
  await holds("a search by name finds the product", () => page.locator(`tr[data-product-id="${product.id}"]`).waitFor());
  await search.fill(product.barcodes[0]);
  await holds("a search by barcode finds it first", () => page.locator(`tbody tr:first-child[data-product-id="${product.id}"]`).waitFor());
  await search.fill("qqqqxyzzy");
  await holds("a search for nonsense says so", () => page.getByText("Nothing found for").waitFor());
  await page.keyboard.press("Escape");
  await holds("Esc clears the search", () => page.waitForFunction(() => document.querySelector("[data-search]").value === "" && document.querySelectorAll("tr[data-product-id]").length > 0));
}

/** Opens a product through the search, as a person does. */
async function openProduct(page, product) {
  await page.getByRole("searchbox", { name: "Search products" }).fill(product.name);
  const row = page.locator(`tr[data-product-id="${product.id}"]`);
  await row.getByRole("link").click();
  await page.getByRole("dialog").getByLabel("Price", { exact: true }).waitFor();
}

/** @param {Journey} journey */
export async function editSteps({ api, browser }) {
  const { page } = browser;
  const [product] = await api.scannable();
  const price = Math.round((product.price + 0.11) * 100) / 100;
  await page.goto(`${api.baseUrl}/admin/#/products`);
  await openProduct(page, product);
  const panel = page.getByRole("dialog");
  const field = panel.getByLabel("Price", { exact: true });

  await field.fill("cheap");
  await page.keyboard.press("Enter");
  await holds("a price that is no number is marked", () => page.locator("input[name='price'][aria-invalid='true']").waitFor());
  await equals("and nothing was saved", (await api.product(product.id)).price, product.price);

  await page.keyboard.press("Escape");
  await holds("Esc asks before it discards", () => page.getByRole("dialog", { name: "Discard your changes?" }).waitFor());
  await page.keyboard.press("Escape");
  await field.fill(price.toFixed(2));
  await page.keyboard.press("Enter");
  await holds("Enter saves", () => page.getByText(`Saved “${product.name}”.`).waitFor());
  await holds("the panel closes", () => panel.waitFor({ state: "detached" }));
  await equals("the API has the new price", (await api.product(product.id)).price, price);
  const text = await shownMoney(page, price, product.currency);
  await holds("the list shows it", () => page.locator(`tr[data-product-id="${product.id}"]`).getByText(text).first().waitFor());

  await api.call("PATCH", `/products/${product.id}`, { price: product.price });
  const before = await shownMoney(page, product.price, product.currency);
  await holds("a change from elsewhere reaches the list", () => page.locator(`tr[data-product-id="${product.id}"]`).getByText(before).first().waitFor());
}

/** @param {Journey} journey */
export async function conflictSteps({ api, browser }) {
  const { page } = browser;
  const [product] = await api.scannable();
  await page.goto(`${api.baseUrl}/admin/#/products`);
  await openProduct(page, product);
  const panel = page.getByRole("dialog");
  await panel.getByLabel("Description").fill("Changed in the browser.");

  browser.expectRefusal(`412 PATCH /api/v1/products/${product.id}`);
  await api.call("PATCH", `/products/${product.id}`, { brand: "Changed elsewhere" });
  await panel.getByRole("button", { name: "Save" }).click();
  await holds("a stale save is refused in words", () => panel.getByText("Somebody else changed this product").waitFor());
  await holds("and says what is different", () => panel.getByText("Changed elsewhere").waitFor());
  await panel.getByRole("button", { name: "Save my changes onto it" }).click();
  await holds("saving onto the new version works", () => panel.waitFor({ state: "detached" }));

  const { brand, description } = await api.product(product.id);
  await equals("both changes are kept", { brand, description }, { brand: "Changed elsewhere", description: "Changed in the browser." });
  await api.call("PATCH", `/products/${product.id}`, { brand: product.brand ?? "", description: product.description ?? "" });
}

/** @param {Journey} journey */
export async function floorSteps({ api, browser }) {
  const { page } = browser;
  const [first, second] = await api.scannable();
  await page.getByRole("link", { name: "Carts", exact: true }).click();
  await holds("the carts stand", () => screen(page, "Carts"));
  await holds("they are live", () => page.locator(".live[data-state='live']").waitFor());

  await api.device("add_item", { barcode: first.barcodes[0] });
  const card = page.locator(".cart", { has: page.locator("[data-changed]") }).filter({ hasText: first.name });
  await holds("the first scan appears on the page", () => card.first().waitFor());
  const cartId = await card.first().getAttribute("data-cart-id");
  const cart = page.locator(`.cart[data-cart-id="${cartId}"]`);

  await api.device("add_item", { barcode: second.barcodes[0], quantity: 2 });
  await holds("the second product appears in the same cart", () => cart.getByText(second.name).first().waitFor());
  const { total, currency } = await api.call("GET", `/carts/${cartId}`);
  const shown = await shownMoney(page, total, currency);
  await holds("with the total that the API has", () => cart.locator("footer").getByText(shown).waitFor());
  await holds("the highlight fades", () => page.waitForFunction((id) => !document.querySelector(`.cart[data-cart-id="${id}"][data-changed]`), cartId));
  await equals("the page was never reloaded", await page.evaluate(() => window.neverReloaded === true), true);
}

/** @param {Journey} journey */
export async function orderSteps({ api, browser }) {
  const { page } = browser;
  await page.getByRole("link", { name: "Orders", exact: true }).click();
  await holds("the orders stand", () => screen(page, "Orders"));
  await holds("they are live", () => page.locator(".live[data-state='live']").waitFor());

  const { order_id: id } = await api.device("checkout");
  const row = page.locator(`a[data-row][href="#/orders/${id}"]`);
  await holds("a checkout on the trolley appears in the list", () => row.waitFor());
  await row.click();
  await holds("the order opens", () => screen(page, /^Order /));
  const receipt = await page.getByRole("link", { name: "Receipt" }).getAttribute("href");
  const printed = await page.request.get(`${api.baseUrl}${receipt}`);
  await equals("its receipt can be printed", [printed.status(), printed.headers()["content-type"]?.startsWith("text/html")], [200, true]);

  await page.getByRole("button", { name: "Mark as paid" }).click();
  await holds("it is paid at the till", () => page.locator(".page-header").getByText("Paid", { exact: true }).waitFor());
  await equals("the API says so", (await api.call("GET", `/orders/${id}`)).status, "paid");
  await holds("the history has the step", () => page.locator(".timeline").getByText("Paid", { exact: true }).waitFor());

  await page.getByRole("button", { name: "Refund" }).click();
  const ask = page.getByRole("dialog", { name: /^Refund order/ });
  await holds("a refund asks first", () => ask.waitFor());
  await page.keyboard.press("Escape");
  await ask.waitFor({ state: "detached" });
  await equals("and Esc keeps the order", (await api.call("GET", `/orders/${id}`)).status, "paid");
  await page.getByRole("button", { name: "Refund" }).click();
  await ask.getByRole("button", { name: "Refund" }).click();
  await holds("a confirmed refund is made", () => eventually(() => api.call("GET", `/orders/${id}`), (order) => order.status === "refunded", (order) => `it is ${order.status}`));
}

/** @param {Journey} journey */
export async function keyboardSteps({ api, browser }) {
  const { page } = browser;
  await page.goto(`${api.baseUrl}/admin/#/`);
  await screen(page, "Dashboard");
  await page.keyboard.press("/");
  await holds("/ leads to the search from anywhere", () => page.waitForFunction(() => document.activeElement?.matches("[data-search]")));
  await page.locator("tr[data-product-id]").first().waitFor();
  await page.keyboard.press("ArrowDown");
  await holds("the arrow down leads to the rows", () => page.waitForFunction(() => document.activeElement?.matches("[data-row]")));
  await page.keyboard.press("Enter");
  await holds("Enter opens", () => page.getByRole("dialog").getByLabel("Price", { exact: true }).waitFor());
  await page.keyboard.press("Escape");
  await holds("Esc closes", () => page.getByRole("dialog").waitFor({ state: "detached" }));
  await holds("focus returns to the row", () => page.waitForFunction(() => document.activeElement?.matches("[data-row]")));
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await holds("g and o lead to the orders", () => screen(page, "Orders"));
  await page.keyboard.press("?");
  await holds("? lists the keys", () => page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor());
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("Tab");
  await holds("focus can be seen", () => page.waitForFunction(() => getComputedStyle(document.activeElement).outlineStyle !== "none" || document.activeElement.matches(".cover")));
}

/** @param {Journey} journey */
export async function accessSteps({ api, browser }) {
  const username = `journey-${api.bootId.slice(-8)}`;
  const password = "a quiet walk to the shop";
  await api.call("POST", "/auth/signup", { username, password });
  const page = await browser.openPage();
  await page.goto(`${api.baseUrl}/admin/`);
  await fillSignIn(page, username, password);
  await holds("a shopper is told whose side this is", () => page.getByText("staff’s side of the shop").waitFor());
  await page.context().close();
}

/** @param {Journey} journey */
export async function renewalSteps({ browser }) {
  const { page } = browser;
  await page.goto(`${new URL(page.url()).origin}/admin/#/`);
  await screen(page, "Dashboard");
  await page.waitForFunction(() => !document.querySelector(".skeleton, .skeleton-row"));
  // The access token ends; the refresh token is still good.
  await page.context().clearCookies({ name: /access_token_cookie$/ });
  browser.expectRefusal("401 GET /api/v1/orders");
  const renewed = page.waitForResponse((response) => response.url().endsWith("/api/v1/auth/refresh") && response.ok());
  await page.getByRole("link", { name: "Orders", exact: true }).click();
  await holds("an ended access token is renewed without asking", () => renewed);
  await holds("and the screen fills", () => page.locator("a[data-row]").first().waitFor());
}

/** @param {Journey} journey */
export async function signOutSteps({ api, browser }) {
  const { page, complaints } = browser;
  await page.goto(`${api.baseUrl}/admin/#/`);
  await page.locator("button.account").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await holds("signing out leads to the sign-in form", () => screen(page, "Sign in to Cartwright"));
  await page.reload();
  await holds("and stays so after a reload", () => screen(page, "Sign in to Cartwright"));
  await equals("the browser had nothing to complain about", complaints, []);
}
