// Reports an aisle, or one part of it, as blocked.

import { ApiError, call, newIdempotencyKey } from "../lib/api.js";
import { closureRequest, DURATIONS } from "../lib/closures.js";
import { metres } from "../lib/format.js";
import { wayName } from "../lib/store_map.js";
import { tellDone } from "../lib/toast.js";
import { html, useRef, useState } from "../lib/ui.js";
import { storeZone } from "../lib/zone.js";
import { Button, Segmented } from "./button.js";
import { Problem } from "./dialog.js";
import { ChoiceField, TextField } from "./field.js";

/** @import { Aisle, Way } from "../lib/store_map.js" */
/** @import { Duration } from "../lib/closures.js" */

const REASON_MAX = 200;

/**
 * @param {object} props
 * @param {Aisle} props.aisle
 * @param {Way | null} props.way  The part that was pointed at.
 * @param {() => void} props.onDone
 * @param {() => void} props.onCancel
 */
export function ClosureForm({ aisle, way, onDone, onCancel }) {
  const named = aisle.ways.some(({ edge }) => edge.aisle === aisle.name);
  const [whole, setWhole] = useState(named);
  const [reason, setReason] = useState("");
  const [duration, setDuration] = useState(/** @type {Duration} */ ("now"));
  const [until, setUntil] = useState("");
  const [errors, setErrors] = useState(/** @type {Record<string, string>} */ ({}));
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const part = way ?? aisle.ways[0];
  const sent = useRef({ wish: "", key: "" });

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy) return;
    const what = whole ? { aisle: aisle.name } : { from: part.edge.from, to: part.edge.to };
    const request = closureRequest({ what, reason, duration, until }, storeZone.value);
    setProblem("");
    if ("error" in request) return setErrors({ until: request.error });
    setErrors({});
    setBusy(true);
    try {
      // The same key for the same wish: a press after a lost answer reports nothing twice.
      const wish = JSON.stringify(request.body);
      if (sent.current.wish !== wish) sent.current = { wish, key: newIdempotencyKey() };
      await call("POST", "/map/closures", { body: request.body, idempotencyKey: sent.current.key });
      tellDone(`${whole ? aisle.name : wayName(part)} is reported as blocked. Walks go around it from now on.`);
      onDone();
    } catch (error) {
      setBusy(false);
      const { message, fields = {} } = /** @type {ApiError} */ (error);
      setErrors(fields);
      // A refused field says it itself, if it stands here.
      if (!fields.reason && !fields.until) setProblem(fields.aisle ?? fields.from ?? message);
    }
  };

  return html`<form class="closure-form" novalidate onSubmit=${submit}>
    ${named &&
    way &&
    aisle.ways.length > 1 &&
    html`<${ChoiceField}
      label="What is blocked"
      name="part"
      value=${whole ? "aisle" : "way"}
      onValue=${(/** @type {string} */ value) => setWhole(value === "aisle")}
      options=${[
        { value: "aisle", label: `All of ${aisle.name}`, detail: `${metres(aisle.length)} in ${aisle.ways.length} parts` },
        { value: "way", label: "Only the part that was pressed", detail: `${wayName(way)}, ${metres(way.length)}` },
      ]}
    />`}
    <${TextField} label="Why" name="reason" value=${reason} onValue=${setReason} error=${errors.reason} maxlength=${REASON_MAX} placeholder="Spill, delivery, repair" hint="Shoppers and staff read it. It may stay empty." />
    <div class="field">
      <span class="label" aria-hidden="true">How long</span>
      <${Segmented} label="How long" value=${duration} onChange=${setDuration} options=${DURATIONS} />
    </div>
    ${duration === "until" && html`<${TextField} label="Until" name="until" type="datetime-local" value=${until} onValue=${setUntil} error=${errors.until} />`}
    ${duration !== "until" && errors.until && html`<p class="note error">${errors.until}</p>`}
    <${Problem} text=${problem} />
    <div class="form-actions">
      <${Button} kind="danger" type="submit" busy=${busy}>Report as blocked<//>
      <${Button} kind="quiet" onClick=${onCancel}>Cancel<//>
    </div>
  </form>`;
}
