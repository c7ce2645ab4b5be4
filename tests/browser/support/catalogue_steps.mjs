// The steps of the journey that keep the catalogue: finding goods, all that a product can have, its
// stock, imports, search words, barcode rules.

import { equals, holds } from "./checks.mjs";
import { newGtin, newPicture, withCheckDigit } from "./goods.mjs";
import { eventually, screen } from "./steps.mjs";

/** @import { Journey } from "./steps.mjs" */

const YEAR_MS = 365 * 24 * 3_600_000;

/** @param {import("playwright-core").Page} page */
const rows = (page) => page.locator("tr[data-product-id]");

/** Waits until the rows are those that the API counts. */
function shows(page, many) {
  return page.waitForFunction((count) => {
    const list = document.querySelector(".catalogue-list [aria-busy]");
    return list?.getAttribute("aria-busy") === "false" && document.querySelectorAll("tr[data-product-id]").length === Math.min(50, count);
  }, many);
}

/**
 * Drops a file, as from a folder beside the browser.
 * @param {import("playwright-core").Locator} target
 * @param {{name: string, mimeType: string, buffer: Buffer}} file
 */
async function dropFile(target, { name, mimeType, buffer }) {
  const transfer = await target.evaluateHandle((_, [text, fileName, type]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], fileName, { type }));
    return data;
  }, [buffer.toString("base64"), name, mimeType]);
  for (const event of ["dragenter", "dragover", "drop"]) await target.dispatchEvent(event, { dataTransfer: transfer });
}

/** @param {Journey} journey */
export async function filterSteps({ api, browser }) {
  const { page } = browser;
  await page.goto(`${api.baseUrl}/admin/#/products`);
  await holds("the products stand", () => screen(page, "Products"));
  const category = (await api.call("GET", "/categories")).find(({ children }) => children.length > 0);
  const side = page.getByRole("complementary", { name: "Filters" });
  const top = side.locator(`a[data-path="${category.path}"]`);
  await holds("the categories stand beside the list, with their products counted", () => top.getByText(new Intl.NumberFormat("en-GB").format(category.total), { exact: true }).waitFor());
  await top.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await holds("arrow keys open a category and go on into it", () => page.waitForFunction((path) => document.activeElement?.getAttribute("data-path") === path, category.children[0].path));
  await page.keyboard.press("Enter");
  await holds("Enter shows what is in it", () => shows(page, category.children[0].total));
  const inner = category.children[0];
  const renamed = `${inner.path} (new)`;
  await side.getByRole("button", { name: /^Rename/ }).click();
  const rename = page.getByRole("dialog", { name: "Rename the category" });
  await rename.getByLabel("Category").fill(renamed);
  await page.keyboard.press("Enter");
  await holds("a category can be renamed", () => side.locator(`a[data-path="${renamed}"][aria-current]`).waitFor());
  await holds("its products go along", () => shows(page, inner.total));
  await api.call("POST", "/categories/rename", { from: renamed, to: inner.path });
  await top.click();
  await holds("the one above has all below it", () => shows(page, category.total));

  const [brand] = await api.call("GET", "/brands");
  await side.locator("a[data-path='']").click();
  const brands = side.getByRole("combobox", { name: "Brand" });
  await brands.fill(brand.name);
  await side.getByRole("option", { name: brand.name }).first().click();
  await holds("a brand narrows the list", () => shows(page, brand.count));
  await side.getByRole("button", { name: `Remove ${brand.name}` }).click();
  await holds("and comes off again", () => page.waitForURL(/#\/products$/));

  const search = page.getByRole("searchbox", { name: "Search products" });
  await search.fill("choclate");
  await holds("a misspelt word is told", () => page.locator(".corrected", { hasText: "chocolate" }).getByText("exactly").waitFor());
  await holds("and what was found is marked", () => rows(page).locator("mark").first().waitFor());
  await page.keyboard.press("Escape");
  await holds("Esc clears the search, and once more leaves it", async () => {
    await page.waitForURL(/#\/products$/);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.activeElement?.matches("[data-search]"));
  });

  const phone = await browser.openPage({ viewport: { width: 390, height: 844 }, hasTouch: true, storageState: await page.context().storageState() });
  await phone.goto(`${api.baseUrl}/admin/#/products`);
  await phone.getByRole("button", { name: "Filter" }).click();
  const sheet = phone.getByRole("dialog", { name: "Filter" });
  await sheet.locator(`a[data-path="${category.path}"]`).click();
  const show = sheet.getByRole("button", { name: /^Show [\d,]+ products?$/ });
  await holds("on a phone the filters are a sheet that says what comes of them", () => show.getByText(new Intl.NumberFormat("en-GB").format(category.total)).waitFor());
  await show.click();
  await sheet.waitFor({ state: "detached" });
  await holds("what narrows the list stays in sight", () => phone.locator(".narrowed").getByText(category.name).waitFor());
  await phone.context().close();
}

/**
 * A product with all that one can have, made and kept through the screens.
 * @param {Journey} journey
 */
export async function goodsSteps({ api, browser }) {
  const { page } = browser;
  const mark = api.bootId.slice(-6);
  const name = `Lemonade ${mark}`;
  const deposit = await api.call("POST", "/products", { name: `Deposit bottle ${mark}`, price: 0.25, stock: 1_000 });
  const [barcode, packCode] = [newGtin(), newGtin()];

  await page.goto(`${api.baseUrl}/admin/#/products`);
  await rows(page).first().waitFor();
  await page.keyboard.press("n");
  const fresh = page.getByRole("dialog", { name: "New product" });
  await fresh.getByLabel("Name", { exact: true }).fill(name);
  await fresh.getByLabel("Price", { exact: true }).fill("1,19");
  await fresh.getByLabel("In stock now").fill("24");
  await fresh.locator(".pictures-field input[type='file']").setInputFiles({ name: "front.png", mimeType: "image/png", buffer: newPicture() });
  await fresh.getByLabel("Barcodes").fill(barcode);
  await page.keyboard.press("Enter");
  await fresh.getByRole("button", { name: "Add a pack" }).click();
  await fresh.getByLabel("Barcode of the pack, row 1").fill("4006381333932");
  await page.keyboard.press("Enter");
  await holds("a scanner's Enter goes on to the number of pieces", () => page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Pieces, row 1"));
  await page.keyboard.type("6");
  await page.keyboard.press("Enter");
  await holds("a pack with a wrong check digit is refused at its row", () => fresh.locator("[data-name='packs'] input[aria-invalid='true']").first().waitFor());
  await fresh.getByLabel("Barcode of the pack, row 1").fill(packCode);
  const allergens = fresh.getByRole("combobox", { name: "Allergens" });
  await allergens.fill("sul");
  await fresh.getByRole("option", { name: "sulphites" }).click();
  await allergens.fill("stardust");
  await page.keyboard.press("Enter");
  await fresh.getByRole("button", { name: "Add product" }).click();
  await holds("a product is added, its picture behind it", () => page.getByText(`Added “${name}”.`).waitFor());

  const made = (await api.call("GET", "/products?limit=1&sort=newest"))[0];
  await equals("with all that was typed", { name: made.name, price: made.price, barcodes: made.barcodes, packs: made.packs, allergens: made.allergens, stock: made.stock }, {
    name,
    price: 1.19,
    barcodes: [barcode],
    packs: [{ barcode: packCode, quantity: 6 }],
    allergens: ["sulphites", "stardust"],
    stock: 24,
  });
  await equals("and its picture", [made.images.length, made.thumbnails.length], [1, 1]);
  const picture = await page.request.get(`${api.baseUrl}${made.thumbnails[0]}`);
  await equals("that anybody can see", [picture.status(), picture.headers()["content-type"].split("/")[0]], [200, "image"]);

  await page.goto(`${api.baseUrl}/admin/#/products/${made.id}`);
  const panel = page.getByRole("dialog", { name });
  await panel.getByLabel("Description").fill("Cloudy, from the barrel.");
  const pictures = panel.locator(".pictures-field");
  await dropFile(pictures, { name: "back.png", mimeType: "image/png", buffer: newPicture() });
  await holds("a second picture arrives that is dropped there", () => pictures.locator(".picture:not(.uploading):nth-of-type(2) img").waitFor());
  const [front, back] = (await api.product(made.id)).images;
  await pictures.getByRole("button", { name: "Move Picture 2 to the left" }).click();
  await holds("and becomes the main one", () => eventually(() => api.product(made.id), ({ images }) => images[0] === back && images[1] === front, ({ images }) => images.join()));
  for (const status of [400, 413, 415, 422]) browser.expectRefusal(`${status} POST /api/v1/products/${made.id}/images`);
  await pictures.locator("input[type='file']").setInputFiles({ name: "drawing.png", mimeType: "image/png", buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>") });
  await holds("what is no picture is refused in words", () => pictures.locator(".note.error", { hasText: "drawing.png" }).waitFor());
  await pictures.getByRole("button", { name: "Forget drawing.png" }).click();
  await pictures.getByRole("button", { name: "Remove Picture 2" }).click();
  await page.getByRole("dialog", { name: "Remove this picture?" }).getByRole("button", { name: "Remove picture" }).click();
  await holds("one can be removed", () => eventually(() => api.product(made.id), ({ images }) => images.length === 1 && images[0] === back, ({ images }) => images.join()));
  await pictures.locator(".picture:nth-of-type(2) img").waitFor({ state: "detached" });

  await panel.getByRole("button", { name: "Schedule a price" }).click();
  await panel.getByLabel("Price, row 1").fill("1.29");
  await panel.getByLabel("From, row 1").fill(new Date(Date.now() + YEAR_MS).toISOString().slice(0, 16));
  const deposits = panel.getByRole("combobox", { name: "Deposit" });
  await deposits.fill(deposit.name);
  await panel.getByRole("option", { name: deposit.name }).click();
  await panel.getByLabel("Low at").fill("10");
  await panel.getByRole("button", { name: "Add a fact" }).click();
  await panel.getByLabel("Name, row 1").fill("origin");
  await panel.getByLabel("Value, row 1").fill("Austria");
  await panel.getByRole("button", { name: "Save" }).click();
  await holds("pictures that came meanwhile are no conflict", () => page.getByText(`Saved “${name}”.`).waitFor());
  const kept = await api.product(made.id);
  await equals("all of it is kept", { description: kept.description, price: kept.scheduled_prices[0]?.price, deposit: kept.deposit_id, low: kept.low_stock, attributes: kept.attributes }, {
    description: "Cloudy, from the barrel.",
    price: 1.29,
    deposit: deposit.id,
    low: 10,
    attributes: { origin: "Austria" },
  });
  const distanceMs = Math.abs(Date.parse(kept.scheduled_prices[0].valid_from) - (Date.now() + YEAR_MS));
  await equals("the later price comes within a day of what was typed, whatever the zone", distanceMs < 24 * 3_600_000, true);
  await holds("the list has its picture", () => page.locator(`tr[data-product-id="${made.id}"] img.thumbnail`).waitFor({ state: "attached" }).catch(() => page.getByRole("searchbox", { name: "Search products" }).fill(name).then(() => page.locator(`tr[data-product-id="${made.id}"] img.thumbnail`).waitFor({ state: "attached" }))));

  await stockSteps({ api, browser, id: made.id, name });
  for (const id of [made.id, deposit.id]) await api.call("DELETE", `/products/${id}`);
  // The audit log mentions them for ever, and may ask for their names.
  for (const id of [made.id, deposit.id]) browser.expectRefusal(`404 GET /api/v1/products/${id}`);
}

/** The ledger of a product that has 24 pieces and is low at 10. */
async function stockSteps({ api, browser, id, name }) {
  const { page } = browser;
  await page.goto(`${api.baseUrl}/admin/#/products/${id}?tab=stock`);
  const panel = page.getByRole("dialog", { name });
  await holds("the ledger has how the stock came", () => panel.locator("[data-movement-id]").first().waitFor());
  const book = async (act, amount, note) => {
    await panel.getByRole("button", { name: act, exact: true }).first().click();
    await panel.locator("input[name='amount']").fill(amount);
    await panel.locator("input[name='note']").fill(note);
    await page.keyboard.press("Enter");
    await panel.locator("[data-movement-id]", { hasText: note }).waitFor();
  };
  const noted = (text) => panel.locator("[data-movement-id]", { hasText: text });
  await panel.locator("input[name='amount']").fill("some");
  await page.keyboard.press("Enter");
  await holds("an amount that is no number is marked", () => panel.locator("input[name='amount'][aria-invalid='true']").waitFor());
  await book("Receive", "12", "Delivery note 4711");
  await holds("a delivery is booked, with its note and the stock after it", () => noted("Delivery note 4711").getByText("+12", { exact: true }).waitFor());
  await equals("and in stock", (await api.product(id)).stock, 36);
  await book("Write off", "2", "Broken");
  await holds("a loss takes away", () => noted("Broken").getByText("−2", { exact: true }).waitFor());
  await book("Return", "1", "Not opened");
  await book("Count", "8", "Shelf counted");
  await holds("a count books the difference", () => noted("Shelf counted").getByText("−27", { exact: true }).waitFor());
  const product = await api.product(id);
  await equals("the ledger's sum is the stock", product.stock, 8);
  await equals("which is low now", product.is_low, true);
  await panel.getByRole("button", { name: "Close" }).last().click();
  await panel.waitFor({ state: "detached" });
  await page.getByRole("complementary", { name: "Filters" }).getByLabel("Low stock only").check();
  await holds("and listed as such", () => page.locator(`tr[data-product-id="${id}"] td:nth-child(5)`).getByText("Low", { exact: true }).waitFor());
}

/** @param {Journey} journey */
export async function importSteps({ api, browser }) {
  const { page } = browser;
  const mark = api.bootId.slice(-6);
  const [known] = await api.scannable();
  const price = Math.round((known.price + 0.2) * 100) / 100;
  const find = async () => (await api.call("GET", "/products?limit=3&sort=newest")).filter(({ sku }) => sku.startsWith(`IMP-${mark}`));
  const file = {
    name: "prices.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(
      [
        "sku;What it is called;price;Remark",
        `IMP-${mark}-1;Imported jam ${mark};2,49;new`,
        `IMP-${mark}-2;"Imported ""best"" tea ${mark}";3,10;`,
        `IMP-${mark}-3;Imported mistake ${mark};-1;`,
        `${known.sku};${known.name};${price.toFixed(2).replace(".", ",")};dearer`,
      ].join("\r\n"),
    ),
  };
  await page.goto(`${api.baseUrl}/admin/#/products/import`);
  await holds("the import stands", () => screen(page, "Import and export"));
  browser.expectRefusal("400 POST /api/v1/products/import");
  await dropFile(page.locator(".file-picker"), file);
  const called = page.getByLabel("Read “What it is called” as");
  await holds("the columns are shown, with an example each", () => page.locator(".columns tr", { has: called }).locator("td:nth-child(2)").getByText(`Imported jam ${mark}`).waitFor());
  await called.selectOption({ label: "Name" });
  const tile = (label) => page.locator(".counts .tile", { has: page.locator("dt", { hasText: label }) }).locator("dd").first();
  const says = (label, text) => page.waitForFunction(([each, value]) => [...document.querySelectorAll(".counts .tile")].some((it) => it.querySelector("dt")?.textContent === each && it.querySelector("dd")?.textContent === value), [label, text]);
  await holds("another column is read at once: two are new", () => says("New", "2"));
  await equals("one changes, one is rejected", [await tile("Changed").textContent(), await tile("Rejected").textContent()], ["1", "1"]);
  await holds("the error has its line", () => page.locator(".errors tr[data-line='4']").getByText("Price").first().waitFor());
  await holds("the change has what was before and what comes", () => page.locator("tr[data-verdict='changed'] td:nth-child(3) s", { hasText: String(known.price) }).first().waitFor());
  await equals("nothing was written yet", (await find()).length, 0);

  const apply = page.getByRole("button", { name: /^Import \d/ });
  await equals("nothing can be imported while a row is wrong", await apply.isDisabled(), true);
  await page.getByLabel("Import the good rows only").check();
  await apply.click();
  await holds("the good rows are imported", () => page.getByText("In the catalogue now: 2 new, 1 changed").waitFor());
  await equals("as the API has it", (await find()).map(({ name }) => name).sort(), [`Imported "best" tea ${mark}`, `Imported jam ${mark}`]);
  await equals("with the new price", (await api.product(known.id)).price, price);

  await page.getByRole("button", { name: "Undo this import" }).click();
  const ask = page.getByRole("dialog", { name: /^Undo import/ });
  await holds("an undo says what it does", () => ask.getByText("2 products that it added are deleted.").waitFor());
  await ask.getByRole("button", { name: "Undo the import" }).click();
  await ask.waitFor({ state: "detached" });
  await holds("and the list of imports says so", () => page.locator("tr[data-import-id]").first().getByText("Undone", { exact: true }).waitFor());
  await equals("the new ones are gone", (await find()).length, 0);
  await equals("and the price is what it was", (await api.product(known.id)).price, known.price);

  const exported = await page.request.get(`${api.baseUrl}${await page.getByRole("link", { name: "Export CSV" }).getAttribute("href")}`);
  await equals("the catalogue can be taken away", [exported.status(), exported.headers()["content-type"]], [200, "text/csv; charset=utf-8"]);
}

/** @param {Journey} journey */
export async function wordsSteps({ api, browser }) {
  const { page } = browser;
  const mark = api.bootId.slice(-6);
  const missed = [{ query: `missed ${mark}`, count: 7, last_at: new Date().toISOString(), results: 0 }];
  // The report is written in batches, minutes apart: here it says what the journey needs.
  await page.route("**/api/v1/reports/searches?*", (route) => route.fulfill({ json: missed }));
  await page.goto(`${api.baseUrl}/admin/#/products/words`);
  await holds("the search words stand", () => screen(page, "Search words"));
  await page.locator(`[data-query="missed ${mark}"]`).getByRole("link", { name: /^Make a synonym/ }).click();
  const panel = page.getByRole("dialog", { name: "New group" });
  await holds("a search that found nothing begins a group", () => panel.getByRole("button", { name: `Remove missed ${mark}` }).waitFor());
  browser.expectRefusal("400 POST /api/v1/synonyms");
  await panel.getByRole("button", { name: "Add group" }).click();
  await holds("one word is no group", () => panel.locator("input[name='words'][aria-invalid='true'], .problem").first().waitFor());
  await panel.getByLabel("Words").fill(`found ${mark}`);
  await page.keyboard.press("Enter");
  await panel.getByRole("button", { name: "Add group" }).click();
  const row = page.locator("tr[data-group-id]", { hasText: `found ${mark}` });
  await holds("two are", () => row.waitFor());
  await holds("and the search is known now", () => page.locator(`[data-query="missed ${mark}"]`).getByText("In a group").waitFor());
  await row.getByRole("link").click();
  const open = page.getByRole("dialog", { name: `missed ${mark}` });
  await open.getByLabel("Words").fill(`third ${mark}`);
  await page.keyboard.press("Enter");
  await open.getByRole("button", { name: "Save" }).click();
  await holds("a word can be added", () => row.getByText(`third ${mark}`).waitFor());
  await row.getByRole("link").click();
  await open.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog", { name: /^Delete “/ }).getByRole("button", { name: "Delete group" }).click();
  await holds("a confirmed deletion takes it away", () => row.waitFor({ state: "detached" }));
  await page.unroute("**/api/v1/reports/searches?*");
}

/**
 * Somebody at the scales looks for the number of what lies there.
 * @param {Journey} journey
 */
export async function lookupSteps({ api, browser }) {
  const { page } = browser;
  const goods = await api.call("GET", "/products/lookup");
  await page.goto(`${api.baseUrl}/admin/#/lookup`);
  await holds("the loose goods stand", () => screen(page, "Loose goods"));
  const tiles = page.locator(".loose-tile");
  await holds("all of them, with pictures", () => tiles.locator("img").first().waitFor());
  await equals("as many as the API has", await tiles.count(), goods.length);
  const wanted = goods.at(-1);
  await page.keyboard.press("/");
  await page.keyboard.type(wanted.plu);
  await holds("a number finds its goods", () => page.waitForFunction((plu) => {
    const shown = [...document.querySelectorAll(".loose-tile")];
    return shown.length > 0 && shown.every((tile) => tile.getAttribute("data-plu")?.startsWith(plu));
  }, wanted.plu));
  await page.locator(`.loose-tile[data-plu="${wanted.plu}"]`).click();
  await holds("and leads to the product", () => page.getByRole("dialog", { name: wanted.name }).waitFor());
}

/** @param {Journey} journey */
export async function barcodeSteps({ api, browser }) {
  const { page } = browser;
  const weighed = (await api.call("GET", "/products?limit=1000")).find(({ unit, plu }) => unit === "kg" && plu && plu.length <= 5);
  const code = withCheckDigit(`21${weighed.plu.padStart(5, "0")}01500`);
  await page.goto(`${api.baseUrl}/admin/#/products/codes`);
  await holds("the barcode rules stand", () => screen(page, "Barcode rules"));
  const before = (await api.call("GET", "/barcode-rules")).rules;
  const field = page.getByLabel("Code", { exact: true });
  await field.waitFor();
  await page.keyboard.press("/");
  await page.locator(":focus").and(field).waitFor();
  await page.keyboard.type(code);
  await page.keyboard.press("Enter");
  const reading = page.locator(".reading");
  await holds("a scanned code is explained", () => reading.getByRole("link", { name: weighed.name }).waitFor());
  await equals("its digits say what they are", await reading.locator(".code-digits [data-part='weight']").allTextContents(), [..."01500"]);
  await equals("and the next scan takes its place", await field.evaluate((input) => input.selectionEnd - input.selectionStart), code.length);

  await page.getByRole("button", { name: "Add a rule" }).click();
  const pattern = page.getByLabel(`Pattern of rule ${before.length + 1}`);
  await pattern.fill("29IIIIIPPPPP");
  await page.keyboard.press("Enter");
  await holds("a pattern that is too short is refused at its field", () => page.locator(".rule input[aria-invalid='true']").waitFor());
  await pattern.fill("29iiiiippppp" + "c");
  await field.fill(withCheckDigit(`29${weighed.plu.padStart(5, "0")}00249`));
  await page.keyboard.press("Enter");
  await holds("a rule can be tried before it is saved", () => reading.locator("[data-part='price']").first().waitFor());
  await equals("and was not saved by that", (await api.call("GET", "/barcode-rules")).rules.length, before.length);
  await pattern.focus();
  await page.keyboard.press("Enter");
  await holds("Enter saves", () => page.getByText("The next scan is read by these rules").waitFor());
  await equals("the API has it", (await api.call("GET", "/barcode-rules")).rules.at(-1), { pattern: "29IIIIIPPPPPC", strict_check_digit: true });
  await page.getByRole("button", { name: `Remove rule ${before.length + 1}` }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await holds("and it can go again", () => eventually(() => api.call("GET", "/barcode-rules"), ({ rules }) => rules.length === before.length, ({ rules }) => `${rules.length} rules`));
}
