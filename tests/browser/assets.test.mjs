// What can be said about the interface's files without a browser: `node --test tests/browser/`.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { actionText, differences } from "../../assets/ui/lib/audit.js";
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
