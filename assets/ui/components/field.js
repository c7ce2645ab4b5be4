// Form fields: a label, a control, a hint, and the refusal that belongs to it.

import { classes, html, useId, useState } from "../lib/ui.js";
import { Icon } from "./icon.js";

/**
 * @typedef {object} FieldProps
 * @property {string} label
 * @property {string} name
 * @property {string} [error]
 * @property {any} [hint]
 * @property {boolean} [optional]
 */

/**
 * A text field; the other properties go to the control.
 * @param {FieldProps & {value: string, onValue: (value: string) => void, prefix?: string, suffix?: string,
 *   multiline?: boolean, numeric?: boolean} & Record<string, any>} props
 */
export function TextField({ label, name, value, onValue, error, hint, prefix, suffix, multiline = false, numeric = false, ...rest }) {
  const id = useId();
  const control = {
    id,
    name,
    value,
    onInput: (/** @type {InputEvent} */ event) => onValue(/** @type {HTMLInputElement} */ (event.currentTarget).value),
    "aria-invalid": error ? "true" : undefined,
    "aria-describedby": error || hint ? `${id}-note` : undefined,
    ...rest,
  };
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${multiline
      ? html`<textarea rows="3" ...${control} onKeyDown=${submitOnCtrlEnter}></textarea>`
      : html`<div class=${classes("control", numeric && "numeric")}>
          ${prefix && html`<span class="affix" aria-hidden="true">${prefix}</span>`}
          <input type="text" inputmode=${numeric ? "decimal" : undefined} autocomplete="off" ...${control} />
          ${suffix && html`<span class="affix" aria-hidden="true">${suffix}</span>`}
        </div>`}
    <${Note} id=${id} error=${error} hint=${hint} />
  </div>`;
}

/** @param {KeyboardEvent} event */
function submitOnCtrlEnter(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    /** @type {HTMLTextAreaElement} */ (event.currentTarget).form?.requestSubmit();
  }
}

/** @param {{id: string, error?: string, hint?: any}} props */
function Note({ id, error, hint }) {
  if (error) return html`<p class="note error" id="${id}-note">${error}</p>`;
  return hint ? html`<p class="note" id="${id}-note">${hint}</p>` : null;
}

/**
 * @param {FieldProps & {value: string, onValue: (value: string) => void, options: {value: string, label: string}[]}} props
 */
export function SelectField({ label, name, value, onValue, error, hint, options }) {
  const id = useId();
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <${Select} id=${id} name=${name} value=${value} onValue=${onValue} options=${options} />
    <${Note} id=${id} error=${error} hint=${hint} />
  </div>`;
}

/**
 * @param {{value: string, onValue: (value: string) => void, options: {value: string, label: string}[]} & Record<string, any>} props
 */
export function Select({ value, onValue, options, ...rest }) {
  return html`<select
    value=${value}
    onChange=${(/** @type {Event} */ event) => onValue(/** @type {HTMLSelectElement} */ (event.currentTarget).value)}
    ...${rest}
  >
    ${options.map((option) => html`<option key=${option.value} value=${option.value} selected=${option.value === value}>${option.label}</option>`)}
  </select>`;
}

/**
 * @param {{label: string, name: string, hint?: string, checked: boolean, onValue: (checked: boolean) => void}} props
 */
export function SwitchField({ label, name, hint, checked, onValue }) {
  const id = useId();
  return html`<div class="field switch">
    <input
      type="checkbox"
      role="switch"
      id=${id}
      name=${name}
      checked=${checked}
      aria-describedby=${hint ? `${id}-note` : undefined}
      onChange=${(/** @type {Event} */ event) => onValue(/** @type {HTMLInputElement} */ (event.currentTarget).checked)}
    />
    <div>
      <label for=${id}>${label}</label>
      <${Note} id=${id} hint=${hint} />
    </div>
  </div>`;
}

/**
 * Several short values. Enter or a comma adds what was typed (a barcode scanner sends Enter),
 * Backspace in the empty field takes the last one back, Enter in the empty field saves the form.
 * @param {FieldProps & {values: string[], onValues: (values: string[]) => void, check?: (value: string) => string | null} & Record<string, any>} props
 */
export function ListField({ label, name, values, onValues, error, hint, check, ...rest }) {
  const id = useId();
  const [text, setText] = useState("");
  const [refusal, setRefusal] = useState("");

  const add = () => {
    const value = text.trim();
    if (!value) return true;
    const wrong = values.includes(value) ? "This is in the list already." : check?.(value);
    setRefusal(wrong ?? "");
    if (wrong) return false;
    onValues([...values, value]);
    setText("");
    return true;
  };

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key === "Backspace" && !text && values.length) {
      event.preventDefault();
      onValues(values.slice(0, -1));
    } else if ((event.key === "Enter" || event.key === ",") && text.trim()) {
      event.preventDefault();
      add();
    }
  };

  const wrong = refusal || error;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <div class="control chips" aria-invalid=${wrong ? "true" : undefined}>
      ${values.map(
        (value) => html`<span class="chip" key=${value}>
          ${value}
          <button type="button" aria-label="Remove ${value}" onClick=${() => onValues(values.filter((other) => other !== value))}>
            <${Icon} name="close" />
          </button>
        </span>`,
      )}
      <input
        type="text"
        autocomplete="off"
        id=${id}
        name=${name}
        value=${text}
        aria-invalid=${wrong ? "true" : undefined}
        aria-describedby=${wrong || hint ? `${id}-note` : undefined}
        onInput=${(/** @type {InputEvent} */ event) => {
          setRefusal("");
          setText(/** @type {HTMLInputElement} */ (event.currentTarget).value);
        }}
        onKeyDown=${onKeyDown}
        onBlur=${add}
        ...${rest}
      />
    </div>
    <${Note} id=${id} error=${wrong} hint=${hint} />
  </div>`;
}

/**
 * Puts the cursor into the first refused field of a form, once it is drawn.
 * @param {HTMLElement | null} form
 */
export function focusFirstError(form) {
  const before = document.activeElement;
  requestAnimationFrame(() => {
    // Whoever has gone on to another field meanwhile is not called back.
    if (document.activeElement !== before && document.activeElement !== document.body) return;
    /** @type {HTMLElement | null | undefined} */ (form?.querySelector("input[aria-invalid], textarea[aria-invalid], select[aria-invalid]"))?.focus();
  });
}

/**
 * One of a few that need a word each.
 * @param {{label: string, name: string, value: string, onValue: (value: string) => void, error?: string, disabled?: boolean, hideLabel?: boolean,
 *   options: {value: string, label: string, detail?: string, badge?: string}[]}} props
 */
export function ChoiceField({ label, name, value, onValue, error, options, disabled = false, hideLabel = false }) {
  const id = useId();
  return html`<fieldset class="choice-field" aria-describedby=${error ? `${id}-note` : undefined}>
    <legend class=${hideLabel ? "visually-hidden" : undefined}>${label}</legend>
    <div class="choice-list">
      ${options.map(
        (option) => html`<label class="choice" key=${option.value}>
          <input
            type="radio"
            name=${name}
            value=${option.value}
            checked=${option.value === value}
            disabled=${disabled}
            aria-invalid=${error ? "true" : undefined}
            onChange=${() => onValue(option.value)}
          />
          <span>
            <strong>${option.label}</strong>${option.badge && html` <span class="badge warning">${option.badge}</span>`}
            ${option.detail && html`<span class="detail">${option.detail}</span>`}
          </span>
        </label>`,
      )}
    </div>
    <${Note} id=${id} error=${error} />
  </fieldset>`;
}
