// What is blocked now, and clearing it.

import { ApiError, call } from "../lib/api.js";
import { closureWords } from "../lib/closures.js";
import { ago, counted, exactly } from "../lib/format.js";
import { useNow } from "../lib/resource.js";
import { closureName } from "../lib/store_map.js";
import { tellDone, tellFailed } from "../lib/toast.js";
import { html, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/** @import { Closure } from "../lib/types.js" */

const CLOCK_MS = 30_000;

/**
 * @param {object} props
 * @param {Closure[]} props.closures
 * @param {(id: number) => void} props.onCleared
 * @param {(closure: Closure | null) => void} props.onPoint
 * @param {(closure: Closure) => void} props.onChoose
 */
export function Closures({ closures, onCleared, onPoint, onChoose }) {
  const now = useNow(CLOCK_MS);
  if (closures.length === 0) return null;
  return html`<section class="card flush" aria-labelledby="blocked-now">
    <header class="card-header"><h2 id="blocked-now">Blocked now</h2><span class="muted number">${closures.length}</span></header>
    <ul class="map-list">
      ${closures.map(
        (closure) => html`<li key=${closure.id} data-closure-id=${closure.id} onPointerEnter=${() => onPoint(closure)} onPointerLeave=${() => onPoint(null)}>
          <span class="blocked-icon"><${Icon} name="blocked" /></span>
          <div>
            <button type="button" class="plain-link strong" onClick=${() => onChoose(closure)} onFocus=${() => onPoint(closure)} onBlur=${() => onPoint(null)}>${closureName(closure)}</button>
            <p class="detail">${closureWords(closure)}</p>
            <p class="detail">by ${closure.created_by ?? "the command line"}, <time datetime=${closure.created_at} title=${exactly(closure.created_at)}>${ago(closure.created_at, now)}</time></p>
            ${closure.edges === 0 && html`<p class="note error">The map has no such aisle any more.</p>`}
          </div>
          <${Clear} closure=${closure} onCleared=${onCleared} />
        </li>`,
      )}
    </ul>
  </section>`;
}

/** @param {{closure: Closure, onCleared: (id: number) => void}} props */
export function Clear({ closure, onCleared }) {
  const [busy, setBusy] = useState(false);
  const clear = async () => {
    setBusy(true);
    try {
      await call("DELETE", `/map/closures/${closure.id}`);
    } catch (error) {
      // Somebody else was faster, or its time was up: what was wanted holds.
      if (!(error instanceof ApiError) || error.status !== 404) {
        setBusy(false);
        return tellFailed(error);
      }
    }
    tellDone(`${closureName(closure)} is clear again${closure.edges > 1 ? `, ${counted(closure.edges, "way")}` : ""}.`);
    onCleared(closure.id);
  };
  return html`<${Button} busy=${busy} onClick=${clear} aria-label="Clear ${closureName(closure)}">Clear<//>`;
}
