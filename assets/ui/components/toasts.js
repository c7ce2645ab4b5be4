// The stack of short messages.

import { dismiss, toasts } from "../lib/toast.js";
import { html } from "../lib/ui.js";
import { Icon } from "./icon.js";

export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.value.map(
      (toast) => html`<div class="toast" data-kind=${toast.kind} key=${toast.id}>
        <${Icon} name=${toast.kind === "done" ? "check" : "warning"} />
        <p>${toast.text}</p>
        <button type="button" class="icon-button" aria-label="Dismiss" onClick=${() => dismiss(toast.id)}><${Icon} name="close" /></button>
      </div>`,
    )}
  </div>`;
}
