// One setting: what it is for, what it is, and if it cannot be changed here, why.

import { CHOICES, settingLabel, settingSuffix, settingText, whereElse } from "../lib/settings.js";
import { html } from "../lib/ui.js";
import { ChoiceField, ListField, SelectField, SwitchField, TextField } from "./field.js";
import { Icon } from "./icon.js";

/** @import { SettingDetail } from "../lib/types.js" */

/** @typedef {string | string[] | boolean} Draft  What a control holds. */

/** Completions that the browser knows. */
const KNOWN = { time_zone: "timeZone", currency: "currency" };

/**
 * @param {SettingDetail} setting
 * @param {unknown} value  As the API has it.
 * @returns {Draft} As its control has it.
 */
export function draftOf({ kind }, value) {
  if (kind === "list") return Array.isArray(value) ? value : [];
  if (kind === "switch") return value === true;
  return value === null || value === undefined ? "" : String(value);
}

/**
 * What is sent: `null` goes back to the default.
 * @param {SettingDetail} setting
 * @param {Draft} draft
 */
export function settingValue(setting, draft) {
  if (typeof draft !== "string") return JSON.stringify(draft) === JSON.stringify(draftOf(setting, setting.default)) ? null : draft;
  const text = draft.trim();
  if (text === "" || text === draftOf(setting, setting.default)) return null;
  return setting.kind === "number" && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

/**
 * @param {object} props
 * @param {SettingDetail} props.setting
 * @param {unknown} props.value  What the next start finds.
 * @param {Draft} props.draft
 * @param {string} [props.error]
 * @param {boolean} props.waiting  For a restart.
 * @param {(draft: Draft) => void} props.onChange
 */
export function SettingField({ setting, value, draft, error, waiting, onChange }) {
  const { key } = setting;
  return html`<div class="setting" data-key=${key}>
    ${setting.editable
      ? html`<${Control} setting=${setting} draft=${draft} error=${error} onChange=${onChange} />`
      : html`<div class="field read-only">
          <span class="label">${settingLabel(key)}</span>
          <div class="fixed">${setting.secret ? (value ? "Set; never shown" : "Not set") : value === null ? "Not set" : settingText(choiceLabel(key, value))}</div>
          <p class="note">${sentence(setting.about)}</p>
          <p class="note reason"><${Icon} name="lock" /><span>${whereElse(setting)}</span></p>
        </div>`}
    ${waiting && html`<p class="note waiting">Until the restart: ${setting.secret ? "the one before" : settingText(choiceLabel(key, setting.running))}</p>`}
  </div>`;
}

/** @param {{setting: SettingDetail, draft: Draft, error?: string, onChange: (draft: Draft) => void}} props */
function Control({ setting, draft, error, onChange }) {
  const { key, kind, about } = setting;
  const choices = CHOICES[key];
  const common = { label: settingLabel(key), name: key, error, onValue: onChange };
  if (choices?.some(({ detail }) => detail)) {
    return html`<${ChoiceField} ...${common} value=${draft} options=${choices} />`;
  }
  const hint = html`${sentence(about)}${defaultNote(setting)}`;
  if (choices) return html`<${SelectField} ...${common} value=${draft} options=${choices} hint=${hint} />`;
  if (kind === "switch") return html`<${SwitchField} label=${common.label} name=${key} hint=${hint} checked=${draft} onValue=${onChange} />`;
  if (kind === "list") return html`<${ListField} label=${common.label} name=${key} error=${error} hint=${hint} values=${draft} onValues=${onChange} />`;
  const known = knownValues(key);
  return html`<${TextField}
      ...${common}
      value=${draft}
      numeric=${kind === "number"}
      suffix=${settingSuffix(key)}
      placeholder=${setting.default === null ? "Not set" : String(setting.default)}
      hint=${hint}
      autocapitalize="none"
      spellcheck=${false}
      list=${known.length ? `${key}-known` : undefined}
    />
    ${known.length > 0 && html`<datalist id="${key}-known">${known.map((each) => html`<option key=${each} value=${each}></option>`)}</datalist>`}`;
}

/** @param {SettingDetail} setting */
function defaultNote({ key, kind, default: usual }) {
  if (usual === null || kind === "list" || kind === "switch") return "";
  return ` Default: ${settingText(choiceLabel(key, usual))}.`;
}

/**
 * @param {string} key
 * @param {unknown} value
 */
export function choiceLabel(key, value) {
  return CHOICES[key]?.find((each) => each.value === value)?.label ?? value;
}

/** @param {string} text */
function sentence(text) {
  return `${capital(text)}.`;
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {string} key */
function knownValues(key) {
  const what = KNOWN[/** @type {keyof KNOWN} */ (key)];
  return what && Intl.supportedValuesOf ? Intl.supportedValuesOf(/** @type {"currency"} */ (what)) : [];
}
