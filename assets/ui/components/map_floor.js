// The map in use: the plan, its aisles, and what is blocked. Which floor and which aisle is in the
// address.

import { link, navigate, route } from "../lib/router.js";
import { aisleFacts, aisleOf, blockedWays, nearestWay, wayBetween } from "../lib/store_map.js";
import { html, useMemo, useState } from "../lib/ui.js";
import { AisleCard, AisleList } from "./aisles.js";
import { Closures } from "./closures.js";
import { FloorPlan } from "./floor_plan.js";
import { Legend } from "./plan_legend.js";

/** @import { Aisle, Atlas, Spot, Way } from "../lib/store_map.js" */
/** @import { Closure } from "../lib/types.js" */
/** @import { Resource } from "../lib/resource.js" */

const PARTED = "~";

/**
 * @param {object} props
 * @param {Atlas} props.atlas
 * @param {string} props.pictureKey
 * @param {Resource<Closure[]>} props.closures
 */
export function MapFloor({ atlas, pictureKey, closures }) {
  const { query } = route.value;
  const [pointed, setPointed] = useState(/** @type {Aisle | null} */ (null));
  const blocked = closures.data ?? [];
  const [from, to] = (query.way ?? "").split(PARTED);
  const way = useMemo(() => (query.way ? wayBetween(atlas, from, to) : null), [atlas, query.way]);
  const chosen = useMemo(() => (query.aisle ? (atlas.aisleByName.get(query.aisle) ?? null) : aisleOf(atlas, way)), [atlas, query.aisle, way]);
  const floor = atlas.floors.includes(Number(query.floor ?? NaN)) ? Number(query.floor) : (chosen?.floors[0] ?? atlas.floors.find((each) => each === 0) ?? atlas.floors[0]);
  const barred = useMemo(() => blockedWays(atlas, blocked), [atlas, blocked]);

  /** @param {Aisle | null} aisle @param {Way | null} [part] */
  const choose = (aisle, part = null) => {
    const named = aisle && atlas.aisleByName.get(aisle.name) === aisle;
    const marked = part ?? (aisle && !named ? aisle.ways[0] : null);
    const seen = aisle && !aisle.floors.includes(floor) ? aisle.floors[0] : floor;
    const query = {
      floor: atlas.floors.length > 1 ? seen : null,
      aisle: named ? aisle.name : null,
      way: marked && `${marked.edge.from}${PARTED}${marked.edge.to}`,
    };
    navigate(link("/map", query), { replace: true });
  };

  /** @param {Closure} closure */
  const aisleOfClosure = (closure) => (closure.aisle ? (atlas.aisleByName.get(closure.aisle) ?? null) : aisleOf(atlas, wayBetween(atlas, closure.from ?? "", closure.to ?? "")));

  /** @param {Spot} spot @param {number} within */
  const press = (spot, within) => {
    const near = nearestWay(atlas, spot, within);
    choose(aisleOf(atlas, near), near);
  };

  // What is chosen has a card of its own.
  const told = pointed && pointed.name !== chosen?.name ? pointed : null;
  const reason = told?.ways.map(({ index }) => barred.get(index)).find(Boolean);
  return html`<div class="map-grid">
    <div class="map-plan">
      <${FloorPlan}
        atlas=${atlas}
        floor=${floor}
        onFloor=${(/** @type {number} */ next) => navigate(link("/map", { ...query, floor: next, aisle: null, way: null }), { replace: true })}
        closures=${blocked}
        pictureKey=${pictureKey}
        pointed=${pointed}
        chosen=${chosen}
        onPress=${press}
        onPoint=${(/** @type {Spot | null} */ spot, /** @type {number} */ within) => setPointed(spot && aisleOf(atlas, nearestWay(atlas, spot, within)))}
        caption=${told && html`<strong>${told.name}</strong> ${aisleFacts(told).join(" · ")}${reason && html` · <span class="is-blocked">blocked${reason.reason ? `: ${reason.reason}` : ""}</span>`}`}
      />
      <${Legend} atlas=${atlas} blocked=${blocked.length > 0} />
    </div>
    <div class="map-side">
      ${chosen &&
      html`<${AisleCard}
        atlas=${atlas}
        aisle=${chosen}
        way=${way}
        closures=${blocked}
        onClose=${() => choose(null)}
        onReported=${closures.reload}
        onCleared=${(/** @type {number} */ id) => closures.change((list) => list.filter((each) => each.id !== id))}
      />`}
      ${closures.error && !closures.data && html`<p class="map-none muted">What is blocked could not be loaded: ${closures.error.message}</p>`}
      <${Closures}
        closures=${blocked}
        onCleared=${(/** @type {number} */ id) => closures.change((list) => list.filter((each) => each.id !== id))}
        onPoint=${(/** @type {Closure | null} */ closure) => setPointed(closure && aisleOfClosure(closure))}
        onChoose=${(/** @type {Closure} */ closure) => choose(aisleOfClosure(closure))}
      />
      ${!chosen && html`<${AisleList} atlas=${atlas} closures=${blocked} pointed=${pointed} onPoint=${setPointed} onChoose=${choose} />`}
    </div>
  </div>`;
}
