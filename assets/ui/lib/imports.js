// Imports: which columns there are, and what an import says in words.

import { count, counted } from "./format.js";
import { fieldLabel } from "./product_form.js";

/** @import { ImportReport } from "./types.js" */

/** What a file can give, in the order of the product's form. */
const COLUMNS = [
  "sku",
  "name",
  "brand",
  "category",
  "description",
  "price",
  "scheduled_prices",
  "currency",
  "unit",
  "tax_rate",
  "deposit_id",
  "stock",
  "low_stock",
  "weight_g",
  "tare_g",
  "barcodes",
  "packs",
  "plu",
  "rfid",
  "location",
  "pick_group",
  "min_age",
  "allergens",
  "food_types",
  "images",
  "attributes",
  "active",
];

/** @type {Record<string, string>} */
const LABELS = { currency: "Currency", images: "Pictures", deposit_id: "Deposit (product id)", weight_g: "Weight in grams", tare_g: "Tare in grams" };

/** @param {string} column */
export function columnLabel(column) {
  if (LABELS[column]) return LABELS[column];
  return COLUMNS.includes(column) ? fieldLabel(column) : column;
}

/**
 * @param {string | null} chosen  Stays in the list even if it is not known here.
 * @returns {{value: string, label: string}[]}
 */
export function columnOptions(chosen) {
  const known = chosen && !COLUMNS.includes(chosen) ? [...COLUMNS, chosen] : COLUMNS;
  return [{ value: "", label: "Ignore" }, ...known.map((value) => ({ value, label: columnLabel(value) }))];
}

/**
 * @param {string} header
 * @returns {string | null} The column that a header names by itself.
 */
export function knownColumn(header) {
  const name = header.trim().toLowerCase();
  return COLUMNS.includes(name) ? name : null;
}

/**
 * The parameter `map`: only what somebody chose otherwise.
 * @param {Record<string, string>} choices  Column by header; empty to ignore it.
 */
export function mapParameter(choices) {
  return Object.entries(choices)
    .map(([header, column]) => `${header}=${column}`)
    .join(";");
}

/**
 * The headers that a refusal is about because no column is called so.
 * @param {import("./api.js").ApiError} error
 * @param {Record<string, string>} decided  About these nothing is left to say.
 */
export function unknownHeaders({ status, errors }, decided) {
  if (status !== 400) return [];
  const named = errors.filter(({ message }) => message.startsWith("is no column")).map(({ field }) => field);
  return named.every((header) => canBeMapped(header) && !(header in decided)) ? named : [];
}

/** Whether a header can be named in the parameter. @param {string} header */
export function canBeMapped(header) {
  return !/[=;]/.test(header);
}

/** @param {Pick<ImportReport, "new" | "changed" | "rejected">} report */
export function importWords({ new: added, changed, rejected }) {
  const parts = [];
  if (added) parts.push(`${count(added)} new`);
  if (changed) parts.push(`${count(changed)} changed`);
  const done = parts.length ? parts.join(", ") : "nothing new";
  return rejected ? `${done}, ${counted(rejected, "row")} left out` : done;
}

/**
 * A value of a product as a table has it.
 * @param {unknown} value
 * @returns {string} Empty if there is none.
 */
export function cellText(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(cellText).join(", ");
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value);
  return entries.map(([name, each]) => `${name.replaceAll("_", " ")} ${cellText(each)}`).join(", ");
}

/** @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1024) return counted(bytes, "byte");
  const [amount, unit] = bytes < 1024 ** 2 ? [bytes / 1024, "KiB"] : [bytes / 1024 ** 2, "MiB"];
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: amount < 10 ? 1 : 0 }).format(amount)} ${unit}`;
}
