// What can be said about the interface's files without a browser: `node --test tests/browser/`.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
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
