// The next ring of trolleys for an image: which one to try it on, or that more of them get it.

import { ApiError } from "../lib/api.js";
import { caution, ringWords, widenLabel } from "../lib/firmware.js";
import { inOrder } from "../lib/fleet.js";
import { counted } from "../lib/format.js";
import { deviceName } from "../lib/people.js";
import { html, useState } from "../lib/ui.js";
import { Confirm } from "./dialog.js";
import { SelectField, SwitchField } from "./field.js";
import { Icon } from "./icon.js";

/** @import { Device, Firmware } from "../lib/types.js" */

/** @typedef {(change: Partial<Firmware> & {force?: boolean}, words: string) => Promise<void>} Save */

/**
 * Going on is refused while trolleys that have the image did not say that they are well, or while
 * something looks wrong with it; who has read that may press again.
 * @param {Save} onSave
 * @returns {{forced: boolean, save: Save}}
 */
function useForce(onSave) {
  const [forced, setForced] = useState(false);
  return {
    forced,
    save: async (change, words) => {
      try {
        await onSave(forced ? { ...change, force: true } : change, words);
      } catch (error) {
        if (error instanceof ApiError && ["not-all-healthy", "has-warnings"].includes(error.code)) setForced(true);
        throw error;
      }
    },
  };
}

const ANYWAY = "Go on all the same";

/** @param {{image: Firmware, onSave: Save, onClose: () => void}} props */
export function FirmwareResume({ image, onSave, onClose }) {
  const { forced, save } = useForce(onSave);
  return html`<${Confirm}
    kind=${forced ? "danger" : "primary"}
    title="Go on with ${image.version}?"
    action=${forced ? ANYWAY : "Go on"}
    keep="Keep it halted"
    onConfirm=${() => save({ state: "rolling" }, `${image.version} is handed out again.`)}
    onClose=${onClose}
  >
    <p>${ringWords(image.ring, image.device_id === null ? null : deviceName(image.device_id))}: each gets it when it has no basket.</p>
  <//>`;
}

/**
 * @param {object} props
 * @param {Firmware} props.image
 * @param {import("../lib/firmware.js").Tally} props.counts
 * @param {Firmware["ring"]} props.ring  The one to come.
 * @param {Device[]} props.devices
 * @param {Save} props.onSave
 * @param {() => void} props.onClose
 */
export function FirmwareRing({ image, counts, ring, devices, onSave, onClose }) {
  const fitting = inOrder(devices.filter(({ chip, revoked }) => !revoked && (chip === null || chip === image.chip)), "name");
  const [device, setDevice] = useState(() => String((fitting.find(({ state, items }) => state === "online" && items === 0) ?? fitting[0])?.id ?? ""));
  const [downgrade, setDowngrade] = useState(image.downgrade ?? false);
  const { forced, save } = useForce(onSave);
  const word = ring === "one" ? "" : caution(counts);

  const hand = async () => {
    const change = { ring, ...(downgrade !== (image.downgrade ?? false) && { downgrade }) };
    if (ring !== "one") return save(change, `${image.version}: ${ringWords(ring, null).toLowerCase()} from now on.`);
    if (!device) throw new Error(`No trolley has a board with ${image.chip}.`);
    await save({ ...change, device_id: Number(device) }, `${deviceName(Number(device))} gets ${image.version}.`);
  };

  return html`<${Confirm}
    kind=${forced ? "danger" : "primary"}
    title="${widenLabel(ring)}?"
    action=${forced ? ANYWAY : ring === "one" ? "Hand it out" : "Go on"}
    keep="Not yet"
    onConfirm=${hand}
    onClose=${onClose}
  >
    ${ring === "one" &&
    html`<${SelectField}
      label="Trolley"
      name="device"
      value=${device}
      onValue=${setDevice}
      options=${fitting.map(({ id, name, state }) => ({ value: String(id), label: state === "online" ? name : `${name} (${state})` }))}
      hint="One that you can look at while it starts again."
    />`}
    ${ring === "all" && html`<p>All trolleys with ${image.chip} get ${image.version}: ${counted(fitting.length, "trolley", "trolleys")}.</p>`}
    ${ring === "tenth" && html`<p>Every tenth trolley with ${image.chip} gets ${image.version}.</p>`}
    <p>A trolley fetches it when it has no basket, starts again and tests itself. If that fails, it goes back to what it had.</p>
    <${SwitchField} name="downgrade" label="Also where a newer version runs" hint="To go back to an older one." checked=${downgrade} onValue=${setDowngrade} />
    ${word && html`<div class="notice"><${Icon} name="warning" /><p>${word}</p></div>`}
  <//>`;
}
