// Numbers, money and times as people read them, in the browser's language.

/** @import { Line, Product } from "./types.js" */

/** @type {Map<string, Intl.NumberFormat>} */
const moneyFormats = new Map();

/** @param {string} currency */
function moneyFormat(currency) {
  let format = moneyFormats.get(currency);
  if (!format) {
    format = new Intl.NumberFormat(undefined, { style: "currency", currency });
    moneyFormats.set(currency, format);
  }
  return format;
}

/**
 * @param {number | null | undefined} amount
 * @param {string} currency
 * @returns {string} The amount, or a dash where there is none.
 */
export function money(amount, currency) {
  return amount === null || amount === undefined ? "–" : moneyFormat(currency).format(amount);
}

/**
 * @param {string} currency
 * @returns {number} How many decimals amounts of this currency have.
 */
export function currencyDecimals(currency) {
  return moneyFormat(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

/**
 * @param {string} currency
 * @returns {string} E.g. "€".
 */
export function currencySymbol(currency) {
  return moneyFormat(currency).formatToParts(0).find((part) => part.type === "currency")?.value ?? currency;
}

/**
 * A short amount for the axis of a chart.
 * @param {number} amount
 * @param {string} currency
 */
export function moneyAxis(amount, currency) {
  return new Intl.NumberFormat(undefined, { style: "currency", currency, notation: "compact", maximumFractionDigits: 1, minimumFractionDigits: 0 }).format(amount);
}

const integers = new Intl.NumberFormat();
const weights = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });

/** @param {number} value */
export function count(value) {
  return integers.format(value);
}

/**
 * @param {number} number
 * @param {string} singular
 * @param {string} [plural]
 */
export function counted(number, singular, plural = `${singular}s`) {
  return `${count(number)} ${number === 1 ? singular : plural}`;
}

/** @param {number} grams */
export function weight(grams) {
  return `${weights.format(grams / 1000)} kg`;
}

const lengths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

/** @param {number} length */
export function metres(length) {
  return `${lengths.format(length)} m`;
}

/** @param {Pick<Product, "stock" | "unit">} product */
export function stock(product) {
  return product.unit === "kg" ? weight(product.stock) : count(product.stock);
}

/**
 * "3", or the weight of a weighed line.
 * @param {Pick<Line, "quantity" | "weight_g">} line
 */
export function quantity(line) {
  if (!line.weight_g) return count(line.quantity);
  return line.quantity > 1 ? `${count(line.quantity)} × ${weight(line.weight_g)}` : weight(line.weight_g);
}

const dayAndTime = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const timeOnly = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const withYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
// A calendar day has no time zone: it is built and shown in UTC, so that it never slips by one.
const calendarDay = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
const calendarDayShort = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

/**
 * A moment, as short as it stays clear: the time today, the day this year, else with the year.
 * @param {string | null | undefined} moment  RFC 3339.
 * @param {Date} [now]
 */
export function when(moment, now = new Date()) {
  if (!moment) return "–";
  const date = new Date(moment);
  if (date.toDateString() === now.toDateString()) return timeOnly.format(date);
  return date.getFullYear() === now.getFullYear() ? dayAndTime.format(date) : withYear.format(date);
}

/** @param {string} moment */
export function exactly(moment) {
  return fullTime.format(new Date(moment));
}

/**
 * "just now", "5 min ago", then the moment itself.
 * @param {string | null | undefined} moment
 * @param {number} [nowMs]
 */
export function ago(moment, nowMs = Date.now()) {
  if (!moment) return "never";
  const minutes = Math.floor((nowMs - Date.parse(moment)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return when(moment, new Date(nowMs));
}

/**
 * @param {string} date  `2026-11-20`.
 * @param {{short?: boolean}} [options]
 */
export function day(date, { short = false } = {}) {
  return (short ? calendarDayShort : calendarDay).format(new Date(`${date}T00:00:00Z`));
}

/** @param {string | null | undefined} category */
export function categoryLabel(category) {
  return category ? category.split("/").join(" › ") : "";
}

/**
 * @param {string} word  A state or role, e.g. "pending".
 */
export function capitalised(word) {
  return word.charAt(0).toUpperCase() + word.slice(1).replaceAll("_", " ");
}
