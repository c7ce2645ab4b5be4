// The button. One kind is primary on a screen; the rest stay quiet.

import { classes, html } from "../lib/ui.js";
import { Icon } from "./icon.js";

/**
 * @param {object} props
 * @param {"primary" | "plain" | "quiet" | "danger" | "quiet-danger"} [props.kind]
 * @param {"button" | "submit"} [props.type]
 * @param {boolean} [props.busy]  Working: not pressable, and says so.
 * @param {string} [props.icon]
 * @param {any} [props.children]
 */
export function Button({ kind = "plain", type = "button", busy = false, icon, children, ...rest }) {
  return html`<button type=${type} class=${classes("button", kind)} disabled=${busy} aria-busy=${busy} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}<span>${children}</span>
  </button>`;
}

/**
 * One choice of a few, as joined buttons.
 * @param {object} props
 * @param {string} props.label
 * @param {{value: string, label: string, icon?: string}[]} props.options
 * @param {string} props.value
 * @param {(value: string) => void} props.onChange
 */
export function Segmented({ label, options, value, onChange }) {
  return html`<div class="segmented" role="group" aria-label=${label}>
    ${options.map(
      (option) => html`<button
        type="button"
        key=${option.value}
        aria-pressed=${String(option.value === value)}
        onClick=${() => onChange(option.value)}
      >
        ${option.icon && html`<${Icon} name=${option.icon} />`}<span>${option.label}</span>
      </button>`,
    )}
  </div>`;
}
