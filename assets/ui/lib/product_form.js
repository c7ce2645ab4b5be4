// What the fields of a product are, what they accept, and what is sent when they were emptied.

import { formOf, readNumber } from "./form.js";
import { productName } from "./product_names.js";
import { storeZone, wallMoment, wallShown, wallText } from "./zone.js";

/** @typedef {import("./form.js").Form} ProductForm */
/** @typedef {import("./form.js").Row} Row */
/** @typedef {import("./form.js").Codec} Codec */

export const PACKS_MAX_PIECES = 999;
export const SCHEDULED_MAX = 8;

/**
 * Rows that somebody began and left empty are no rows.
 * @param {Row[]} rows
 */
const filled = (rows) => rows.filter((row) => Object.values(row).some((text) => text.trim() !== ""));

/**
 * Reads each row; the first that is wrong is named.
 * @param {Row[]} rows
 * @param {(row: Row, others: Row[]) => {value: any} | {error: string}} read
 * @returns {{value: any[]} | {error: string}}
 */
function readRows(rows, read) {
  const values = [];
  for (const [index, row] of rows.entries()) {
    if (filled([row]).length === 0) continue;
    const outcome = read(row, rows.slice(0, index));
    if ("error" in outcome) return { error: rows.length > 1 ? `Row ${index + 1}: ${outcome.error}` : outcome.error };
    values.push(outcome.value);
  }
  return { value: values };
}

/** @type {Codec} */
const packs = {
  write: (value) => value.map((/** @type {any} */ pack) => ({ barcode: String(pack.barcode), quantity: String(pack.quantity) })),
  read: (rows) =>
    readRows(rows, (row, others) => {
      const barcode = row.barcode.trim();
      if (!isGtin(barcode)) return { error: "This is no valid EAN or UPC: check the digits." };
      if (others.some((other) => other.barcode.trim() === barcode)) return { error: "This barcode is in the list already." };
      const quantity = readNumber(row.quantity.trim(), 0, { min: 2, max: PACKS_MAX_PIECES });
      return "error" in quantity ? { error: `How many pieces? ${quantity.error}` } : { value: { barcode, quantity: quantity.value } };
    }),
  show: (rows) => rows.map((/** @type {Row} */ { barcode, quantity }) => `${barcode} × ${quantity}`).join(", "),
};

/** @type {Codec} */
const scheduledPrices = {
  write: (value) => value.map((/** @type {any} */ each) => ({ price: String(each.price), from: wallText(each.valid_from, storeZone.peek()) })),
  read(rows, _, moneyDecimals) {
    const read = readRows(rows, (row, others) => {
      const price = readNumber(row.price.trim(), moneyDecimals, { min: 0 });
      if ("error" in price) return { error: `The price: ${price.error}` };
      const from = wallMoment(row.from, storeZone.peek());
      if (!from) return { error: "From when? A date and a time." };
      if (Date.parse(from) <= Date.now()) return { error: "This moment has passed: set the price itself instead." };
      if (others.some((other) => other.from === row.from)) return { error: "There is another price for this moment." };
      return { value: { price: price.value, valid_from: from } };
    });
    if ("error" in read) return read;
    return { value: read.value.sort((a, b) => a.valid_from.localeCompare(b.valid_from)) };
  },
  show: (rows) => rows.map((/** @type {Row} */ { price, from }) => `${price} from ${wallShown(from)}`).join(", "),
};

/** A reference to another product, as a list of at most one id. @type {Codec} */
const reference = {
  write: (value) => [String(value)],
  read: (ids) => ({ value: ids.length ? Number(ids[0]) : null }),
  show: (ids) => ids.map((/** @type {string} */ id) => productName(Number(id))).join(", "),
};

/** Free members: texts stay texts, and what was no text stays what it was. @type {Codec} */
const attributes = {
  write: (value) =>
    Object.entries(value).map(([name, each]) => {
      if (typeof each === "string") return { name, value: each };
      const json = JSON.stringify(each);
      return { name, value: json, json };
    }),
  read(rows) {
    const read = readRows(rows, (row, others) => {
      const name = row.name.trim();
      if (!name) return { error: "This needs a name." };
      if (others.some((other) => other.name.trim() === name)) return { error: `There is another “${name}”.` };
      return { value: [name, attributeValue(row)] };
    });
    return "error" in read ? read : { value: Object.fromEntries(read.value) };
  },
  show: (rows) => rows.map((/** @type {Row} */ row) => `${row.name}: ${row.value}`).join(", "),
};

/** @param {Row} row */
function attributeValue({ value, json }) {
  if (json === undefined) return value;
  try {
    const [now, before] = [JSON.parse(value), JSON.parse(json)];
    if (typeof now === typeof before || now === null || before === null) return now;
  } catch {
    // No number any more, or whatever it was: a text.
  }
  return value;
}

/** @type {Record<string, import("./form.js").FieldRule>} */
const RULES = {
  name: { label: "Name", kind: "text", required: true, empty: "" },
  brand: { label: "Brand", kind: "text", empty: "", cleared: "" },
  category: { label: "Category", kind: "text", empty: "", cleared: "" },
  description: { label: "Description", kind: "text", empty: "", cleared: "" },
  price: { label: "Price", kind: "money", required: true, min: 0, empty: "" },
  scheduled_prices: { label: "Later prices", kind: "list", codec: scheduledPrices, empty: [] },
  unit: { label: "Sold by", kind: "text", empty: "each" },
  tax_rate: { label: "Tax", kind: "decimal", min: 0, max: 100, empty: "", cleared: 0 },
  deposit_id: { label: "Deposit", kind: "list", codec: reference, empty: [] },
  stock: { label: "Stock", kind: "integer", min: 0, empty: "", cleared: 0 },
  low_stock: { label: "Low at", kind: "integer", min: 0, empty: "" },
  weight_g: { label: "Weight", kind: "integer", min: 0, empty: "" },
  tare_g: { label: "Tare", kind: "integer", min: 0, empty: "" },
  barcodes: { label: "Barcodes", kind: "list", empty: [] },
  packs: { label: "Packs", kind: "list", codec: packs, empty: [] },
  sku: { label: "SKU", kind: "text", empty: "" },
  plu: { label: "PLU", kind: "text", empty: "" },
  rfid: { label: "RFID tags", kind: "list", empty: [] },
  location: { label: "Location", kind: "text", empty: "" },
  pick_group: { label: "Picked up", kind: "integer", empty: "0", cleared: 0 },
  min_age: { label: "Minimum age", kind: "integer", min: 0, max: 99, empty: "" },
  allergens: { label: "Allergens", kind: "list", empty: [] },
  food_types: { label: "Food types", kind: "list", empty: [] },
  attributes: { label: "More facts", kind: "list", codec: attributes, empty: [] },
  active: { label: "On sale", kind: "flag", empty: true },
};

export const productForm = formOf(RULES);
export const { toForm, changedFields, toRequest, fieldLabel, requiredFields } = productForm;

/**
 * Whether a code has the length and the check digit of a GTIN (GTIN-8, 12, 13 or 14).
 * @param {string} code
 */
export function isGtin(code) {
  if (!/^(\d{8}|\d{12,14})$/.test(code)) return false;
  const digits = [...code].map(Number).reverse();
  const sum = digits.slice(1).reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10 === digits[0];
}
