// A walk that was found: how long, how sure, and step by step.

import { ApiError } from "../lib/api.js";
import { metres } from "../lib/format.js";
import { moveBetweenRows } from "../lib/keyboard.js";
import { classes, html } from "../lib/ui.js";
import { methodWords, proofOf, reasonAfter, sentenceAfter, tookWords } from "../lib/walk.js";
import { Button } from "./button.js";
import { Problem } from "./dialog.js";
import { Icon } from "./icon.js";
import { WalkDisplay } from "./walk_display.js";

/** @import { WalkAnswer } from "../lib/types.js" */

/**
 * @param {object} props
 * @param {WalkAnswer} props.answer
 * @param {string[]} props.names  Of the stops, as they were asked for.
 * @param {string} props.endName  Where it ends.
 * @param {boolean} props.busy
 * @param {number | null} props.leg  The one that is marked on the plan.
 * @param {number | null} props.pinned
 * @param {(leg: number | null) => void} props.onLook
 * @param {(leg: number | null) => void} props.onPin
 */
export function WalkResult({ answer, names, endName, busy, leg, pinned, onLook, onPin }) {
  const { proven, words } = proofOf(answer);
  return html`<section class="card flush walk-result" aria-label="The shortest walk" aria-busy=${String(busy)}>
    <div class="walk-sum" role="status">
      <strong class="walk-distance number">${metres(answer.distance)}</strong>
      <span class=${classes("badge", proven ? "accent" : "warning")}>${proven && html`<${Icon} name="check" />`}${words}</span>
      <span class="muted">Found in ${tookWords(answer.elapsed_us)}, ${methodWords(answer.method)}.</span>
    </div>
    <${WalkDisplay} answer=${answer} leg=${leg} />
    ${answer.unreachable.length > 0 &&
    html`<div class="problem">
      <${Icon} name="warning" />
      <div>
        <p><strong>Not on this walk</strong></p>
        <ul>${answer.unreachable.map(({ index, reason }) => html`<li key=${index}><strong>${names[index]}</strong>${reasonAfter(names[index], reason)}</li>`)}</ul>
      </div>
    </div>`}
    <ol class="walk-legs" onKeyDown=${moveBetweenRows}>
      ${answer.segments.map(
        (segment, index) => html`<li
          key=${index}
          class="walk-leg"
          data-looked=${leg === index ? "" : undefined}
          onPointerEnter=${(/** @type {PointerEvent} */ event) => event.pointerType !== "touch" && onLook(index)}
          onPointerLeave=${() => onLook(null)}
        >
          <span class="walk-number" aria-hidden="true">${segment.stop === null || segment.stop === undefined ? html`<${Icon} name="check" />` : index + 1}</span>
          <div>
            <button type="button" data-row class="cover strong" aria-pressed=${String(pinned === index)} onClick=${() => onPin(pinned === index ? null : index)} onFocus=${() => onLook(index)} onBlur=${() => onLook(null)}>
              ${segment.stop === null || segment.stop === undefined ? endName : names[segment.stop]}
            </button>
            ${noteOf(answer, segment.stop) && html`<p class="walk-note"><${Icon} name="warning" />${sentenceAfter(names[segment.stop ?? 0], noteOf(answer, segment.stop) ?? "")}</p>`}
            <ul class="walk-steps">${segment.steps.map((step, each) => html`<li key=${each}>${step}</li>`)}</ul>
          </div>
          <span class="number muted">${metres(segment.distance)}</span>
        </li>`,
      )}
    </ol>
  </section>`;
}

/**
 * @param {WalkAnswer} answer
 * @param {number | null} stop
 */
function noteOf({ stops }, stop) {
  return stop === null ? null : (stops.find(({ index }) => index === stop)?.note ?? null);
}

/**
 * Why there is no walk.
 * @param {{error: Error, names: string[], onRetry: () => void}} props
 */
export function WalkProblem({ error, names, onRetry }) {
  const refusals = error instanceof ApiError ? error.errors : [];
  const named = refusals.map(({ field, message }) => {
    const at = /^stops\[(\d+)\]/.exec(field)?.[1];
    return at !== undefined && names[Number(at)] ? `${names[Number(at)]}: ${message}` : message;
  });
  const offline = error instanceof ApiError && (error.status === 0 || error.status >= 500);
  return html`<${Problem} text=${named.length ? "There is no walk." : error.message}>
    ${named.length > 0 && html`<ul>${named.map((text, index) => html`<li key=${index}>${text}</li>`)}</ul>`}
    ${offline && html`<div class="problem-actions"><${Button} onClick=${onRetry}>Try again<//></div>`}
  <//>`;
}
