// Codes with an item and a weight or a price inside, and which digit says what.

/** @typedef {"fixed" | "item" | "weight" | "price" | "passed" | "check" | "unread"} Part */

/** @type {Record<string, Part>} */
const LETTERS = { I: "item", W: "weight", P: "price", V: "passed", C: "check" };

/** @type {{part: Part, label: string}[]} */
export const PARTS = [
  { part: "fixed", label: "Fixed" },
  { part: "item", label: "Item" },
  { part: "weight", label: "Weight in grams" },
  { part: "price", label: "Price" },
  { part: "passed", label: "Passed over" },
  { part: "check", label: "Check digit" },
  { part: "unread", label: "Not read" },
];

export const RULES_MAX = 32;
export const PATTERN_LENGTH = 13;

/**
 * What each sign of a pattern stands for.
 * @param {string} pattern
 * @returns {Part[]}
 */
export function patternParts(pattern) {
  return [...pattern.toUpperCase()].map((sign) => LETTERS[sign] ?? (/\d/.test(sign) ? "fixed" : "unread"));
}

/**
 * The digits of a code with what each says.
 * @param {{code: string, gtin: {valid: boolean}, rule: {pattern: string} | null, plu: string | null}} reading
 * @returns {{digit: string, part: Part}[]}
 */
export function codeParts({ code, gtin, rule, plu }) {
  const digits = [...code];
  if (rule && rule.pattern.length === digits.length) {
    const parts = patternParts(rule.pattern);
    return digits.map((digit, index) => ({ digit, part: parts[index] }));
  }
  const whole = gtin.valid || plu === code;
  return digits.map((digit, index) => ({ digit, part: !whole ? "unread" : gtin.valid && index === digits.length - 1 ? "check" : "item" }));
}

/**
 * What is wrong with a pattern, before it is sent.
 * @param {string} pattern
 * @param {string[]} others
 * @returns {string | null}
 */
export function patternProblem(pattern, others) {
  if (!pattern) return "Please fill this in.";
  if (pattern.length !== PATTERN_LENGTH) return `It has ${pattern.length} signs: a pattern has ${PATTERN_LENGTH}.`;
  if (!/^0?2/.test(pattern)) return "It begins with 2 or 02: the other codes belong to other shops’ goods.";
  const [, ...runs] = /^\d+(?=[^\d])([IWPV]+)C$/.exec(pattern) ?? [];
  if (runs.length === 0 || !/^(I+(W+|P+)|(W+|P+)I+)$/.test(runs[0].replaceAll("V", ""))) return "Fixed digits, then one run of I, one run of W or P, and C last.";
  return others.includes(pattern) ? "There is another rule with this pattern." : null;
}
