// The aisles beside the plan: all of them, or the one that was chosen.

import { counted } from "../lib/format.js";
import { closureWords } from "../lib/closures.js";
import { moveBetweenRows } from "../lib/keyboard.js";
import { aisleFacts, blockedWays, floorName, wayName } from "../lib/store_map.js";
import { html, useEffect, useMemo, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { ClosureForm } from "./closure_form.js";
import { Clear } from "./closures.js";
import { Icon } from "./icon.js";
import { bestFirst } from "./picker.js";

/** @import { Aisle, Atlas, Way } from "../lib/store_map.js" */
/** @import { Closure } from "../lib/types.js" */

const FILTERED_FROM = 12;
const SHOWN_MAX = 200;
const LOCATIONS_SHOWN = 12;

/**
 * @param {object} props
 * @param {Atlas} props.atlas
 * @param {Closure[]} props.closures
 * @param {Aisle | null} props.pointed
 * @param {(aisle: Aisle | null) => void} props.onPoint
 * @param {(aisle: Aisle) => void} props.onChoose
 */
export function AisleList({ atlas, closures, pointed, onPoint, onChoose }) {
  const [typed, setTyped] = useState("");
  const blocked = useMemo(() => blockedWays(atlas, closures), [atlas, closures]);
  const found = typed.trim() ? bestFirst(atlas.aisles, typed.trim(), ({ name }) => name) : atlas.aisles;
  return html`<section class="card flush" aria-labelledby="aisles">
    <header class="card-header"><h2 id="aisles">Aisles</h2><span class="muted number">${atlas.aisles.length}</span></header>
    ${atlas.aisles.length > FILTERED_FROM &&
    html`<div class="map-filter">
      <input type="search" class="control" aria-label="Find an aisle" placeholder="Find an aisle" maxlength="128" value=${typed} onInput=${(/** @type {InputEvent} */ event) => setTyped(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
    </div>`}
    ${atlas.aisles.length === 0 && html`<p class="map-none">No way of this map names its aisle. Press a way on the plan instead.</p>`}
    ${typed.trim() && found.length === 0 && html`<p class="map-none">No aisle is called so.</p>`}
    <ul class="map-list aisle-list" onKeyDown=${moveBetweenRows}>
      ${found.slice(0, SHOWN_MAX).map((aisle) => {
        const barred = aisle.ways.filter(({ index }) => blocked.has(index)).length;
        return html`<li key=${aisle.name} data-pointed=${pointed?.name === aisle.name ? "" : undefined} onPointerEnter=${() => onPoint(aisle)} onPointerLeave=${() => onPoint(null)}>
          <button type="button" data-row class="cover strong" onClick=${() => onChoose(aisle)} onFocus=${() => onPoint(aisle)} onBlur=${() => onPoint(null)}>${aisle.name}</button>
          ${barred > 0 && html`<span class="badge danger">${barred === aisle.ways.length ? "Blocked" : "Partly blocked"}</span>`}
          <span class="aisle-facts number">${aisleFacts(aisle).join(" · ")}</span>
        </li>`;
      })}
    </ul>
    ${found.length > SHOWN_MAX && html`<p class="map-none">And ${found.length - SHOWN_MAX} more: type a part of the name.</p>`}
  </section>`;
}

/**
 * @param {object} props
 * @param {Atlas} props.atlas
 * @param {Aisle} props.aisle
 * @param {Way | null} props.way
 * @param {Closure[]} props.closures
 * @param {() => void} props.onClose
 * @param {() => void} props.onReported
 * @param {(id: number) => void} props.onCleared
 */
export function AisleCard({ atlas, aisle, way, closures, onClose, onReported, onCleared }) {
  const [asking, setAsking] = useState(false);
  const [all, setAll] = useState(false);
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    setAsking(false);
    setAll(false);
    heading.current?.focus({ preventScroll: true });
  }, [aisle.name]);
  const blocked = useMemo(() => blockedWays(atlas, closures), [atlas, closures]);
  const own = [...new Set(aisle.ways.flatMap(({ index }) => blocked.get(index) ?? []))];
  const floors = aisle.floors.map(floorName).join(", ");
  const shown = all ? aisle.locations : aisle.locations.slice(0, LOCATIONS_SHOWN);
  return html`<section class="card aisle-card" aria-labelledby="chosen-aisle">
    <header>
      <h2 id="chosen-aisle" tabindex="-1" ref=${heading}>${aisle.name}</h2>
      <button type="button" class="icon-button" aria-label="Back to all aisles" onClick=${onClose}><${Icon} name="close" /></button>
    </header>
    <ul class="aisle-fact-list">
      ${aisleFacts(aisle).map((fact) => html`<li key=${fact} class="badge">${fact}</li>`)}
      ${atlas.floors.length > 1 && html`<li class="badge">${floors}</li>`}
    </ul>
    ${way && wayName(way) !== aisle.name && aisle.ways.length > 1 && html`<p class="muted">Pressed: ${wayName(way)}</p>`}
    ${aisle.locations.length > 0 &&
    html`<div class="aisle-locations">
      <h3>${counted(aisle.locations.length, "location")}</h3>
      <p class="mono">${shown.map((id) => html`<span key=${id}>${id}</span> `)}${aisle.locations.length > shown.length && html` <button type="button" class="linklike plain" onClick=${() => setAll(true)}>${aisle.locations.length - shown.length} more</button>`}</p>
    </div>`}
    ${own.map(
      (closure) => html`<div class="problem" key=${closure.id}>
        <${Icon} name="blocked" />
        <div><p><strong>${closure.aisle ? "Blocked" : `Blocked between ${closure.from} and ${closure.to}`}</strong></p><p>${closureWords(closure)}</p></div>
        <${Clear} closure=${closure} onCleared=${onCleared} />
      </div>`,
    )}
    ${asking
      ? html`<${ClosureForm}
          key=${aisle.name}
          aisle=${aisle}
          way=${way}
          onDone=${() => {
            setAsking(false);
            onReported();
          }}
          onCancel=${() => setAsking(false)}
        />`
      : own.some((closure) => closure.aisle === aisle.name) || html`<${Button} icon="blocked" onClick=${() => setAsking(true)}>Report as blocked<//>`}
  </section>`;
}
