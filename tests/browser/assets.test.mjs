// What can be said about the interface's files without a browser: `node --test tests/browser/`.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { actionText, differences } from "../../assets/ui/lib/audit.js";
import { codeParts, patternProblem } from "../../assets/ui/lib/barcode_rules.js";
import { treeOf } from "../../assets/ui/lib/categories.js";
import { examples } from "../../assets/ui/lib/csv_sample.js";
import { highlightParts } from "../../assets/ui/lib/highlight.js";
import { mapParameter, unknownHeaders } from "../../assets/ui/lib/imports.js";
import { looseGroups } from "../../assets/ui/lib/lookup.js";
import { movementRequest, readAmount } from "../../assets/ui/lib/stock.js";
import { wallMoment, wallText } from "../../assets/ui/lib/zone.js";
import { localMoment } from "../../assets/ui/lib/form.js";
import { finishPromotion, inWords, promotionForm, promotionState } from "../../assets/ui/lib/promotions.js";
import { programText } from "../../assets/ui/lib/user_agent.js";
import { changedFields, isGtin, requiredFields, toForm, toRequest } from "../../assets/ui/lib/product_form.js";

const ASSETS = fileURLToPath(new URL("../../assets/", import.meta.url));
const files = (folder, ending) => readdirSync(join(ASSETS, folder), { recursive: true }).filter((name) => name.endsWith(ending)).map((name) => join(ASSETS, folder, name));

test("vendored files are the ones that vendor.json names", () => {
  const listed = JSON.parse(readFileSync(join(ASSETS, "vendor/vendor.json"), "utf8"));
  for (const { file, sha256, licence_file: licence } of listed) {
    assert.equal(createHash("sha256").update(readFileSync(join(ASSETS, "vendor", file))).digest("hex"), sha256, file);
    assert.ok(existsSync(join(ASSETS, "vendor", licence)), licence);
  }
  assert.deepEqual(files("vendor", ".js").length, listed.length, "every module is listed");
});

test("modules import each other by relative path, and the path exists", () => {
  for (const file of [...files("ui", ".js"), ...files("vendor", ".js")]) {
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(/^(?:im|ex)port[^"'`;]*?from\s*"([^"]+)"|[;}]import[^"'`;]*?from"([^"]+)"/gm)) {
      if (specifier === undefined) continue;
      assert.match(specifier, /^\.\.?\//, `${file} imports ${specifier}`);
      assert.ok(existsSync(join(dirname(file), specifier)), `${file} imports ${specifier}`);
    }
  }
});

test("the page has no inline script or style", () => {
  const page = readFileSync(join(ASSETS, "ui/index.html"), "utf8");
  assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  for (const file of files("ui", ".js")) assert.doesNotMatch(readFileSync(file, "utf8"), /\sstyle="|innerHTML/, file);
});

test("a form sends what was changed, and nothing else", () => {
  const base = toForm({ name: "Milk", price: 1.29, stock: 4, barcodes: ["4006381333931"], active: true, unit: "each" });
  const form = { ...base, price: "1,39", barcodes: [] };
  const names = changedFields(form, base);
  assert.deepEqual(names, ["price", "barcodes"]);
  assert.deepEqual(toRequest(form, names, 2), { body: { price: 1.39, barcodes: [] }, errors: {} });
});

test("a form refuses what is no amount of the currency", () => {
  const wrong = (price, decimals = 2) => toRequest({ ...toForm(null), name: "Milk", price }, requiredFields(), decimals).errors.price;
  for (const price of ["", "  ", "cheap", "1.299", "-1", "1,000.00", "1e3", "0x10"]) assert.ok(wrong(price), JSON.stringify(price));
  for (const price of ["0", "1", "1.2", "1,29", " 1.29 ", "99999.99"]) assert.equal(wrong(price), undefined, JSON.stringify(price));
  assert.ok(wrong("1.5", 0), "a currency without decimals");
});

test("barcodes are checked by their last digit", () => {
  for (const code of ["4006381333931", "96385074", "036000291452", "10614141000415"]) assert.ok(isGtin(code), code);
  for (const code of ["4006381333932", "123", "40063813339310000", "400638133393x", ""]) assert.ok(!isGtin(code), code);
});

test("packs, later prices and free facts go through the form as they came", () => {
  const record = {
    name: "Cola",
    price: 1.29,
    unit: "each",
    packs: [{ barcode: "4006381333931", quantity: 6 }],
    scheduled_prices: [{ price: 1.49, valid_from: "2999-12-01T00:00:00Z" }],
    deposit_id: 12,
    attributes: { origin: "Austria", pieces: 6, tags: ["a"], none: null },
  };
  const form = toForm(record);
  const { body, errors } = toRequest(form, ["packs", "scheduled_prices", "deposit_id", "attributes"], 2);
  assert.deepEqual(errors, {});
  assert.deepEqual(body, { ...body, packs: record.packs, deposit_id: 12, attributes: record.attributes });
  assert.equal(Date.parse(body.scheduled_prices[0].valid_from), Date.parse("2999-12-01T00:00:00Z"));
  assert.deepEqual(changedFields(toForm(record), form), []);
  assert.deepEqual(toRequest({ ...form, deposit_id: [] }, ["deposit_id"], 2).body, { deposit_id: null });
});

test("a row that is wrong is named, and an empty one is none", () => {
  const of = (name, rows) => toRequest({ ...toForm(null), [name]: rows }, [name], 2);
  assert.match(of("packs", [{ barcode: "4006381333931", quantity: "6" }, { barcode: "4006381333932", quantity: "6" }]).errors.packs, /^Row 2: .*check the digits/);
  assert.match(of("packs", [{ barcode: "4006381333931", quantity: "1" }]).errors.packs, /2 or more/);
  assert.match(of("packs", [{ barcode: "4006381333931", quantity: "6" }, { barcode: "4006381333931", quantity: "12" }]).errors.packs, /already/);
  assert.deepEqual(of("packs", [{ barcode: "", quantity: " " }]), { body: { packs: [] }, errors: {} });
  assert.match(of("scheduled_prices", [{ price: "1,49", from: "2001-01-01T00:00" }]).errors.scheduled_prices, /has passed/);
  assert.match(of("scheduled_prices", [{ price: "1,49", from: "" }]).errors.scheduled_prices, /date and a time/);
  assert.match(of("attributes", [{ name: "", value: "x" }]).errors.attributes, /needs a name/);
});

test("a moment is on the store's clock, in summer and in winter", () => {
  assert.equal(wallMoment("2026-12-01T00:00", "Europe/Vienna"), "2026-11-30T23:00:00.000Z");
  assert.equal(wallMoment("2026-07-01T00:00", "Europe/Vienna"), "2026-06-30T22:00:00.000Z");
  assert.equal(wallMoment("2026-03-29T02:30", "Europe/Vienna"), "2026-03-29T01:30:00.000Z", "an hour that does not exist is the one after");
  assert.equal(wallText("2026-11-30T23:00:00Z", "Europe/Vienna"), "2026-12-01T00:00");
  assert.equal(wallText("2026-12-01T00:00:00Z", "Pacific/Kiritimati"), "2026-12-01T14:00");
  assert.equal(wallMoment("soon", "UTC"), null);
});

test("what a search found is text, whatever the name has in it", () => {
  assert.deepEqual(highlightParts("Dark <b>Choc</b>olate"), [
    { text: "Dark ", hit: false },
    { text: "Choc", hit: true },
    { text: "olate", hit: false },
  ]);
  assert.deepEqual(highlightParts("&lt;b&gt;M&amp;M&#39;s&#x27;"), [{ text: "<b>M&M's'", hit: false }]);
});

test("counts by path become a tree", () => {
  const tree = treeOf({ "Dairy/Milk": 3, Dairy: 1, "Bread/Rolls/Dark": 2 });
  assert.deepEqual(tree.map(({ path, count, total }) => [path, count, total]), [["Bread", 0, 2], ["Dairy", 1, 4]]);
  assert.deepEqual(tree[0].children[0].children[0].path, "Bread/Rolls/Dark");
});

test("each header of a file has an example", () => {
  const found = examples('\ufeffsku;"The ""name""";price\r\nA;"Jam; red";1,20\r\n');
  assert.deepEqual([...found], [["sku", "A"], ['The "name"', "Jam; red"], ["price", "1,20"]]);
  assert.equal(examples('{"sku":"A"}\n').size, 0);
  assert.equal(mapParameter({ Artikel: "name", Notiz: "" }), "Artikel=name;Notiz=");
});

test("stock is booked in pieces or grams, a count as the difference", () => {
  assert.deepEqual(readAmount("1,5", "kg", "receipt"), { value: 1500 });
  assert.deepEqual(movementRequest("shrinkage", 3, 10, " Broken "), { kind: "shrinkage", quantity: 3, note: "Broken" });
  assert.deepEqual(movementRequest("count", 8, 35, ""), { kind: "adjustment", delta: -27 });
  for (const [text, unit] of [["", "each"], ["0", "each"], ["1.5", "each"], ["-1", "each"], ["1.2345", "kg"]]) assert.ok("error" in readAmount(text, unit, "receipt"), text);
  assert.deepEqual(readAmount("0", "each", "count"), { value: 0 });
});

test("each digit of a code says what it is", () => {
  const words = (reading) => codeParts(reading).map(({ part }) => part[0]).join("");
  assert.equal(words({ code: "2112345015002", gtin: { valid: true }, rule: { pattern: "21IIIIIWWWWWC" }, plu: null }), "ffiiiiiwwwwwc");
  assert.equal(words({ code: "96385074", gtin: { valid: true }, rule: null, plu: null }), "iiiiiiic");
  assert.equal(words({ code: "123", gtin: { valid: false }, rule: null, plu: null }), "uuu");
  for (const pattern of ["21IIIIIWWWWWC", "02IIIIIPPPPPC", "20IIIIVPPPPPC"]) assert.equal(patternProblem(pattern, []), null, pattern);
  for (const pattern of ["", "21IIIIIWWWWW", "21IIIIIWWPPPC", "40IIIIIWWWWWC", "21IIWIIWWWWWC"]) assert.ok(patternProblem(pattern, []), pattern);
  assert.ok(patternProblem("21IIIIIWWWWWC", ["21IIIIIWWWWWC"]));
});

test("a promotion sends what it is on as a whole, and only the list that belongs to it", () => {
  const base = promotionForm.toForm({ name: "Milk week", kind: "percent", value: 20, scope: "product", product_ids: [3], categories: [], active: true });
  const form = { ...base, scope: "category", categories: ["Dairy/Milk"], value: "12,5" };
  const { body, errors } = promotionForm.toRequest(form, promotionForm.changedFields(form, base), 2);
  assert.deepEqual(errors, {});
  assert.deepEqual(finishPromotion(body, form), { kind: "percent", value: 12.5, scope: "category", categories: ["Dairy/Milk"] });
  const renamed = { ...base, name: "Butter week" };
  assert.deepEqual(finishPromotion(promotionForm.toRequest(renamed, ["name"], 2).body, renamed), { name: "Butter week" });
});

test("a moment goes through a form to the minute", () => {
  const { body } = promotionForm.toRequest({ ...promotionForm.toForm(null), ends_at: localMoment("2026-11-20T12:34:56Z") }, ["ends_at"], 2);
  assert.equal(body.ends_at, "2026-11-20T12:34:00.000Z");
});

test("a promotion is told in words and by its state", () => {
  const name = (id) => `Product ${id}`;
  assert.equal(inWords({ kind: "percent", value: 20, scope: "category", categories: ["Dairy/Milk", "Bread"], product_ids: [] }, "EUR", name), "20% off Dairy › Milk and 1 more");
  assert.equal(inWords({ kind: "percent", value: 10, scope: "cart", categories: [], product_ids: [] }, "EUR", name), "10% off everything");
  const now = Date.parse("2026-11-20T12:00:00Z");
  const state = (active, start, end) => promotionState({ active, starts_at: start, ends_at: end }, now);
  assert.equal(state(true, "2026-11-20T12:00:00Z", null), "running");
  assert.equal(state(true, "2026-11-20T12:00:01Z", null), "upcoming");
  assert.equal(state(false, "2026-11-20T12:00:00Z", null), "inactive");
  assert.equal(state(true, "2026-11-19T12:00:00Z", "2026-11-20T12:00:00Z"), "ended");
});

test("an entry of the audit log is told in words, with what changed", () => {
  const entry = { action: "product.update", target: "product:12", actor: "user:1", before: { price: 1.29, version: 1 }, after: { price: 1.39, version: 2 } };
  assert.deepEqual(actionText(entry, () => "Milk"), { before: "changed ", after: "", target: { text: "product “Milk”", href: "#/products/12" } });
  assert.deepEqual(differences(entry), [{ name: "price", before: "1.29", after: "1.39" }]);
  const unknown = actionText({ action: "robot.dance", target: "robot:1", before: null, after: null }, () => null);
  assert.deepEqual(unknown, { before: "robot dance ", after: "", target: { text: "robot 1", href: null } });
});

test("browsers are named as people name them", () => {
  assert.equal(programText("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"), "Edge on Windows");
  assert.equal(programText("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"), "Safari on iPhone");
  assert.equal(programText(""), "An unnamed program");
});

test("headers that nobody knows are left out once, and no other refusal is", () => {
  const errors = [{ field: "Remark", message: "is no column that is known. Say what it is" }];
  const refusal = (status, all) => /** @type {any} */ ({ status, errors: all });
  assert.deepEqual(unknownHeaders(refusal(400, errors), {}), ["Remark"]);
  assert.deepEqual(unknownHeaders(refusal(400, errors), { Remark: "" }), []);
  assert.deepEqual(unknownHeaders(refusal(400, [{ field: "price", message: "is in the header twice" }]), {}), []);
  assert.deepEqual(unknownHeaders(refusal(400, [{ field: "a;b", message: "is no column that is known" }]), {}), []);
});

test("loose goods are found by parts of the name or the beginning of the number", () => {
  const good = (name, plu, category) => /** @type {any} */ ({ id: plu, name, plu, category });
  const goods = [good("Apples Elstar", "4128", "Fruit"), good("Pears", "4409", "Fruit"), good("Leek", "4629", "Greens")];
  const found = (wanted) => looseGroups(goods, wanted).flatMap((group) => group.goods.map(({ name }) => `${group.category}/${name}`));
  assert.deepEqual(found(""), ["Fruit/Apples Elstar", "Fruit/Pears", "Greens/Leek"]);
  assert.deepEqual(found("44"), ["Fruit/Pears"]);
  assert.deepEqual(found("star app"), ["Fruit/Apples Elstar"]);
  assert.deepEqual(found("09"), []);
});
