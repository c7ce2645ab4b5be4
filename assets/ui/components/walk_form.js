// What a walk is to be: where it begins, its stops, and what it has to heed.

import { searchProducts } from "../lib/find_products.js";
import { rememberProductName } from "../lib/product_names.js";
import { html, useState } from "../lib/ui.js";
import { pointToken, STOPS_MAX } from "../lib/walk.js";
import { storeZone, wallMoment, wallText } from "../lib/zone.js";
import { Button, Segmented } from "./button.js";
import { SwitchField, TextField } from "./field.js";
import { bestFirst, PickerField } from "./picker.js";

/** @import { Atlas, Place } from "../lib/store_map.js" */
/** @import { Choice } from "./picker.js" */
/** @import { Plan, StopToken } from "../lib/walk.js" */

const PLACES_MAX = 6;
const KINDS = { entrance: "Entrance", checkout: "Checkout", shelf: "Shelf", junction: "Node", "": "Location" };

/**
 * @param {object} props
 * @param {Atlas} props.atlas
 * @param {Plan} props.plan
 * @param {"stop" | "start"} props.press  What a press on the plan does.
 * @param {(press: "stop" | "start") => void} props.onPress
 * @param {(change: Partial<Plan>) => void} props.onChange
 * @param {(token: StopToken) => string} props.nameOf
 */
export function WalkForm({ atlas, plan, press, onPress, onChange, nameOf }) {
  const [optionsOpen, setOptionsOpen] = useState(plan.back || plan.groups || plan.wide || Boolean(plan.at));
  /** @param {string} text @param {AbortSignal} signal */
  const findStops = async (text, signal) => {
    const places = text ? placesLike(atlas, text).map(placeChoice) : [];
    const products = await searchProducts(text, signal).catch(() => []);
    return [
      ...products.map(({ id, name, location }) => {
        rememberProductName(id, name);
        return { value: `p:${id}`, label: name, detail: location ?? "no location" };
      }),
      ...places,
    ];
  };

  /** @param {string} text */
  const findStarts = async (text) =>
    (text ? placesLike(atlas, text) : placesLike(atlas, "").filter(({ kind }) => kind === "entrance")).map((place) => ({
      ...placeChoice(place),
      // A walk begins at a node or at a point.
      value: place.type === "node" ? `n:${place.id}` : pointToken(place.spot),
    }));

  return html`<section class="card walk-form" aria-label="The walk">
    <${PickerField} label="Start" name="start" single values=${plan.start ? [plan.start] : []} labelOf=${nameOf} find=${findStarts} onValues=${(/** @type {StopToken[]} */ [start = ""]) => onChange({ start })} error=${plan.start || plan.stops.length === 0 ? undefined : "This map has no entrance: choose where the walk begins."} placeholder="Entrance, shelf or node" />
    <${PickerField}
      label="Stops"
      name="stops"
      values=${plan.stops}
      labelOf=${nameOf}
      find=${findStops}
      onValues=${(/** @type {StopToken[]} */ stops) => onChange({ stops: stops.slice(0, STOPS_MAX) })}
      placeholder=${plan.stops.length ? "" : "Search products or locations"}
      error=${plan.stops.length >= STOPS_MAX ? `At most ${STOPS_MAX} stops here.` : undefined}
    />
    <div class="walk-press">
      <span class="label" id="press-does">A press on the plan</span>
      <${Segmented}
        label="A press on the plan"
        value=${press}
        onChange=${onPress}
        options=${[
          { value: "stop", label: "adds a stop" },
          { value: "start", label: "sets the start" },
        ]}
      />
    </div>
    <details class="walk-options" open=${optionsOpen} onToggle=${(/** @type {Event} */ event) => setOptionsOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}>
      <summary>Options</summary>
      <div>
        <${SwitchField} label="Back to the start" name="back" hint="Instead of ending at a checkout." checked=${plan.back} onValue=${(/** @type {boolean} */ back) => onChange({ back })} />
        <${SwitchField} label="Heavy first, frozen last" name="groups" hint="By the pick groups of the products." checked=${plan.groups} onValue=${(/** @type {boolean} */ groups) => onChange({ groups })} />
        <${SwitchField} label="Wide enough for a wheelchair" name="wide" hint="Only ways of 0.9 m and more." checked=${plan.wide} onValue=${(/** @type {boolean} */ wide) => onChange({ wide })} />
        <${TextField}
          label="At"
          name="at"
          type="datetime-local"
          value=${plan.at ? wallText(plan.at, storeZone.value) : ""}
          onValue=${(/** @type {string} */ text) => onChange({ at: wallMoment(text, storeZone.value) ?? "" })}
          hint="Empty: now. Ways with opening hours count only while they are open."
        />
      </div>
    </details>
    ${plan.stops.length > 0 && html`<${Button} kind="quiet" icon="close" onClick=${() => onChange({ stops: [] })}>Take all stops off<//>`}
  </section>`;
}

/**
 * @param {Atlas} atlas
 * @param {string} text
 * @returns {Place[]}
 */
function placesLike(atlas, text) {
  const places = [...atlas.locations.values(), ...atlas.nodes.values()];
  return text ? bestFirst(places, text, ({ id }) => id).slice(0, PLACES_MAX) : places;
}

/** @param {Place} place @returns {Choice} */
function placeChoice({ type, id, kind }) {
  return { value: `${type === "node" ? "n" : "l"}:${id}`, label: id, detail: KINDS[/** @type {keyof typeof KINDS} */ (kind)] ?? "" };
}
