// What the fields of a product are, what they accept, and what is sent when they were emptied.

import { formOf } from "./form.js";

/** @typedef {import("./form.js").Form} ProductForm */

/** @type {Record<string, import("./form.js").FieldRule>} */
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
