// What an import would do: which column is read as what, what is wrong, what changes.

import { count, counted } from "../lib/format.js";
import { canBeMapped, cellText, columnLabel, columnOptions } from "../lib/imports.js";
import { classes, html, useState } from "../lib/ui.js";
import { Button, Segmented } from "./button.js";
import { Select } from "./field.js";
import { Icon } from "./icon.js";

/** @import { ImportChange, ImportReport } from "../lib/types.js" */

const ERRORS_SHOWN = 20;
const CHANGES_SHOWN = 30;
const FIELDS_SHOWN = 5;

/**
 * @param {object} props
 * @param {ImportReport["columns"]} props.columns
 * @param {Map<string, string>} props.samples  A value below each header.
 * @param {Record<string, string>} props.choices  What was chosen otherwise.
 * @param {boolean} props.disabled
 * @param {(header: string, column: string) => void} props.onChoose
 * @param {() => void} props.onReset
 */
export function ImportColumns({ columns, samples, choices, disabled, onChoose, onReset }) {
  const ignored = columns.filter(({ column }) => !column).length;
  const [open, setOpen] = useState(ignored > 0);
  if (columns.length === 0) return null;
  const used = columns.map(({ column }) => column).filter((column) => column !== null);
  const twice = new Set(used.filter((column, index) => used.indexOf(column) !== index));
  return html`<details class="card flush fold" open=${open} onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}>
    <summary>
      <h2>Columns</h2>
      <span class="muted">${counted(columns.length - ignored, "column")} read${ignored ? `, ${count(ignored)} ignored` : ""}</span>
      <${Icon} name="down" />
    </summary>
    <table class="rows columns">
      <thead>
        <tr>
          <th scope="col">Header in the file</th>
          <th scope="col" class="wide">For example</th>
          <th scope="col">Is read as</th>
        </tr>
      </thead>
      <tbody>
        ${columns.map(
          ({ header, column }) => html`<tr key=${header}>
            <td><span class="clip" title=${header}>${header}</span><span class="under clip">${samples.get(header)}</span></td>
            <td class="wide muted"><span class="clip">${samples.get(header) ?? ""}</span></td>
            <td>
              <${Select}
                aria-label="Read “${header}” as"
                value=${choices[header] ?? column ?? ""}
                data-ignored=${column ? undefined : ""}
                disabled=${disabled || !canBeMapped(header)}
                title=${canBeMapped(header) ? undefined : "A header with = or ; cannot be read as something else."}
                onValue=${(/** @type {string} */ value) => onChoose(header, value)}
                options=${columnOptions(column)}
              />
              ${column && twice.has(column) && html`<p class="note error">Another header is read as this too.</p>`}
            </td>
          </tr>`,
        )}
      </tbody>
    </table>
    ${Object.keys(choices).length > 0 && html`<div class="fold-foot"><${Button} kind="quiet" icon="undo" disabled=${disabled} onClick=${onReset}>As the headers say<//></div>`}
  </details>`;
}

/** @param {{errors: ImportReport["errors"], rejected: number, children?: any}} props  `children`: what to do about them. */
export function ImportErrors({ errors, rejected, children }) {
  const [all, setAll] = useState(false);
  if (errors.length === 0) return null;
  const shown = all ? errors : errors.slice(0, ERRORS_SHOWN);
  return html`<section class="card flush" aria-labelledby="import-errors">
    <header class="card-header"><h2 id="import-errors">Errors</h2><span class="muted number">in ${counted(rejected, "row")}</span></header>
    <table class="rows errors">
      <thead>
        <tr>
          <th scope="col" class="num">Line</th>
          <th scope="col" class="wide">Column</th>
          <th scope="col">What is wrong</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          ({ line, field, message }, index) => html`<tr key=${`${line}-${index}`} data-line=${line}>
            <td class="num">${count(line)}</td>
            <td class="wide">${field ? columnLabel(field) : html`<span class="muted">The row</span>`}</td>
            <td class="breaks"><span class="under">${field ? columnLabel(field) : ""}</span>${message}</td>
          </tr>`,
        )}
      </tbody>
    </table>
    <${More} shown=${shown.length} of=${errors.length} cut=${errors.length < rejected} unit="error" onAll=${() => setAll(true)} />
    ${children}
  </section>`;
}

/** @param {{changes: ImportChange[], total: number}} props */
export function ImportChanges({ changes, total }) {
  const [all, setAll] = useState(false);
  const [verdict, setVerdict] = useState("");
  if (changes.length === 0) return null;
  const wanted = changes.filter((change) => !verdict || change.verdict === verdict);
  const shown = all ? wanted : wanted.slice(0, CHANGES_SHOWN);
  const both = changes.some((change) => change.verdict === "new") && changes.some((change) => change.verdict === "changed");
  return html`<section class="card flush" aria-labelledby="import-changes">
    <header class="card-header">
      <h2 id="import-changes">What changes</h2>
      ${both &&
      html`<${Segmented}
        label="Show"
        value=${verdict}
        onChange=${setVerdict}
        options=${[
          { value: "", label: "All" },
          { value: "new", label: "New" },
          { value: "changed", label: "Changed" },
        ]}
      />`}
    </header>
    <table class="rows changes">
      <thead>
        <tr>
          <th scope="col" class="num">Line</th>
          <th scope="col">Product</th>
          <th scope="col" class="wide">Before and after</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          (change) => html`<tr key=${change.line} data-verdict=${change.verdict}>
            <td class="num">${count(change.line)}</td>
            <td>
              <span class="strong">${change.name}</span> ${change.verdict === "new" && html`<span class="badge accent">New</span>`}
              ${change.sku && html`<span class="detail">${change.sku}</span>`}
              <div class="under"><${Fields} change=${change} /></div>
            </td>
            <td class="wide"><${Fields} change=${change} /></td>
          </tr>`,
        )}
      </tbody>
    </table>
    <${More} shown=${shown.length} of=${wanted.length} cut=${total > changes.length} total=${total} unit="product" onAll=${() => setAll(true)} />
  </section>`;
}

/** @param {{change: ImportChange}} props */
function Fields({ change }) {
  const [all, setAll] = useState(false);
  const fields = Object.entries(change.fields).filter(([name]) => change.verdict === "changed" || (name !== "name" && name !== "sku"));
  const shown = all ? fields : fields.slice(0, FIELDS_SHOWN);
  if (fields.length === 0) return null;
  return html`<dl class=${classes("before-after", change.verdict === "new" && "values")}>
    ${shown.map(([name, { before, after }]) => {
      const [was, is] = [cellText(before), cellText(after)];
      return html`<div key=${name}>
        <dt>${columnLabel(name)}</dt>
        <dd>${was && html`<s>${was}</s> `}${is ? html`<span>${is}</span>` : html`<span class="muted">nothing</span>`}</dd>
      </div>`;
    })}
    ${fields.length > shown.length && html`<div><dt class="visually-hidden">And</dt><dd><button type="button" class="linklike plain" onClick=${() => setAll(true)}>${fields.length - shown.length} more</button></dd></div>`}
  </dl>`;
}

/** @param {{shown: number, of: number, cut: boolean, total?: number, unit: string, onAll: () => void}} props */
function More({ shown, of, cut, total, unit, onAll }) {
  if (shown < of) return html`<div class="fold-foot"><${Button} kind="quiet" onClick=${onAll}>Show all ${counted(of, unit)}<//></div>`;
  return cut ? html`<p class="fold-foot muted">The first ${counted(of, unit)}${total ? ` of ${count(total)}` : ""}.</p>` : null;
}
