// The stock ledger in words: what can be booked, and what was.

import { count, weight } from "./format.js";
import { readNumber } from "./form.js";

/** @import { Movement, Product } from "./types.js" */

/**
 * What staff can book.
 * @typedef {object} StockAct
 * @property {string} id
 * @property {string} label  Of the button.
 * @property {string} amount  What the number is.
 * @property {string} hint
 */

/** @type {StockAct[]} */
export const STOCK_ACTS = [
  { id: "receipt", label: "Receive", amount: "Received", hint: "Goods that came in." },
  { id: "count", label: "Count", amount: "Counted", hint: "What is really there: the difference is booked." },
  { id: "shrinkage", label: "Write off", amount: "Lost", hint: "Broken, past its date, stolen." },
  { id: "return", label: "Return", amount: "Brought back", hint: "What a shopper gave back and can be sold again." },
];

/** @type {Record<string, string>} */
const KINDS = { sale: "Sold", receipt: "Received", return: "Returned", adjustment: "Counted", shrinkage: "Written off" };

/** @param {string} kind */
export function kindLabel(kind) {
  return KINDS[kind] ?? kind;
}

/**
 * @param {number} amount  Pieces or grams.
 * @param {Product["unit"]} unit
 */
export function stockText(amount, unit) {
  return unit === "kg" ? weight(amount) : count(amount);
}

/**
 * @param {number} delta
 * @param {Product["unit"]} unit
 */
export function deltaText(delta, unit) {
  return `${delta > 0 ? "+" : delta < 0 ? "−" : ""}${stockText(Math.abs(delta), unit)}`;
}

/**
 * What was typed, in stock units. Weighed goods are typed in kilograms.
 * @param {string} text
 * @param {Product["unit"]} unit
 * @param {string} act
 * @returns {{value: number} | {error: string}}
 */
export function readAmount(text, unit, act) {
  if (!text.trim()) return { error: "How much?" };
  const read = readNumber(text.trim(), unit === "kg" ? 3 : 0, { min: 0, max: 1_000_000 });
  if ("error" in read) return read;
  const value = unit === "kg" ? Math.round(read.value * 1000) : read.value;
  return value === 0 && act !== "count" ? { error: "This must be more than nothing." } : { value };
}

/**
 * What an act does to the stock.
 * @param {string} act
 * @param {number} amount
 * @param {number} stock
 */
export function deltaOf(act, amount, stock) {
  if (act === "count") return amount - stock;
  return act === "shrinkage" ? -amount : amount;
}

/**
 * The request that books it.
 * @param {string} act
 * @param {number} amount
 * @param {number} stock
 * @param {string} note
 */
export function movementRequest(act, amount, stock, note) {
  const said = note.trim() ? { note: note.trim() } : {};
  return act === "count" ? { kind: "adjustment", delta: amount - stock, ...said } : { kind: act, quantity: amount, ...said };
}
