// Another map comes in: what is wrong with it and what it changes is shown before anything is
// changed, and the one before can be had back.

import { ApiError, call } from "../lib/api.js";
import { exampleMap } from "../lib/example_map.js";
import { findingWords, formatWords, isUsable } from "../lib/map_findings.js";
import { sizeText } from "../lib/imports.js";
import { atlasOf, mapWords } from "../lib/store_map.js";
import { tellDone } from "../lib/toast.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Problem } from "./dialog.js";
import { FilePicker } from "./file_picker.js";
import { Icon } from "./icon.js";
import { MapChanges } from "./map_changes.js";
import { MapReport } from "./map_report.js";
import { Skeleton } from "./page.js";

/** @import { MapReport as Report, StoreMap } from "../lib/types.js" */

/** @typedef {{map: StoreMap, etag: string | null}} Present */

const FILE_MAX_BYTES = 32 * 1024 * 1024;
const CONFLICT = "Somebody else changed the map meanwhile.";
const ACCEPT = ".json,.geojson,.tmj,application/json,application/geo+json";

/**
 * @param {object} props
 * @param {Present | null} props.present  The map in use, if there is one.
 * @param {() => void} props.onSaved
 * @param {() => void} props.onStale  Somebody else changed it.
 */
export function MapReplace({ present, onSaved, onStale }) {
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [problem, setProblem] = useState("");
  const [round, setRound] = useState(0);
  const [before, setBefore] = useState(/** @type {{map: StoreMap | null} | null} */ (null));

  /** @param {File | undefined} chosen */
  const choose = (chosen) => {
    if (!chosen) return;
    const wrong = chosen.size > FILE_MAX_BYTES ? `${chosen.name} has ${sizeText(chosen.size)}. A map has at most ${sizeText(FILE_MAX_BYTES)}.` : chosen.size === 0 ? `${chosen.name} is empty.` : "";
    setProblem(wrong);
    if (wrong) return;
    setBefore(null);
    setFile(chosen);
    setRound(round + 1);
  };

  if (before) return html`<${Done} before=${before.map} onBack=${onSaved} onAgain=${() => setBefore(null)} />`;
  if (file) {
    return html`<${Problem} text=${problem} />
      <${Check}
        key=${round}
        file=${file}
        present=${present}
        onOther=${choose}
        onCancel=${() => setFile(null)}
        onStale=${onStale}
        onDone=${() => {
          // The first map takes the place of this screen.
          if (!present) tellDone("This map is in use now.");
          setBefore({ map: present?.map ?? null });
          setFile(null);
          onSaved();
        }}
      />`;
  }
  return html`<${Problem} text=${problem} />
    <${FilePicker} accept=${ACCEPT} icon="upload" onFiles=${(/** @type {FileList} */ files) => choose(files[0])}>
      <strong>Drop a map here, or <span class="linked">choose a file</span></strong>
      <span class="muted">JSON of this shop, GeoJSON or Tiled, at most ${sizeText(FILE_MAX_BYTES)}. You see what is wrong with it and what it changes before anything is changed.</span>
    <//>
    <div class="map-aids">
      <${Button} icon="map" onClick=${() => choose(new File([JSON.stringify(exampleMap(), null, 2)], "example-map.json", { type: "application/json" }))}>Look at a small example<//>
      <a class="button quiet" href="/docs#replaceMap"><${Icon} name="book" /><span>What a map is made of</span></a>
    </div>`;
}

/**
 * @param {{file: File, present: Present | null, onOther: (file: File | undefined) => void, onCancel: () => void, onStale: () => void, onDone: () => void}} props
 */
function Check({ file, present, onOther, onCancel, onStale, onDone }) {
  const [report, setReport] = useState(/** @type {Report | null} */ (null));
  const [problem, setProblem] = useState("");
  const [state, setState] = useState(/** @type {"checking" | "ready" | "saving"} */ ("checking"));
  // What is compared with and replaced. A newer one is told, never replaced unseen.
  const [base, setBase] = useState(present);
  const stale = state !== "saving" && present?.etag !== base?.etag;
  const running = useRef(/** @type {AbortController | null} */ (null));
  const map = report?.map ?? null;
  const atlas = useMemo(() => map && atlasOf(map), [map]);

  const check = async () => {
    const controller = new AbortController();
    running.current = controller;
    setState("checking");
    setProblem("");
    try {
      const { data } = await call("POST", "/map/import", { query: { dry_run: true }, file, signal: controller.signal });
      setReport(data);
    } catch (error) {
      if (controller.signal.aborted) return;
      setProblem(/** @type {Error} */ (error).message);
    }
    setState("ready");
  };
  useEffect(() => {
    check();
    return () => running.current?.abort();
  }, []);

  const save = async () => {
    setState("saving");
    setProblem("");
    try {
      await putInUse(map, base?.etag);
      onDone();
    } catch (error) {
      setState("ready");
      const conflict = error instanceof ApiError && error.status === 412;
      setProblem(conflict ? CONFLICT : /** @type {Error} */ (error).message);
      if (conflict) onStale();
    }
  };

  const compareAgain = () => {
    setProblem("");
    setBase(present);
  };

  const usable = report !== null && isUsable(report);
  return html`
    <section class="card chosen-file" aria-label="The file">
      <div class="file-name">
        <${Icon} name="map" />
        <div>
          <strong>${file.name}</strong>
          <span class="detail">${report && map ? `${formatWords(report.format)}, ${mapWords(report)}` : sizeText(file.size)}</span>
        </div>
        <label class="button">
          <input type="file" class="visually-hidden" accept=${ACCEPT} onChange=${(/** @type {Event} */ event) => onOther(/** @type {HTMLInputElement} */ (event.currentTarget).files?.[0])} />
          Other file
        </label>
      </div>
    </section>
    <${Problem} text=${stale ? CONFLICT : ""}>
      <div class="problem-actions"><${Button} onClick=${compareAgain}>Compare with the new one<//></div>
    <//>
    <${Problem} text=${stale ? "" : problem}>
      ${!report && html`<div class="problem-actions"><${Button} onClick=${check}>Check again<//></div>`}
    <//>
    ${state === "checking" && html`<${Skeleton} lines=${8} />`}
    ${report &&
    html`<${MapReport} report=${report} atlas=${atlas} bar>
      ${report.findings.length === 0 && html`<section class="card map-fine"><span class="round"><${Icon} name="check" /></span><p>Nothing is wrong with this map.</p></section>`}
      ${base && map && html`<${MapChanges} before=${base.map} after=${map} />`}
    <//>`}
    <footer class="act-bar">
      <span role="status">${report ? (usable ? findingWords(report) : "This map cannot be used before its errors are put right.") : ""}</span>
      <span class="spring"></span>
      <${Button} onClick=${onCancel} disabled=${state === "saving"}>Cancel<//>
      <${Button} kind="primary" busy=${state === "saving"} disabled=${state !== "ready" || !usable || stale} onClick=${save}>Use this map<//>
    </footer>
  `;
}

/**
 * What was looked at is what is sent: the file may have changed meanwhile, and maps are larger than
 * other bodies may be.
 * @param {StoreMap | null} map
 * @param {string | null | undefined} etag
 */
function putInUse(map, etag) {
  return call("POST", "/map/import", { file: new Blob([JSON.stringify(map)], { type: "application/json" }), etag });
}

/** @param {{before: StoreMap | null, onBack: () => void, onAgain: () => void}} props */
function Done({ before, onBack, onAgain }) {
  const [state, setState] = useState(/** @type {"" | "busy" | "back"} */ (""));
  const [problem, setProblem] = useState("");
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => heading.current?.focus(), []);

  const takeBack = async () => {
    setState("busy");
    try {
      const { etag } = await call("GET", "/map");
      await putInUse(before, etag);
      setState("back");
      onBack();
    } catch (error) {
      setProblem(/** @type {Error} */ (error).message);
      setState("");
    }
  };

  return html`<section class="card import-done" aria-label="Result">
    <span class="round"><${Icon} name=${state === "back" ? "undo" : "check"} /></span>
    <div>
      <h2 tabindex="-1" ref=${heading}>${state === "back" ? "The map before is back" : "This map is in use now"}</h2>
      <p>${state === "back" ? "Nothing has changed." : "Walks follow it from the next request on."}</p>
      <${Problem} text=${problem} />
      <div class="problem-actions">
        <a class="button primary" href="#/map">See the map</a>
        ${before && state !== "back" && html`<${Button} icon="undo" busy=${state === "busy"} onClick=${takeBack}>Take the one before back<//>`}
        <${Button} kind="quiet" onClick=${onAgain}>Bring in another<//>
      </div>
    </div>
  </section>`;
}
