// The imports so far, each with a way back.

import { get } from "../lib/api.js";
import { count, counted, exactly, when } from "../lib/format.js";
import { accountName } from "../lib/people.js";
import { useResource } from "../lib/resource.js";
import { html, useEffect, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Empty, Failed, Skeleton } from "./page.js";
import { UndoImport } from "./undo_import.js";

/** @import { Import } from "../lib/types.js" */

const SHOWN_MAX = 50;
const RUNNING_MS = 2_000;

/** @type {Record<Import["state"], {label: string, kind: string}>} */
const STATES = {
  running: { label: "Running", kind: "warning" },
  done: { label: "Done", kind: "accent" },
  undone: { label: "Undone", kind: "" },
  interrupted: { label: "Interrupted", kind: "danger" },
};

export function PastImports() {
  const imports = useResource((signal) => get("/imports", { query: { limit: SHOWN_MAX }, signal }).then(({ data }) => /** @type {Import[]} */ (data)), []);
  const [asking, setAsking] = useState(/** @type {Import | null} */ (null));
  const { data, error } = imports;
  const running = data?.some(({ state }) => state === "running") ?? false;

  useEffect(() => {
    if (!running) return;
    const timer = setInterval(imports.reload, RUNNING_MS);
    return () => clearInterval(timer);
  }, [running]);

  return html`<section class="past-imports" aria-labelledby="past-imports">
    <header class="section-header"><h2 id="past-imports">Imports so far</h2></header>
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${imports.reload} />`
      : !data
        ? html`<${Skeleton} lines=${4} />`
        : data.length === 0
          ? html`<${Empty} icon="audit" title="Nothing has been imported yet"><p>Each import is listed here, and can be undone as a whole.</p><//>`
          : html`<table class="rows imports">
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col" class="num wide">New</th>
                  <th scope="col" class="num wide">Changed</th>
                  <th scope="col" class="num wide">Rejected</th>
                  <th scope="col">State</th>
                  <th scope="col"><span class="visually-hidden">Undo</span></th>
                </tr>
              </thead>
              <tbody>
                ${data.map((each) => html`<${Row} key=${each.id} entry=${each} onUndo=${() => setAsking(each)} />`)}
              </tbody>
            </table>`}
    ${asking && html`<${UndoImport} id=${asking.id} report=${asking} onUndone=${imports.reload} onClose=${() => setAsking(null)} />`}
  </section>`;
}

/** @param {{entry: Import, onUndo: () => void}} props */
function Row({ entry, onUndo }) {
  const { state } = entry;
  const { label, kind } = STATES[state] ?? { label: state, kind: "" };
  const can = (state === "done" || state === "interrupted") && entry.new + entry.changed > 0;
  return html`<tr data-import-id=${entry.id} data-state=${state}>
    <td>
      <time datetime=${entry.at} title=${exactly(entry.at)} class="strong">${when(entry.at)}</time>
      <span class="detail">Import ${entry.id} · ${who(entry.by)}</span>
      <span class="under">${count(entry.new)} new, ${count(entry.changed)} changed${entry.rejected ? `, ${counted(entry.rejected, "row")} rejected` : ""}</span>
    </td>
    <td class="num wide">${count(entry.new)}</td>
    <td class="num wide">${count(entry.changed)}</td>
    <td class="num wide">${entry.rejected > 0 ? count(entry.rejected) : html`<span class="muted">–</span>`}</td>
    <td><span class="badge ${kind}" title=${entry.undone_at ? exactly(entry.undone_at) : undefined}>${label}</span></td>
    <td class="num">${can && html`<${Button} kind="quiet" icon="undo" aria-label="Undo import ${entry.id}" onClick=${onUndo}>Undo<//>`}</td>
  </tr>`;
}

/** @param {Import["by"]} by */
function who(by) {
  if (by === null || by === undefined) return "command line";
  return typeof by === "number" ? (accountName(by) ?? `account ${by}`) : by;
}
