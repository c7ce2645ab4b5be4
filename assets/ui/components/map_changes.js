// What another map would change.

import { changesOf } from "../lib/store_map.js";
import { html, useMemo } from "../lib/ui.js";

/** @import { StoreMap } from "../lib/types.js" */

const NAMED_MAX = 8;

/** @param {{before: StoreMap, after: StoreMap}} props */
export function MapChanges({ before, after }) {
  const changes = useMemo(() => changesOf(before, after), [before, after]);
  return html`<section class="card map-changes" aria-labelledby="map-changes">
    <h2 id="map-changes">What changes</h2>
    ${changes.length === 0 && html`<p class="muted">Nothing: this is the map in use${before.name === after.name ? "" : ", but for its name"}.</p>`}
    ${changes.map(
      ({ label, added, removed, changed }) => html`<div key=${label}>
        <h3>${label}</h3>
        <dl>
          <${Names} label="new" names=${added} />
          <${Names} label="gone" names=${removed} />
          <${Names} label="changed" names=${changed} />
        </dl>
      </div>`,
    )}
  </section>`;
}

/** @param {{label: string, names: string[]}} props */
function Names({ label, names }) {
  if (names.length === 0) return null;
  const rest = names.length - NAMED_MAX;
  return html`<div>
    <dt><span class="number">${names.length}</span> ${label}</dt>
    <dd>${names.slice(0, NAMED_MAX).join(", ")}${rest > 0 && `, and ${rest} more`}</dd>
  </div>`;
}
