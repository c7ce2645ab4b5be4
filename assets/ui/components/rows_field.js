// A field of several rows, each with the same few texts: a pack's barcode and how many are in it.

import { classes, html, useId, useRef } from "../lib/ui.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/** @typedef {import("../lib/form.js").Row} Row */

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} label
 * @property {boolean} [numeric]
 * @property {boolean} [scanned]  Enter goes on to the next field: a scanner sends it after the code.
 * @property {string} [prefix]
 * @property {string} [suffix]
 * @property {string} [width]  `narrow` or `wide`; the others share what is left.
 * @property {Record<string, any>} [control]  Goes to the control.
 */

/**
 * @param {object} props
 * @param {string} props.label
 * @param {string} props.name
 * @param {Column[]} props.columns
 * @param {Row[]} props.rows
 * @param {Row} props.blank  A new row.
 * @param {(rows: Row[]) => void} props.onRows
 * @param {string} props.add  What the button says.
 * @param {number} [props.max]
 * @param {boolean} [props.stacked]  On a phone a row needs two lines.
 * @param {string} [props.error]
 * @param {any} [props.hint]
 */
export function RowsField({ label, name, columns, rows, blank, onRows, add, max = Infinity, stacked = false, error, hint }) {
  const id = useId();
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const wrongRow = error ? Number(/^Row (\d+):/.exec(error)?.[1] ?? 1) - 1 : -1;

  /** @param {string} selector */
  const focusLater = (selector) => requestAnimationFrame(() => /** @type {HTMLElement | null | undefined} */ (box.current?.querySelector(selector))?.focus());

  const append = () => {
    onRows([...rows, { ...blank }]);
    focusLater(".row:last-of-type input");
  };

  /** @param {number} index */
  const remove = (index) => {
    onRows(rows.filter((_, other) => other !== index));
    focusLater(rows.length > 1 ? `.row:nth-of-type(${Math.min(index, rows.length - 2) + 1}) input` : ".add-row");
  };

  /**
   * @param {number} index
   * @param {string} column
   * @param {string} text
   */
  const change = (index, column, text) => onRows(rows.map((row, other) => (other === index ? { ...row, [column]: text } : row)));

  /** @param {KeyboardEvent} event */
  const goOn = (event) => {
    const input = /** @type {HTMLElement} */ (event.currentTarget);
    if (event.key !== "Enter") return;
    event.preventDefault();
    /** @type {HTMLInputElement | null | undefined} */ (input.closest(".control")?.nextElementSibling?.querySelector("input"))?.focus();
  };

  return html`<div class="field rows-field" role="group" aria-labelledby=${id} aria-describedby=${error || hint ? `${id}-note` : undefined} data-name=${name} ref=${box}>
    <span class="label" id=${id}>${label}</span>
    ${rows.map(
      (row, index) => html`<div class=${classes("row", stacked && "stacked")} key=${index}>
        ${columns.map(
          (column) => html`<div class=${classes("control", column.numeric && "numeric", column.width)} key=${column.name}>
            ${column.prefix && html`<span class="affix" aria-hidden="true">${column.prefix}</span>`}
            <input
              type="text"
              autocomplete="off"
              inputmode=${column.numeric ? "decimal" : undefined}
              aria-label="${column.label}, row ${index + 1}"
              placeholder=${column.suffix ? undefined : column.label}
              value=${row[column.name] ?? ""}
              aria-invalid=${index === wrongRow ? "true" : undefined}
              onInput=${(/** @type {InputEvent} */ event) => change(index, column.name, /** @type {HTMLInputElement} */ (event.currentTarget).value)}
              onKeyDown=${column.scanned ? goOn : undefined}
              ...${column.control}
            />
            ${column.suffix && html`<span class="affix" aria-hidden="true">${column.suffix}</span>`}
          </div>`,
        )}
        <button type="button" class="icon-button" aria-label="Remove row ${index + 1}" onClick=${() => remove(index)}><${Icon} name="close" /></button>
      </div>`,
    )}
    ${rows.length < max && html`<${Button} kind="quiet" icon="plus" class="button quiet add-row" onClick=${append}>${add}<//>`}
    ${error ? html`<p class="note error" id="${id}-note">${error}</p>` : hint ? html`<p class="note" id="${id}-note">${hint}</p>` : null}
  </div>`;
}
