// A record as text in form fields and back: what the fields are, what they accept, and which of
// them a save has to send. Pure, so that it can be tried without a browser.

/** @typedef {Record<string, string>} Row  One line of a field that has several, each with the same few texts. */
/** @typedef {Record<string, string | string[] | boolean | Row[]>} Form */

/**
 * How a field of a shape of its own stands in the form.
 * @typedef {object} Codec
 * @property {(value: any) => Form[string]} write  From the record.
 * @property {(value: any, form: Form, moneyDecimals: number) => {value: unknown} | {error: string}} read  For the request.
 * @property {(value: any) => string} show  In words, short.
 */

/**
 * @typedef {object} FieldRule
 * @property {string} label
 * @property {"text" | "verbatim" | "money" | "integer" | "decimal" | "moment" | "list" | "flag" | ((form: Form) => "money" | "decimal")} kind
 *   A `verbatim` text is sent with its spaces; a `moment` is the text of a local date and time.
 * @property {Codec} [codec]  Instead of what the kind says.
 * @property {boolean | "new"} [required]  `"new"`: only of a new record.
 * @property {number} [min]
 * @property {number} [max]
 * @property {Form[string]} empty  The form's value for a new record.
 * @property {any} [cleared]  What is sent when the field was emptied; `null` by default. A function is called.
 */

/**
 * The functions of a form with these fields.
 * @param {Record<string, FieldRule>} rules
 */
export function formOf(rules) {
  return {
    /**
     * The form for a record, or for a new one.
     * @param {any} record
     * @returns {Form}
     */
    toForm: (record) => Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, written(record?.[name], rule)])),

    /**
     * @param {Form} form
     * @param {Form} base  The form as it was before editing.
     * @returns {string[]} Names of the fields that differ.
     */
    changedFields: (form, base) => Object.keys(rules).filter((name) => JSON.stringify(form[name]) !== JSON.stringify(base[name])),

    /**
     * The request for a save: only `names` are read, checked and sent.
     * @param {Form} form
     * @param {string[]} names
     * @param {number} moneyDecimals
     * @returns {{body: Record<string, any>, errors: Record<string, string>}}
     */
    toRequest(form, names, moneyDecimals) {
      /** @type {Record<string, any>} */
      const body = {};
      /** @type {Record<string, string>} */
      const errors = {};
      for (const name of names) {
        const outcome = readField(form, name, rules[name], moneyDecimals);
        if ("error" in outcome) errors[name] = outcome.error;
        else body[name] = outcome.value;
      }
      return { body, errors };
    },

    /**
     * @param {string} name
     * @returns {string} What people call the field.
     */
    fieldLabel: (name) => rules[name].label,

    /**
     * @param {string} name
     * @param {Form[string]} value
     * @returns {string} In words.
     */
    fieldText(name, value) {
      if (typeof value === "boolean") return value ? "on" : "off";
      const { codec } = rules[name];
      const text = codec ? codec.show(value) : Array.isArray(value) ? value.join(", ") : value;
      return text === "" ? "nothing" : text;
    },

    /** @returns {string[]} The fields that a new record cannot do without. */
    requiredFields: () => Object.keys(rules).filter((name) => rules[name].required),
  };
}

/**
 * @param {any} value
 * @param {FieldRule} rule
 */
function written(value, rule) {
  if (value === undefined || value === null) return rule.empty;
  if (rule.codec) return rule.codec.write(value);
  if (rule.kind === "list") return value.map(String);
  if (rule.kind === "flag") return value;
  return rule.kind === "moment" ? localMoment(value) : String(value);
}

/**
 * @param {Form} form
 * @param {string} name
 * @param {FieldRule} rule
 * @param {number} moneyDecimals
 * @returns {{value: unknown} | {error: string}}
 */
function readField(form, name, rule, moneyDecimals) {
  const value = form[name];
  if (rule.codec) return rule.codec.read(value, form, moneyDecimals);
  if (typeof value !== "string") return { value };
  const kind = typeof rule.kind === "function" ? rule.kind(form) : rule.kind;
  const text = kind === "verbatim" ? value : value.trim();
  if (!text) {
    if (rule.required) return { error: "Please fill this in." };
    return { value: typeof rule.cleared === "function" ? rule.cleared() : (rule.cleared ?? null) };
  }
  if (kind === "text" || kind === "verbatim") return { value: text };
  if (kind === "moment") return readMoment(text);
  const decimals = kind === "money" ? moneyDecimals : kind === "decimal" ? 2 : 0;
  return readNumber(text, decimals, rule);
}

/**
 * Accepts a decimal comma as well as a point; thousands are not grouped.
 * @param {string} text
 * @param {number} decimals
 * @param {{min?: number, max?: number}} limits
 * @returns {{value: number} | {error: string}}
 */
export function readNumber(text, decimals, { min, max }) {
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
 * @param {string} text  `2026-11-20T09:30`, as a date-time field has it.
 * @returns {{value: string} | {error: string}}
 */
function readMoment(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? { error: "This must be a date and a time." } : { value: date.toISOString() };
}

/**
 * A moment as a date-time field has it: in the browser's time zone, to the minute.
 * @param {string} moment  RFC 3339.
 */
export function localMoment(moment) {
  const date = new Date(moment);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
