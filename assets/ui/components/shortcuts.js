// The list of keys.

import { helpOpen, SCREENS } from "../lib/keyboard.js";
import { html } from "../lib/ui.js";
import { Dialog } from "./dialog.js";

const KEYS = [
  { keys: ["/"], what: "Search" },
  { keys: ["n"], what: "New product or device" },
  { keys: ["↑", "↓"], what: "Move between rows" },
  { keys: ["Enter"], what: "Open, save" },
  { keys: ["Esc"], what: "Close, clear the search" },
  ...SCREENS.map(({ key, label }) => ({ keys: ["g", key], what: label })),
  { keys: ["?"], what: "This list" },
];

export function Shortcuts() {
  if (!helpOpen.value) return null;
  return html`<${Dialog} title="Keyboard shortcuts" onClose=${() => (helpOpen.value = false)}>
    <dl class="shortcuts">
      ${KEYS.map(
        ({ keys, what }) => html`<div key=${what}>
          <dt>${what}</dt>
          <dd>${keys.map((key) => html`<kbd key=${key}>${key}</kbd>`)}</dd>
        </div>`,
      )}
    </dl>
  <//>`;
}
