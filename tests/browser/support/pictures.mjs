// Pictures of every screen, wide and narrow, light and dark, each with a look at what no screen may
// do: scroll sideways.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { equals, holds } from "./checks.mjs";
import { fillSignIn } from "./steps.mjs";

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

/** @param {import("./steps.mjs").Journey} journey */
export async function pictureSteps({ api, browser, username, password, outDir }) {
  await mkdir(outDir, { recursive: true });
  const [first, second] = await api.scannable();
  for (const product of [first, second, second]) await api.device("add_item", { barcode: product.barcodes[0] });
  const [order] = await api.call("GET", "/orders?limit=1");
  const trolley = (await api.call("GET", "/devices?limit=1000")).find(({ revoked }) => !revoked);
  const [promotion] = await api.call("GET", "/promotions?limit=1");
  const [person] = await api.call("GET", "/users?limit=1");
  const screens = [
    { name: "dashboard", hash: "#/", ready: ".chart svg .bar" },
    { name: "products", hash: "#/products", ready: "tr[data-product-id]" },
    { name: "product", hash: `#/products/${first.id}`, ready: "dialog input[name='price']" },
    { name: "stock", hash: `#/products/${first.id}?tab=stock`, ready: "dialog [data-movement-id]" },
    { name: "search", hash: "#/products?query=choclate", ready: "tr[data-product-id] mark" },
    { name: "lookup", hash: "#/lookup", ready: ".loose-tile img" },
    { name: "import", hash: "#/products/import", ready: "tr[data-import-id]" },
    { name: "words", hash: "#/products/words", ready: ".words-grid h2" },
    { name: "barcode-rules", hash: "#/products/codes", ready: ".rule" },
    { name: "orders", hash: "#/orders", ready: "a[data-row]" },
    { name: "order", hash: `#/orders/${order.id}`, ready: ".timeline" },
    { name: "carts", hash: "#/carts", ready: ".cart" },
    { name: "fleet", hash: "#/devices", ready: "[data-device-id]" },
    { name: "trolley", hash: `#/devices/${trolley.id}`, ready: "dialog .facts" },
    { name: "trolley-settings", hash: `#/devices/${trolley.id}?tab=settings`, ready: "dialog input[name='heartbeat_s']" },
    { name: "trolley-hardware", hash: `#/devices/${trolley.id}?tab=hardware`, ready: "dialog .hardware" },
    { name: "alerts", hash: "#/alerts", ready: ".alert, .empty" },
    { name: "firmware", hash: "#/firmware", ready: ".image, .empty" },
    { name: "promotions", hash: "#/promotions", ready: "tr[data-promotion-id]" },
    { name: "promotion", hash: `#/promotions/${promotion.id}`, ready: "dialog input[name='value']" },
    { name: "map", hash: "#/map", ready: ".plan-picture .edge" },
    { name: "walk", hash: `#/map/walk?stops=p:${first.id}~p:${second.id}`, ready: ".walk-line" },
    { name: "map-findings", hash: "#/map/findings", ready: ".map-grid, .empty" },
    { name: "map-replace", hash: "#/map/replace", ready: ".map-aids" },
    { name: "people", hash: "#/people", ready: "tr[data-person-id]" },
    { name: "person", hash: `#/people/${person.id}`, ready: "dialog input[name='email']" },
    { name: "settings", hash: "#/settings", ready: "input[name='currency']" },
    { name: "codes", hash: "#/settings?group=codes", ready: "input[name='otp_channel']" },
    { name: "audit", hash: "#/audit", ready: "li[data-seq]" },
    { name: "account", hash: "#/account", ready: "li[data-session-id]" },
  ];

  for (const [look, options] of Object.entries({
    "wide-light": { viewport: WIDE },
    "wide-dark": { viewport: WIDE, colorScheme: "dark" },
    "narrow-light": { viewport: NARROW, hasTouch: true },
    "narrow-dark": { viewport: NARROW, hasTouch: true, colorScheme: "dark" },
  })) {
    const page = await browser.openPage(options);
    const take = (name) => page.screenshot({ path: join(outDir, `${name}-${look}.png`) });
    await page.goto(`${api.baseUrl}/admin/`);
    await page.getByLabel("Username or e-mail").waitFor();
    await take("sign-in");
    await fillSignIn(page, username, password);
    await page.getByRole("heading", { level: 1, name: "Dashboard" }).waitFor();
    for (const { name, hash, ready } of screens) {
      await page.evaluate((to) => {
        location.hash = to;
      }, hash);
      await page.locator(ready).first().waitFor({ state: "attached" });
      await page.waitForFunction(() => !document.querySelector(".skeleton, .skeleton-row, [aria-busy='true']"));
      if (!ready.startsWith("dialog")) await page.waitForFunction(() => !document.querySelector("dialog"));
      await take(name);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      await equals(`${name}, ${look}: nothing scrolls sideways`, sideways, 0);
    }
    if (look === "wide-dark") await themeSteps(page);
    await page.context().close();
  }
}

/** The choice of colours, and that it is kept. */
async function themeSteps(page) {
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await page.locator("button.account").click();
  await page.getByRole("button", { name: "Light" }).click();
  const light = await background();
  await holds("light can be chosen where the system is dark", async () => {
    if (light === dark) throw new Error(`both are ${dark}`);
  });
  await page.reload();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await equals("the choice outlives a reload", await background(), light);
}
