// A price list comes in: what it would do is shown before anything is done, and what was done can
// be taken back as one act.

import { Button } from "../components/button.js";
import { CatalogueTabs } from "../components/catalogue_tabs.js";
import { Problem } from "../components/dialog.js";
import { ChoiceField } from "../components/field.js";
import { FilePicker } from "../components/file_picker.js";
import { Icon } from "../components/icon.js";
import { ImportChanges, ImportColumns, ImportErrors } from "../components/import_report.js";
import { PastImports } from "../components/past_imports.js";
import { Page, Skeleton } from "../components/page.js";
import { UndoImport } from "../components/undo_import.js";
import { address, ApiError, call, newIdempotencyKey } from "../lib/api.js";
import { count, counted } from "../lib/format.js";
import { importWords, knownColumn, mapParameter, sizeText, unknownHeaders } from "../lib/imports.js";
import { examples, SAMPLE_BYTES } from "../lib/csv_sample.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/ui.js";

/** @import { ImportReport } from "../lib/types.js" */

const FILE_MAX_BYTES = 64 * 1024 * 1024;
const ACCEPT = ".csv,.tsv,.txt,.ndjson,.jsonl,text/csv,text/plain,application/x-ndjson";

export function ImportPage() {
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [done, setDone] = useState(/** @type {ImportReport | null} */ (null));
  const [problem, setProblem] = useState("");
  const [round, setRound] = useState(0);
  const [undos, setUndos] = useState(0);

  /** @param {File | undefined} chosen */
  const choose = (chosen) => {
    if (!chosen) return;
    const tooBig = chosen.size > FILE_MAX_BYTES;
    setProblem(
      tooBig
        ? `${chosen.name} has ${sizeText(chosen.size)}. Here a file has at most ${sizeText(FILE_MAX_BYTES)}; the command line takes larger ones: cartwright import products FILE.`
        : chosen.size === 0
          ? `${chosen.name} is empty.`
          : "",
    );
    if (tooBig || chosen.size === 0) return;
    setDone(null);
    setFile(chosen);
    setRound(round + 1);
  };

  const again = () => {
    setFile(null);
    setDone(null);
  };

  return html`<${Page}
    title="Import and export"
    actions=${html`<a class="button" href=${address("/products/export?format=csv")} download="products.csv"><${Icon} name="download" /><span>Export CSV</span></a>
      <a class="button" href=${address("/products/export?format=ndjson")} download="products.ndjson"><${Icon} name="download" /><span>Export NDJSON</span></a>`}
  >
    <${CatalogueTabs} current="import" />
    <${Problem} text=${problem} />
    ${done
      ? html`<${Done} report=${done} onAgain=${again} onUndone=${() => setUndos(undos + 1)} />`
      : file
        ? html`<${Check} key=${round} file=${file} onOther=${choose} onCancel=${again} onDone=${setDone} />`
        : html`<${FilePicker} accept=${ACCEPT} icon="upload" onFiles=${(/** @type {FileList} */ files) => choose(files[0])}>
            <strong>Drop a price list here, or <span class="linked">choose a file</span></strong>
            <span class="muted">CSV or NDJSON, at most ${sizeText(FILE_MAX_BYTES)}. You see what it would change before anything is changed.</span>
          <//>`}
    ${(!file || done) && html`<${PastImports} key="${done?.id} ${undos}" />`}
  <//>`;
}

/**
 * What a file would do, and the decision.
 * @param {{file: File, onOther: (file: File) => void, onCancel: () => void, onDone: (report: ImportReport) => void}} props
 */
function Check({ file, onOther, onCancel, onDone }) {
  const [choices, setChoices] = useState(/** @type {Record<string, string>} */ ({}));
  const [report, setReport] = useState(/** @type {ImportReport | null} */ (null));
  const [samples, setSamples] = useState(/** @type {Map<string, string>} */ (new Map()));
  const [state, setState] = useState(/** @type {"checking" | "ready" | "applying"} */ ("checking"));
  const [sent, setSent] = useState(0);
  const [problem, setProblem] = useState("");
  const [partial, setPartial] = useState(false);
  // What is shown is of an earlier reading of the columns; an import that failed can be pressed again.
  const [stale, setStale] = useState(false);
  const running = useRef(/** @type {AbortController | null} */ (null));
  // Headers that the appliance does not know are left out until somebody says what they are.
  const strange = useRef(/** @type {Record<string, string>} */ ({}));
  // The same key for the same decision: a press after a lost answer imports nothing twice.
  const idempotencyKey = useRef("");
  useEffect(() => {
    idempotencyKey.current = "";
  }, [choices, partial]);

  useEffect(() => {
    file.slice(0, SAMPLE_BYTES).text().then((text) => setSamples(examples(text)), () => {});
    return () => running.current?.abort();
  }, []);

  // What the file would do is asked again whenever a column is read otherwise.
  useEffect(() => {
    check();
  }, [choices]);

  // An import that is being written is not to be left by a slip.
  useEffect(() => {
    if (state !== "applying") return;
    const ask = (/** @type {Event} */ event) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [state]);

  /**
   * @param {Record<string, unknown>} query
   * @returns {Promise<ImportReport | null | undefined>} `null` if it was stopped, `undefined` if it was refused.
   */
  const send = async (query) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setSent(0);
    setProblem("");
    try {
      const { data } = await call("POST", "/products/import", {
        query: { ...query, map: mapParameter({ ...strange.current, ...choices }) },
        file,
        idempotencyKey: query.dry_run ? undefined : (idempotencyKey.current ||= newIdempotencyKey()),
        onProgress: setSent,
        signal: controller.signal,
      });
      return /** @type {ImportReport} */ (data);
    } catch (error) {
      if (controller.signal.aborted) return null;
      // A file with wrong rows is refused with the same report that a dry run has.
      if (error instanceof ApiError && Array.isArray(error.data.errors) && typeof error.data.rejected === "number") return /** @type {ImportReport} */ (error.data);
      const unknown = error instanceof ApiError ? unknownHeaders(error, { ...strange.current, ...choices }) : [];
      if (unknown.length > 0) {
        for (const header of unknown) strange.current[header] = "";
        return send(query);
      }
      setProblem(/** @type {Error} */ (error).message);
      return undefined;
    }
  };

  const check = async () => {
    setState("checking");
    const answer = await send({ dry_run: true });
    if (answer === null) return;
    if (answer) setReport(answer);
    setStale(!answer);
    setState("ready");
  };

  const apply = async () => {
    setState("applying");
    const answer = await send(partial ? { partial: true } : {});
    if (answer === null) return;
    if (answer?.applied) return onDone(answer);
    if (answer) {
      setReport(answer);
      setProblem("Nothing was imported: the catalogue has changed since the check, and some rows do not fit any more.");
    }
    setState("ready");
  };

  /**
   * @param {string} header
   * @param {string} column
   */
  const choose = (header, column) => setChoices((before) => ({ ...before, [header]: column }));

  const busy = state !== "ready";
  const good = report ? report.new + report.changed : 0;
  return html`
    <section class="card chosen-file" aria-label="The file">
      <div class="file-name">
        <${Icon} name="orders" />
        <div><strong>${file.name}</strong><span class="detail">${sizeText(file.size)}</span></div>
        <label class="button" data-disabled=${state === "applying" ? "" : undefined}>
          <input
            type="file"
            class="visually-hidden"
            accept=${ACCEPT}
            disabled=${state === "applying"}
            onChange=${(/** @type {Event} */ event) => {
              const chosen = /** @type {HTMLInputElement} */ (event.currentTarget).files?.[0];
              if (chosen) onOther(chosen);
            }}
          />
          Other file
        </label>
      </div>
      ${busy && html`<${Progress} sent=${sent} words=${state === "checking" ? "Checking the file…" : "Importing…"} slow=${state === "applying"} />`}
    </section>
    <${Problem} text=${problem} />
    ${problem &&
    !report &&
    html`<div class="report">
      ${samples.size > 0 && html`<${ImportColumns} columns=${guessed(samples, choices)} samples=${samples} choices=${choices} disabled=${busy} onChoose=${choose} onReset=${() => setChoices({})} />`}
      <div class="act-bar">
        <span class="spring"></span>
        <${Button} onClick=${onCancel} disabled=${busy}>Cancel<//>
        <${Button} kind="primary" onClick=${check} busy=${busy}>Check again<//>
      </div>
    </div>`}
    ${!report && !problem && html`<${Skeleton} lines=${8} />`}
    ${report &&
    html`<div class="report" aria-busy=${String(busy)}>
      <${Counts} report=${report} />
      <${ImportColumns}
        columns=${report.columns ?? []}
        samples=${samples}
        choices=${choices}
        disabled=${state === "applying"}
        onChoose=${choose}
        onReset=${() => setChoices({})}
      />
      <${ImportErrors} errors=${report.errors} rejected=${report.rejected}>
        ${good > 0 &&
        html`<div class="errors-choice">
          <${ChoiceField}
            label="What to do with these rows"
            name="partial"
            value=${partial ? "good" : "all"}
            disabled=${state === "applying"}
            onValue=${(/** @type {string} */ value) => setPartial(value === "good")}
            options=${[
              { value: "all", label: "All or nothing", detail: "Correct the file, then import it whole." },
              { value: "good", label: "Import the good rows only", detail: `${counted(report.rejected, "row")} ${report.rejected === 1 ? "is" : "are"} left out.` },
            ]}
          />
        </div>`}
      <//>
      <${ImportChanges} changes=${report.changes ?? []} total=${report.new + report.changed} />
    </div>
    <${Decision} report=${report} busy=${busy} applying=${state === "applying"} partial=${partial} onApply=${apply} onCancel=${onCancel} failed=${stale} />`}
  `;
}

/**
 * The columns of a file that was refused before they were named: what its headers say.
 * @param {Map<string, string>} samples
 * @param {Record<string, string>} choices
 */
function guessed(samples, choices) {
  return [...samples.keys()].map((header) => ({ header, column: choices[header] ?? knownColumn(header) }));
}

/** @param {{sent: number, words: string, slow: boolean}} props */
function Progress({ sent, words, slow }) {
  const arrived = sent >= 1;
  return html`<div class="progress" role="status">
    <progress max="1" value=${arrived ? undefined : sent} aria-label=${words}></progress>
    <span>${words}${arrived && slow ? " A large file takes a minute." : ""}</span>
  </div>`;
}

/** @param {{report: ImportReport}} props */
function Counts({ report }) {
  const tiles = [
    { label: "New", value: report.new, note: "are added" },
    { label: "Changed", value: report.changed, note: "get other values" },
    { label: "Unchanged", value: report.unchanged, note: "say what is there" },
    { label: "Rejected", value: report.rejected, note: report.rejected ? "have errors" : "no errors", wrong: report.rejected > 0 },
  ];
  return html`<dl class="tiles counts">
    ${tiles.map(
      ({ label, value, note, wrong }) => html`<div class="tile" key=${label} data-wrong=${wrong ? "" : undefined}>
        <dt>${label}</dt>
        <dd class="tile-value">${count(value)}</dd>
        <dd class="tile-note">${note}</dd>
      </div>`,
    )}
  </dl>`;
}

/**
 * @param {{report: ImportReport, busy: boolean, applying: boolean, partial: boolean, failed: boolean, onApply: () => void, onCancel: () => void}} props
 */
function Decision({ report, busy, applying, partial, failed, onApply, onCancel }) {
  const good = report.new + report.changed;
  const blocked = report.rejected > 0 && !partial;
  const nothing = good === 0;
  const words = nothing
    ? report.rejected > 0
      ? "There is nothing in this file that can be imported."
      : "Everything in this file is in the catalogue already."
    : blocked
      ? "Nothing is imported while rows have errors."
      : `${importWords({ ...report, rejected: 0 })}${report.rejected ? `; ${counted(report.rejected, "row")} left out` : ""}.`;
  return html`<footer class="act-bar">
    <span role="status">${words}</span>
    <span class="spring"></span>
    <${Button} onClick=${onCancel} disabled=${applying}>Cancel<//>
    <${Button} kind="primary" busy=${applying} disabled=${busy || blocked || nothing || failed} onClick=${onApply}>${nothing ? "Import" : `Import ${counted(good, "product")}`}<//>
  </footer>`;
}

/** @param {{report: ImportReport, onAgain: () => void, onUndone: () => void}} props */
function Done({ report, onAgain, onUndone }) {
  const [asking, setAsking] = useState(false);
  const [undone, setUndone] = useState(false);
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => heading.current?.focus(), []);
  return html`<section class="card import-done" aria-label="Result">
    <span class="round"><${Icon} name=${undone ? "undo" : "check"} /></span>
    <div>
      <h2 tabindex="-1" ref=${heading}>${undone ? "Undone" : "Imported"}</h2>
      <p>${undone ? "The catalogue is as it was before." : `In the catalogue now: ${importWords(report)}.`}</p>
      <div class="problem-actions">
        <a class="button primary" href="#/products">See the products</a>
        ${report.id !== null && !undone && html`<${Button} icon="undo" onClick=${() => setAsking(true)}>Undo this import<//>`}
        <${Button} kind="quiet" onClick=${onAgain}>Import another file<//>
      </div>
    </div>
    ${asking &&
    report.id !== null &&
    html`<${UndoImport}
      id=${report.id}
      report=${report}
      onUndone=${() => {
        setUndone(true);
        onUndone();
      }}
      onClose=${() => setAsking(false)}
    />`}
    </section>
    ${report.errors.length > 0 && html`<div class="report left-out"><${ImportErrors} errors=${report.errors} rejected=${report.rejected} /></div>`}`;
}
