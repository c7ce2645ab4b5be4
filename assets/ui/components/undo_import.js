// Takes an import back, after saying what that means; then says what could not be taken back.

import { call, LONG_MS, newIdempotencyKey } from "../lib/api.js";
import { counted } from "../lib/format.js";
import { tellDone } from "../lib/toast.js";
import { html, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Confirm, Dialog } from "./dialog.js";

/** @typedef {{id: number, restored: number, deleted: number, kept: {product_id: number, sku: string, reason: string}[]}} Undone */

/**
 * @param {{id: number, report: {new: number, changed: number}, onUndone: () => void, onClose: () => void}} props
 */
export function UndoImport({ id, report, onUndone, onClose }) {
  const [undone, setUndone] = useState(/** @type {Undone | null} */ (null));

  // The same key for a second press: after a lost answer it gets that answer.
  const idempotencyKey = useRef("");
  const undo = async () => {
    idempotencyKey.current ||= newIdempotencyKey();
    const { data } = await call("POST", `/imports/${id}/undo`, { idempotencyKey: idempotencyKey.current, timeoutMs: LONG_MS });
    onUndone();
    if (data.kept.length > 0) return setUndone(data);
    tellDone(`Import ${id} is undone: ${words(data)}.`);
    onClose();
  };

  if (undone) return html`<${Kept} undone=${undone} onClose=${onClose} />`;
  return html`<${Confirm} title="Undo import ${id}?" action="Undo the import" onConfirm=${undo} onClose=${onClose}>
    <ul class="points">
      ${report.new > 0 && html`<li>${counted(report.new, "product")} that it added ${report.new === 1 ? "is" : "are"} deleted.</li>`}
      ${report.changed > 0 && html`<li>${counted(report.changed, "product")} that it changed ${report.changed === 1 ? "gets" : "get"} back what was there before.</li>`}
      <li>Products that somebody has edited since stay as they are, and are named to you.</li>
    </ul>
  <//>`;
}

/** @param {Undone} undone */
function words({ restored, deleted }) {
  const parts = [];
  if (deleted) parts.push(`${counted(deleted, "product")} deleted`);
  if (restored) parts.push(`${counted(restored, "product")} put back`);
  return parts.join(", ") || "there was nothing to take back";
}

/** @param {{undone: Undone, onClose: () => void}} props */
function Kept({ undone, onClose }) {
  return html`<${Dialog} title="Import ${undone.id} is undone" onClose=${onClose}>
    <div class="dialog-content">
      <p>${words(undone)}. ${counted(undone.kept.length, "product")} ${undone.kept.length === 1 ? "stays" : "stay"} as ${undone.kept.length === 1 ? "it is" : "they are"}:</p>
      <ul class="kept">
        ${undone.kept.map(
          ({ product_id: productId, sku, reason }) => html`<li key=${productId}>
            <a href="#/products/${productId}" onClick=${onClose}>${sku || `Product ${productId}`}</a><span class="muted">${reason}</span>
          </li>`,
        )}
      </ul>
    </div>
    <footer class="dialog-footer"><${Button} kind="primary" onClick=${onClose}>Done<//></footer>
  <//>`;
}
