// The list of keys.

import { helpOpen } from "../lib/keyboard.js";
import { screensFor } from "../lib/screens.js";
import { session } from "../lib/session.js";
import { html } from "../lib/ui.js";
import { Dialog } from "./dialog.js";

const KEYS = [
  { keys: ["/"], what: "Search" },
  { keys: ["n"], what: "New product, promotion, device or account" },
  { keys: ["↑", "↓"], what: "Move between rows" },
  { keys: ["Enter"], what: "Open, save" },
  { keys: ["Esc"], what: "Close, clear the search" },
  { keys: ["?"], what: "This list" },
];

export function Shortcuts() {
  if (!helpOpen.value) return null;
  const screens = screensFor(session.value.user).map(({ key, label }) => ({ keys: ["g", key], what: label }));
  return html`<${Dialog} title="Keyboard shortcuts" onClose=${() => (helpOpen.value = false)}>
    <dl class="shortcuts">
      ${[...KEYS, ...screens].map(
        ({ keys, what }) => html`<div key=${what}>
          <dt>${what}</dt>
          <dd>${keys.map((key) => html`<kbd key=${key}>${key}</kbd>`)}</dd>
        </div>`,
      )}
    </dl>
  <//>`;
}
