// A product as text in form fields and back: what the fields are, what they accept, and which
// of them a save has to send. Pure, so that it can be tried without a browser.

/** @import { Product } from "./types.js" */

/** @typedef {Record<string, string | string[] | boolean>} ProductForm */

/**
 * @typedef {object} FieldRule
 * @property {string} label
 * @property {"text" | "money" | "integer" | "decimal" | "list" | "flag"} kind
 * @property {boolean} [required]
 * @property {number} [min]
 * @property {number} [max]
 * @property {string | string[] | boolean} empty  The form's value for a new product.
 * @property {string | number | null} [cleared]  What is sent when the field was emptied; `null` by default.
 */

/** @type {Record<string, FieldRule>} */
const RULES = {
  name: { label: "Name", kind: "text", required: true, empty: "" },
  brand: { label: "Brand", kind: "text", empty: "", cleared: "" },
  category: { label: "Category", kind: "text", empty: "", cleared: "" },
  description: { label: "Description", kind: "text", empty: "", cleared: "" },
  price: { label: "Price", kind: "money", required: true, min: 0, empty: "" },
  unit: { label: "Sold by", kind: "text", empty: "each" },
  tax_rate: { label: "Tax", kind: "decimal", min: 0, max: 100, empty: "", cleared: 0 },
  stock: { label: "Stock", kind: "integer", min: 0, empty: "", cleared: 0 },
  sku: { label: "SKU", kind: "text", empty: "" },
  barcodes: { label: "Barcodes", kind: "list", empty: [] },
  plu: { label: "PLU", kind: "text", empty: "" },
  rfid: { label: "RFID tags", kind: "list", empty: [] },
  location: { label: "Location", kind: "text", empty: "" },
  weight_g: { label: "Weight", kind: "integer", min: 0, empty: "" },
  pick_group: { label: "Picked up", kind: "integer", empty: "0", cleared: 0 },
  min_age: { label: "Minimum age", kind: "integer", min: 0, max: 99, empty: "" },
  allergens: { label: "Allergens", kind: "list", empty: [] },
  food_types: { label: "Food types", kind: "list", empty: [] },
  active: { label: "On sale", kind: "flag", empty: true },
};

/**
 * The form for a product, or for a new one.
 * @param {Product | null} product
 * @returns {ProductForm}
 */
export function toForm(product) {
  return Object.fromEntries(
    Object.entries(RULES).map(([name, rule]) => {
      const value = product ? product[/** @type {keyof Product} */ (name)] : undefined;
      if (value === undefined || value === null) return [name, rule.empty];
      if (rule.kind === "list" || rule.kind === "flag") return [name, /** @type {string[] | boolean} */ (value)];
      return [name, String(value)];
    }),
  );
}

/**
 * @param {ProductForm} form
 * @param {ProductForm} base  The form as it was before editing.
 * @returns {string[]} Names of the fields that differ.
 */
export function changedFields(form, base) {
  return Object.keys(RULES).filter((name) => JSON.stringify(form[name]) !== JSON.stringify(base[name]));
}

/**
 * The request for a save: only `names` are read, checked and sent.
 * @param {ProductForm} form
 * @param {string[]} names
 * @param {number} moneyDecimals
 * @returns {{body: Record<string, unknown>, errors: Record<string, string>}}
 */
export function toRequest(form, names, moneyDecimals) {
  /** @type {Record<string, unknown>} */
  const body = {};
  /** @type {Record<string, string>} */
  const errors = {};
  for (const name of names) {
    const outcome = readField(form[name], RULES[name], moneyDecimals);
    if ("error" in outcome) errors[name] = outcome.error;
    else body[name] = outcome.value;
  }
  return { body, errors };
}

/**
 * @param {string} name
 * @returns {string} What people call the field.
 */
export function fieldLabel(name) {
  return RULES[name].label;
}

/** @returns {string[]} The fields that a new product cannot do without. */
export function requiredFields() {
  return Object.keys(RULES).filter((name) => RULES[name].required);
}

/**
 * @param {string | string[] | boolean} value
 * @param {FieldRule} rule
 * @param {number} moneyDecimals
 * @returns {{value: unknown} | {error: string}}
 */
function readField(value, rule, moneyDecimals) {
  if (typeof value !== "string") return { value };
  const text = value.trim();
  if (!text) return rule.required ? { error: "Please fill this in." } : { value: rule.cleared ?? null };
  if (rule.kind === "text") return { value: text };
  const decimals = rule.kind === "money" ? moneyDecimals : rule.kind === "decimal" ? 2 : 0;
  return readNumber(text, decimals, rule);
}

/**
 * Accepts a decimal comma as well as a point; thousands are not grouped.
 * @param {string} text
 * @param {number} decimals
 * @param {FieldRule} rule
 * @returns {{value: number} | {error: string}}
 */
function readNumber(text, decimals, { min, max }) {
  const plain = text.replace(",", ".");
  if (!/^-?\d{1,12}(\.\d+)?$/.test(plain)) return { error: "This must be a number." };
  if ((plain.split(".")[1] ?? "").length > decimals) {
    return { error: decimals ? `At most ${decimals} decimals.` : "This must be a whole number." };
  }
  const number = Number(plain);
  if (min !== undefined && number < min) return { error: `This must be ${min} or more.` };
  if (max !== undefined && number > max) return { error: `This must be ${max} or less.` };
  return { value: number };
}

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
