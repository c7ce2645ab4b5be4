// A text to take along, with a button that copies it.

import { html, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";

/**
 * @param {{label: string, text: string, multiline?: boolean, onCopied?: () => void}} props
 */
export function CopyText({ label, text, multiline = false, onCopied }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [copied, setCopied] = useState(false);

  const copy = async () => {
    const done = await copyText(text, box.current);
    setCopied(done);
    if (done) onCopied?.();
  };

  return html`<div class="copy">
    <span class="copy-label">${label}</span>
    <div class="copy-box" data-multiline=${multiline ? "" : undefined}>
      <code ref=${box} tabindex="0" aria-label=${label}>${text}</code>
      <${Button} icon=${copied ? "check" : "copy"} onClick=${copy} aria-label="Copy: ${label}">${copied ? "Copied" : "Copy"}<//>
    </div>
    <span class="visually-hidden" role="status">${copied ? `${label} copied` : ""}</span>
  </div>`;
}

/**
 * Copies a text. The clipboard API is missing on plain-HTTP addresses, where the old command still
 * works on a selection; if that fails too, the text stays selected for the person to copy.
 * @param {string} text
 * @param {HTMLElement | null} shown
 */
async function copyText(text, shown) {
  if (navigator.clipboard) {
    const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
    if (done) return true;
  }
  if (!shown) return false;
  getSelection()?.selectAllChildren(shown);
  return document.execCommand("copy");
}
