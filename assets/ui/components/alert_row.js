// One alert: what was noticed, how sure that is, where and when.

import { alertIcon, alertWords, confidenceWord, differenceText, sentence } from "../lib/alerts.js";
import { ago, exactly } from "../lib/format.js";
import { accountName } from "../lib/people.js";
import { knownProductName } from "../lib/product_names.js";
import { html } from "../lib/ui.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/** @import { Alert } from "../lib/types.js" */

/** @param {{alert: Alert, now: number, changed: boolean, onClear: () => void}} props */
export function AlertRow({ alert, now, changed, onClear }) {
  const sure = confidenceWord(alert);
  const product = alert.product_id === null ? null : knownProductName(alert.product_id);
  const difference = differenceText(alert);
  return html`<li class="alert" data-alert-id=${alert.id} data-state=${alert.state} data-changed=${changed ? "" : undefined}>
    <span class="alert-icon"><${Icon} name=${alertIcon(alert.kind)} /></span>
    <div class="alert-words">
      <h2>${alertWords(alert.kind)}</h2>
      ${alert.detail && html`<p>${sure && html`<span class="badge" title="How sure the trolley is: ${Math.round(alert.confidence * 100)} %">${sure}</span> `}${sentence(alert.detail)}</p>`}
      <p class="detail alert-facts">
        <a href="#/devices/${alert.device_id}" data-row=${alert.state === "cleared" ? "" : undefined}>${alert.device_name}</a>
        ${product && html`<a href="#/products/${alert.product_id}">${product}</a>`}
        ${difference && html`<span class="number">${difference}</span>`}
        <time datetime=${alert.at} title=${exactly(alert.at)}>${ago(alert.at, now)}</time>
      </p>
      ${alert.state === "cleared" &&
      html`<p class="detail">Cleared${by(alert)}${alert.cleared_at ? html`, <time datetime=${alert.cleared_at} title=${exactly(alert.cleared_at)}>${ago(alert.cleared_at, now)}</time>` : ""}${alert.note ? html`: <q>${alert.note}</q>` : ""}</p>`}
    </div>
    ${alert.state === "open" && html`<${Button} data-row onClick=${onClear} aria-label="Clear: ${alertWords(alert.kind)}, ${alert.device_name}">Clear<//>`}
  </li>`;
}

/** @param {Alert} alert */
function by({ cleared_by: who }) {
  if (who === null) return " by itself";
  return ` by ${typeof who === "number" ? (accountName(who) ?? `account ${who}`) : who}`;
}
