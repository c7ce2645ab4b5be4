// Promotions: the form, the state at a moment, and what one does in words.

import { formOf } from "./form.js";
import { categoryLabel, count, money, when } from "./format.js";

/** @import { Promotion } from "./types.js" */

/** @typedef {"running" | "upcoming" | "ended" | "inactive"} PromotionState */

const atOnce = () => new Date().toISOString();

export const promotionForm = formOf({
  name: { label: "Name", kind: "text", required: true, empty: "" },
  kind: { label: "Discount", kind: "text", required: true, empty: "percent" },
  value: { label: "Value", kind: (form) => (form.kind === "amount" ? "money" : "decimal"), required: true, min: 0, empty: "" },
  scope: { label: "On", kind: "text", required: true, empty: "product" },
  product_ids: { label: "Products", kind: "list", empty: [] },
  categories: { label: "Categories", kind: "list", empty: [] },
  message: { label: "Message", kind: "text", empty: "" },
  starts_at: { label: "Starts", kind: "moment", empty: "", cleared: atOnce },
  ends_at: { label: "Ends", kind: "moment", empty: "" },
  active: { label: "Active", kind: "flag", empty: true },
});

/**
 * The request of a save: what it is on goes together, and only the list that belongs to it.
 * @param {Record<string, any>} body
 * @param {import("./form.js").Form} form
 */
export function finishPromotion({ product_ids: products, categories, ...body }, form) {
  if (body.kind !== undefined || body.value !== undefined) body.kind = form.kind;
  const moved = body.scope !== undefined || products !== undefined || categories !== undefined;
  if (moved) body.scope = form.scope;
  if (moved && form.scope === "product") body.product_ids = /** @type {string[]} */ (form.product_ids).map(Number);
  if (moved && form.scope === "category") body.categories = form.categories;
  return body;
}

/**
 * @param {Pick<Promotion, "active" | "starts_at" | "ends_at">} promotion
 * @param {number} nowMs
 * @returns {PromotionState}
 */
export function promotionState({ active, starts_at: start, ends_at: end }, nowMs) {
  if (end !== null && Date.parse(end) <= nowMs) return "ended";
  if (!active) return "inactive";
  return Date.parse(start) > nowMs ? "upcoming" : "running";
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const far = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });

/**
 * "in 3 days"
 * @param {string} moment
 * @param {number} nowMs
 */
export function until(moment, nowMs) {
  const leftMs = Date.parse(moment) - nowMs;
  if (leftMs >= 2 * DAY_MS) return far.format(Math.round(leftMs / DAY_MS), "day");
  if (leftMs >= 2 * HOUR_MS) return far.format(Math.round(leftMs / HOUR_MS), "hour");
  return far.format(Math.max(1, Math.round(leftMs / MINUTE_MS)), "minute");
}

const percents = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 2 });

/**
 * "20% off Dairy › Milk"
 * @param {Promotion} promotion
 * @param {string} currency
 * @param {(id: number) => string} productName
 */
export function inWords({ kind, value, scope, product_ids: products, categories }, currency, productName) {
  const off = kind === "percent" ? percents.format(value / 100) : money(value, currency);
  if (scope === "cart") return `${off} off everything`;
  const [first, ...others] = scope === "product" ? products.slice(0, 1).map(productName).concat(products.slice(1).map(String)) : categories.map(categoryLabel);
  return `${off} off ${first}${others.length ? ` and ${count(others.length)} more` : ""}`;
}

/**
 * "from 20 Nov, 09:00", "20 Nov – 24 Nov"
 * @param {Promotion} promotion
 * @param {number} nowMs
 */
export function windowText({ starts_at: start, ends_at: end }, nowMs) {
  const now = new Date(nowMs);
  return end ? `${when(start, now)} – ${when(end, now)}` : `from ${when(start, now)}, open end`;
}
