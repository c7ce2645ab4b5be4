// One image of firmware: who gets it, how far it has come, and the next step.

import { call, get } from "../lib/api.js";
import { caution, countHolders, holderProblem, IMAGE_STATES, nextRing, partOf, progress, progressWords, RING_LABELS, RINGS, ringWords, widenLabel } from "../lib/firmware.js";
import { ago, count, counted, exactly } from "../lib/format.js";
import { sizeText } from "../lib/imports.js";
import { accountName, deviceName } from "../lib/people.js";
import { useResource } from "../lib/resource.js";
import { tellDone } from "../lib/toast.js";
import { classes, html, useState } from "../lib/ui.js";
import { ActionMenu } from "./action_menu.js";
import { Button } from "./button.js";
import { Confirm, Dialog } from "./dialog.js";
import { FirmwareResume, FirmwareRing } from "./firmware_ring.js";
import { Icon } from "./icon.js";
import { Empty, Failed, Skeleton } from "./page.js";

/** @import { Device, Firmware } from "../lib/types.js" */
/** @import { Holder } from "../lib/firmware.js" */

const HOLDERS_MAX = 1_000;

/**
 * @param {{image: Firmware, devices: Device[], now: number, admin: boolean, onChanged: () => void}} props
 */
export function FirmwareCard({ image, devices, now, admin, onChanged }) {
  const [asking, setAsking] = useState(/** @type {"" | "widen" | "halt" | "resume" | "delete" | "holders"} */ (""));
  const { label, kind } = IMAGE_STATES[image.state];
  const rolling = image.state === "rolling";
  const draft = image.state === "draft";
  // Who still waits is known only by asking about each. What is halted hardly moves.
  const holders = useResource((signal) => (draft ? Promise.resolve([]) : loadHolders(image.id, signal)), [rolling ? now : 0, image.ring, image.state]);
  const counts = countHolders(holders.data ?? []);
  const next = nextRing(image.ring);
  const word = draft || !holders.data ? "" : caution(counts);
  const done = () => setAsking("");

  /**
   * @param {Partial<Firmware> & {force?: boolean}} change
   * @param {string} words
   */
  const change = async (change, words) => {
    await call("PATCH", `/firmware/${image.id}`, { body: change });
    tellDone(words);
    onChanged();
    done();
  };

  const actions = [
    { label: "Which trolleys", icon: "fleet", onClick: () => setAsking("holders") },
    ...(admin && !rolling ? [{ label: "Delete…", icon: "trash", danger: true, onClick: () => setAsking("delete") }] : []),
  ];

  return html`<li class="card image" data-image-id=${image.id} data-state=${image.state}>
    <header>
      <h2>${image.version}</h2>
      <span class="muted">${image.chip}</span>
      <span class=${classes("badge", kind)}>${label}</span>
      <span class="spring"></span>
      <${ActionMenu} label="What to do with ${image.version}" actions=${actions} />
    </header>
    <p class="detail">
      ${sizeText(image.size)}, uploaded${by(image)} <time datetime=${image.created_at} title=${exactly(image.created_at)}>${ago(image.created_at, now)}</time>
    </p>
    ${image.notes && html`<p class="image-notes">${image.notes}</p>`}
    ${image.warnings?.map((warning) => html`<div key=${warning} class="notice"><${Icon} name="warning" /><p>${warning}</p></div>`)}
    <${Rings} image=${image} />
    <${Bar} counts=${counts} />
    ${(admin || word) &&
    html`<footer>
      <span class="muted">${word}</span>
      ${admin && image.state === "rolling" && html`<${Button} onClick=${() => setAsking("halt")}>Halt<//>`}
      ${admin && image.state === "halted" && html`<${Button} onClick=${() => setAsking("resume")}>Go on<//>`}
      ${admin && next && image.state !== "halted" && html`<${Button} kind=${draft || counts.rolled_back === 0 ? "primary" : "plain"} onClick=${() => setAsking("widen")}>${widenLabel(next)}…<//>`}
    </footer>`}
    ${asking === "widen" && next && html`<${FirmwareRing} image=${image} counts=${counts} ring=${next} devices=${devices} onSave=${change} onClose=${done} />`}
    ${asking === "halt" &&
    html`<${Confirm} title="Halt ${image.version}?" action="Halt it" keep="Let it go on" onConfirm=${() => change({ state: "halted" }, `${image.version} is halted.`)} onClose=${done}>
      <p>No further trolley gets it. Those that run it keep it; you can go on later.</p>
    <//>`}
    ${asking === "resume" && html`<${FirmwareResume} image=${image} onSave=${change} onClose=${done} />`}
    ${asking === "delete" &&
    html`<${Confirm}
      title="Delete ${image.version} for ${image.chip}?"
      action="Delete the image"
      onConfirm=${async () => {
        await call("DELETE", `/firmware/${image.id}`);
        tellDone(`Deleted ${image.version}.`);
        onChanged();
      }}
      onClose=${done}
    >
      <p>Trolleys that run it keep it; no other one gets it. The file is gone from the appliance: to hand it out again it must be uploaded again.</p>
    <//>`}
    ${asking === "holders" && html`<${Holders} image=${image} now=${now} onClose=${done} />`}
  </li>`;
}

/**
 * @param {number} id
 * @param {AbortSignal} signal
 */
async function loadHolders(id, signal) {
  const { data } = await get(`/firmware/${id}/devices`, { query: { limit: HOLDERS_MAX }, signal });
  return /** @type {Holder[]} */ (data);
}

/** @param {Firmware} image */
function by({ created_by: who }) {
  if (who === null) return "";
  return ` by ${typeof who === "number" ? (accountName(who) ?? `account ${who}`) : who},`;
}

/** @param {{image: Firmware}} props */
function Rings({ image }) {
  const at = RINGS.indexOf(image.ring);
  return html`<ol class="rings" aria-label="Who gets it: ${ringWords(image.ring, image.device_id === null ? null : deviceName(image.device_id))}">
    ${RINGS.slice(1).map(
      (ring, index) => html`<li key=${ring} data-reached=${index + 1 <= at ? "" : undefined} aria-current=${index + 1 === at ? "step" : undefined}>
        ${ring === "one" && image.device_id !== null ? deviceName(image.device_id) : RING_LABELS[ring]}
      </li>`,
    )}
  </ol>`;
}

/** @param {{counts: import("../lib/firmware.js").Tally}} props */
function Bar({ counts }) {
  const parts = progress(counts);
  const all = parts.reduce((sum, { many }) => sum + many, 0);
  if (all === 0) return null;
  let x = 0;
  return html`<div class="rollout">
    <svg viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label=${progressWords(counts)}>
      ${parts.map(({ state, many }) => {
        const from = x;
        x += (100 * many) / all;
        return html`<rect key=${state} data-part=${state} x=${from} y="0" width=${(100 * many) / all} height="1" />`;
      })}
    </svg>
    <ul>
      ${parts.map(({ state, label, many }) => html`<li key=${state} title=${partOf(state).detail}><span class="swatch" data-part=${state}></span><strong class="number">${count(many)}</strong> ${label}</li>`)}
    </ul>
  </div>`;
}

/** @param {{image: Firmware, now: number, onClose: () => void}} props */
function Holders({ image, now, onClose }) {
  const holders = useResource((signal) => loadHolders(image.id, signal), [now]);
  const { data, error } = holders;
  return html`<${Dialog} side title="Who has ${image.version}" onClose=${onClose}>
    <div class="dialog-content">
      ${error && !data
        ? html`<${Failed} error=${error} onRetry=${holders.reload} />`
        : !data
          ? html`<${Skeleton} lines=${8} />`
          : data.length === 0
            ? html`<${Empty} icon="fleet" title="No trolley yet"><p>The trolleys that get it stand here, each with how far it is.</p><//>`
            : html`<table class="rows holders">
                <thead>
                  <tr><th scope="col">Trolley</th><th scope="col">State</th><th scope="col" class="num">Since</th></tr>
                </thead>
                <tbody>
                  ${data.map(
                    ({ device_id: id, name, state, at, problem }) => html`<tr key=${id} data-holder=${state}>
                      <td>
                        <a href="#/devices/${id}" onClick=${onClose}>${name}</a>
                        ${problem && html`<span class="detail">${holderProblem({ problem })}</span>`}
                      </td>
                      <td title=${partOf(state).detail}><span class="seen"><span class="swatch" data-part=${state}></span>${partOf(state).label}</span></td>
                      <td class="num muted">${at ? html`<time datetime=${at} title=${exactly(at)}>${ago(at, now)}</time>` : "–"}</td>
                    </tr>`,
                  )}
                </tbody>
              </table>
              <p class="muted">${counted(data.length, "trolley", "trolleys")}</p>`}
    </div>
    <footer class="dialog-footer"><${Button} onClick=${onClose}>Close<//></footer>
  <//>`;
}
