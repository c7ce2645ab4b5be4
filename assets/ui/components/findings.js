// What is wrong with a map, by gravity and kind; what has a place on the plan can be shown there.

import { counted } from "../lib/format.js";
import { byLevel, findingProduct, LEVEL_DETAILS, LEVEL_LABELS } from "../lib/map_findings.js";
import { locate } from "../lib/store_map.js";
import { html, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/** @import { Atlas } from "../lib/store_map.js" */
/** @import { FindingKind } from "../lib/map_findings.js" */
/** @import { MapFinding, MapReport } from "../lib/types.js" */

const SHOWN = 5;

/**
 * @param {object} props
 * @param {MapReport} props.report
 * @param {Atlas | null} props.atlas
 * @param {MapFinding | null} props.found
 * @param {(finding: MapFinding) => void} props.onFind
 */
export function Findings({ report, atlas, found, onFind }) {
  return html`
    ${byLevel(report).map(
      ({ level, many, kinds }) => html`<section class="card flush findings" key=${level} data-level=${level} aria-labelledby="findings-${level}">
        <header class="card-header">
          <h2 id="findings-${level}">${LEVEL_LABELS[level]}</h2>
          <span class="muted number">${many}</span>
          <p class="detail">${LEVEL_DETAILS[level]}</p>
        </header>
        ${kinds.map((kind) => html`<${Kind} key=${kind.code} kind=${kind} atlas=${atlas} found=${found} onFind=${onFind} />`)}
      </section>`,
    )}
    ${report.more > 0 && html`<p class="map-none muted">${counted(report.more, "other finding")} ${report.more === 1 ? "is" : "are"} not listed: put these right first.</p>`}
  `;
}

/** @param {{kind: FindingKind, atlas: Atlas | null, found: MapFinding | null, onFind: (finding: MapFinding) => void}} props */
function Kind({ kind, atlas, found, onFind }) {
  const [all, setAll] = useState(false);
  const shown = all ? kind.findings : kind.findings.slice(0, SHOWN);
  return html`<div class="finding-kind">
    <h3>${kind.label} ${kind.findings.length > 1 && html`<span class="muted number">${kind.findings.length}</span>`}</h3>
    <ul>
      ${shown.map((finding, index) => html`<${Finding} key=${index} finding=${finding} atlas=${atlas} current=${finding === found} onFind=${onFind} />`)}
    </ul>
    ${shown.length < kind.findings.length && html`<${Button} kind="quiet" onClick=${() => setAll(true)}>Show all ${kind.findings.length}<//>`}
  </div>`;
}

/** @param {{finding: MapFinding, atlas: Atlas | null, current: boolean, onFind: (finding: MapFinding) => void}} props */
function Finding({ finding, atlas, current, onFind }) {
  const product = findingProduct(finding);
  const place = atlas && locate(atlas, finding.at);
  return html`<li data-current=${current ? "" : undefined}>
    <span>${finding.message}</span>
    ${product !== null && html`<a href="#/products/${product}">Open the product</a>`}
    ${place && html`<button type="button" class="linklike plain" aria-pressed=${String(current)} aria-label="Show ${place.name} on the plan" onClick=${() => onFind(finding)}><${Icon} name="pin" />Show</button>`}
    ${!place && product === null && finding.at && !finding.message.includes(finding.at) && html`<code class="muted">${finding.at}</code>`}
  </li>`;
}
