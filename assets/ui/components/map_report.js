// A map with its findings: the plan on one side, what is wrong with it on the other.

import { locate } from "../lib/store_map.js";
import { classes, html, useMemo, useState } from "../lib/ui.js";
import { Findings } from "./findings.js";
import { FloorPlan } from "./floor_plan.js";
import { Legend } from "./plan_legend.js";

/** @import { Atlas } from "../lib/store_map.js" */
/** @import { MapFinding, MapReport as Report } from "../lib/types.js" */

/**
 * @param {object} props
 * @param {Report} props.report
 * @param {Atlas | null} props.atlas  Unless the map cannot be read.
 * @param {string | null} [props.pictureKey]
 * @param {boolean} [props.bar]  A bar stands at the bottom of the screen.
 * @param {any} [props.children]  Beside the plan, above the findings.
 */
export function MapReport({ report, atlas, pictureKey = null, bar = false, children }) {
  const [found, setFound] = useState(/** @type {MapFinding | null} */ (null));
  const [wished, setWished] = useState(/** @type {number | null} */ (null));
  const place = useMemo(() => (found && atlas ? locate(atlas, found.at) : null), [found, atlas]);
  const floors = atlas?.floors ?? [0];
  const floor = wished !== null && floors.includes(wished) ? wished : (floors.find((each) => each === 0) ?? floors[0]);
  const list = html`${children}
    <${Findings}
      report=${report}
      atlas=${atlas}
      found=${found}
      onFind=${(/** @type {MapFinding} */ finding) => {
        setFound(finding);
        const on = atlas && locate(atlas, finding.at)?.spot.floor;
        if (typeof on === "number") setWished(on);
      }}
    />`;
  if (!atlas) return html`<div class="map-side">${list}</div>`;
  return html`<div class=${classes("map-grid", bar && "above-bar")}>
    <div class="map-plan">
      <${FloorPlan} atlas=${atlas} floor=${floor} onFloor=${setWished} pictureKey=${pictureKey} found=${place} caption=${place ? html`<strong>${place.name}</strong>` : ""} />
      <${Legend} atlas=${atlas} />
    </div>
    <div class="map-side">${list}</div>
  </div>`;
}
