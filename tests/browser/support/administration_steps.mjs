// The steps of the journey that look after the shop: promotions, people, settings, the audit log,
// one's own sessions.

import { equals, holds } from "./checks.mjs";
import { eventually, fillSignIn, screen, shownMoney } from "./steps.mjs";

/** @import { Journey } from "./steps.mjs" */

const PERCENT = 25;

/** @param {Journey} journey */
export async function promotionSteps({ api, browser }) {
  const { page } = browser;
  const [, product] = await api.scannable();
  const before = (await api.product(product.id)).discounted_price;
  const name = `Journey ${api.bootId.slice(-6)}`;
  await page.getByRole("link", { name: "Promotions", exact: true }).click();
  await holds("the promotions stand", () => screen(page, "Promotions"));
  await page.locator("tr[data-promotion-id]").first().waitFor();
  await page.keyboard.press("n");
  const panel = page.getByRole("dialog", { name: "New promotion" });
  await holds("n opens a new one", () => panel.waitFor());

  await panel.getByLabel("Name").fill(name);
  await page.keyboard.press("Enter");
  await holds("one without a value is marked", () => panel.locator("input[name='value'][aria-invalid='true']").waitFor());
  const products = panel.getByRole("combobox", { name: "Products" });
  await products.fill(product.name);
  await panel.getByRole("option", { name: product.name }).first().waitFor();
  await page.keyboard.press("Escape");
  await holds("Esc closes the list and not the panel", () => panel.getByRole("option").first().waitFor({ state: "hidden" }));
  await products.fill(product.name);
  await panel.getByRole("option", { name: product.name }).first().click();
  await holds("a found product becomes a chip", () => panel.getByRole("button", { name: `Remove ${product.name}` }).waitFor());

  browser.expectRefusal("400 POST /api/v1/promotions");
  const value = panel.getByLabel("Percent off");
  await value.fill("120");
  await page.keyboard.press("Enter");
  await holds("more than all of the price is refused at the field", () => panel.locator("input[name='value'][aria-invalid='true']").waitFor());
  await value.fill(String(PERCENT));
  await page.keyboard.press("Enter");
  await holds("Enter saves", () => panel.waitFor({ state: "detached" }));

  const row = page.locator("tr[data-promotion-id]", { hasText: name });
  await holds("the list says what it does", () => row.locator(".words", { hasText: `${PERCENT}% off ${product.name}` }).waitFor());
  await holds("and that it runs", () => row.getByText("Running", { exact: true }).waitFor());
  const reduced = await api.product(product.id);
  await holds("the product is cheaper", async () => {
    if (!(reduced.discounted_price < (before ?? product.price))) throw new Error(`it costs ${reduced.discounted_price}`);
  });
  await page.getByRole("link", { name: "Products", exact: true }).click();
  await page.getByRole("searchbox", { name: "Search products" }).fill(product.name);
  const shown = await shownMoney(page, reduced.discounted_price, product.currency);
  await holds("the list of products shows the reduced price", () => page.locator(`tr[data-product-id="${product.id}"]`).getByText(shown).first().waitFor());

  await page.goto(`${api.baseUrl}/admin/#/promotions`);
  await row.getByRole("link").click();
  const open = page.getByRole("dialog", { name });
  await open.getByRole("switch", { name: "Active" }).uncheck();
  await open.getByRole("button", { name: "Save" }).click();
  await holds("one that is switched off says so", () => row.getByText("Inactive", { exact: true }).waitFor());
  await equals("and the price is the old one", (await api.product(product.id)).discounted_price, before);
  const id = Number(await row.getAttribute("data-promotion-id"));
  await api.call("PATCH", `/promotions/${id}`, { active: true });
  await holds("a change from elsewhere reaches the list", () => row.getByText("Running", { exact: true }).waitFor());

  await row.getByRole("link").click();
  await open.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog", { name: /^Delete “/ }).getByRole("button", { name: "Delete promotion" }).click();
  await holds("a confirmed deletion takes it away", () => row.waitFor({ state: "detached" }));
  await equals("and its discount", (await api.product(product.id)).discounted_price, before);
}

/** @param {Journey} journey */
export async function peopleSteps({ api, browser }) {
  const { page } = browser;
  const username = `person-${api.bootId.slice(-8)}`;
  const password = "a walk along the shelves";
  await page.getByRole("link", { name: "People", exact: true }).click();
  await holds("the people stand", () => screen(page, "People"));
  await page.getByRole("link", { name: "Add account" }).click();
  const panel = page.getByRole("dialog", { name: "New account" });
  await panel.getByLabel("Username").fill(username);
  await panel.getByLabel("Password", { exact: true }).fill("short");
  browser.expectRefusal("400 POST /api/v1/users");
  await page.keyboard.press("Enter");
  await holds("a short password is refused at the field", () => panel.locator("input[name='password'][aria-invalid='true']").waitFor());
  await panel.getByLabel("Password", { exact: true }).fill(password);
  await panel.getByRole("radio", { name: "Staff" }).check();
  await panel.locator("button[type='submit']:enabled").waitFor();
  await page.keyboard.press("Enter");
  await holds("an account is added", () => panel.waitFor({ state: "detached" }));

  await page.getByRole("searchbox", { name: "Search people" }).fill(username);
  const row = page.locator("tr[data-person-id]", { hasText: username });
  await holds("the search finds it, with its role", () => row.getByText("Staff", { exact: true }).waitFor());
  await holds("and nobody else", () => page.waitForFunction(() => document.querySelectorAll("tr[data-person-id]").length === 1));
  await api.call("POST", "/auth/login", { username, password });

  await row.getByRole("link").click();
  const open = page.getByRole("dialog", { name: username });
  await open.getByRole("switch", { name: "May sign in" }).uncheck();
  await open.getByRole("button", { name: "Save" }).click();
  await holds("a disabled account says so", () => row.getByText("Disabled", { exact: true }).waitFor());
  const refused = await fetch(`${api.baseUrl}/api/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  await equals("and cannot sign in", refused.status, 401);
  await page.getByRole("searchbox", { name: "Search people" }).fill("");
}

/** @param {Journey} journey */
export async function settingsSteps({ api, browser }) {
  const { page } = browser;
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await holds("the settings stand", () => screen(page, "Settings"));
  const country = page.getByLabel("Country");
  await country.fill("Atlantis");
  browser.expectRefusal("400 PATCH /api/v1/settings");
  await page.keyboard.press("Enter");
  await holds("what is no country is refused at the field", () => page.locator("input[name='country'][aria-invalid='true']").waitFor());
  await country.fill("AT");
  await page.keyboard.press("Enter");
  const notice = page.locator("[data-restart]");
  await holds("a change waits for a restart, and the page says which", () => notice.getByText("DE → AT").waitFor());
  await page.reload();
  await holds("also after a reload", () => notice.getByText("DE → AT").waitFor());

  await page.getByRole("link", { name: "One-time codes" }).click();
  await holds("the log is no way to reach shoppers", () => page.locator(".choice", { hasText: "Log" }).getByText("For trying out").waitFor());
  await holds("what the page cannot change says where", () => page.locator("[data-key='otp_webhook_secret']").getByText("config.toml").waitFor());
}

/** @param {Journey} journey */
export async function auditSteps({ api, browser }) {
  const { page, username } = { ...browser, username: (await api.call("GET", "/auth/check")).user.username };
  await page.getByRole("link", { name: "Audit", exact: true }).click();
  await holds("the audit log stands", () => screen(page, "Audit"));
  await page.getByLabel("What", { exact: true }).selectOption({ label: "Settings" });
  await page.getByLabel("Who").fill(username);
  await page.waitForURL(new RegExp(`actor=${username}`));
  const entry = page.locator("li[data-seq]").first();
  await holds("the change of the setting is there", () => entry.getByText("changed the settings").waitFor());
  await entry.locator("summary").click();
  await holds("with what was before", () => entry.getByRole("cell", { name: "DE", exact: true }).waitFor());
  await holds("and what is now", () => entry.getByRole("cell", { name: "AT", exact: true }).waitFor());
  await api.call("PATCH", "/settings", { country: null });

  await page.getByLabel("Who").fill("nobody-at-all");
  await holds("a filter that fits nothing says so", () => page.getByText("Nothing like that happened").waitFor());
  const exported = await page.request.get(`${api.baseUrl}${await page.getByRole("link", { name: "Export" }).getAttribute("href")}`);
  await equals("the log can be taken away", [exported.status(), exported.headers()["content-type"]], [200, "application/x-ndjson"]);
}

/** @param {Journey} journey */
export async function accountSteps({ api, browser, username, password }) {
  const { page } = browser;
  const other = await browser.openPage({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" });
  await other.goto(`${api.baseUrl}/admin/`);
  await fillSignIn(other, username, password);
  await screen(other, "Dashboard");

  await page.locator("button.account").click();
  await page.getByRole("link", { name: "Your account" }).click();
  await holds("the account stands", () => screen(page, "Your account"));
  await holds("this session is marked", () => page.locator("li[data-session-id]").first().getByText("This one").waitFor());
  const row = page.locator("li[data-session-id]", { hasText: "Firefox on Linux" });
  await holds("the other one is in the list", () => row.waitFor());
  browser.expectRefusal("401 GET /api/v1/events");
  await row.getByRole("button", { name: /^Sign out/ }).click();
  await holds("it can be signed out from here", () => row.waitFor({ state: "detached" }));
  await other.reload();
  await holds("and is", () => screen(other, "Sign in to Cartwright"));
  await other.context().close();

  browser.expectRefusal("400 POST /api/v1/auth/change-password");
  await page.getByLabel("Current password").fill(`${password}-wrong`);
  await page.getByLabel("New password").fill("another quiet walk");
  await page.keyboard.press("Enter");
  await holds("a wrong current password is refused at the field", () => page.locator("input[name='old_password'][aria-invalid='true']").waitFor());
  await equals("and this session goes on", await eventually(() => api.call("GET", "/auth/check"), (it) => it.logged_in, () => "signed out").then((it) => it.logged_in), true);
}
