// The next ring of trolleys for an image: which one to try it on, or that more of them get it.

import { caution, ringWords, widenLabel } from "../lib/firmware.js";
import { inOrder } from "../lib/fleet.js";
import { counted } from "../lib/format.js";
import { html, useState } from "../lib/ui.js";
import { Confirm } from "./dialog.js";
import { SelectField } from "./field.js";
import { Icon } from "./icon.js";

/** @import { Device, Firmware } from "../lib/types.js" */

/**
 * @param {object} props
 * @param {Firmware} props.image
 * @param {Firmware["counts"]} props.counts
 * @param {Firmware["ring"]} props.ring  The one to come.
 * @param {Device[]} props.devices
 * @param {(change: Partial<Firmware>, words: string) => Promise<void>} props.onSave
 * @param {() => void} props.onClose
 */
export function FirmwareRing({ image, counts, ring, devices, onSave, onClose }) {
  const fitting = inOrder(devices.filter(({ chip, revoked }) => !revoked && (chip === null || chip === image.chip)), "name");
  const [device, setDevice] = useState(() => String((fitting.find(({ state, items }) => state === "online" && items === 0) ?? fitting[0])?.id ?? ""));
  const word = ring === "one" ? "" : caution(counts);

  const save = async () => {
    if (ring !== "one") return onSave({ ring }, `${image.version}: ${ringWords(ring, null).toLowerCase()} from now on.`);
    if (!device) throw new Error(`No trolley has a board with ${image.chip}.`);
    const name = devices.find(({ id }) => String(id) === device)?.name ?? "";
    await onSave({ ring, device_id: Number(device) }, `${name} gets ${image.version}.`);
  };

  return html`<${Confirm} kind="primary" title="${widenLabel(ring)}?" action=${ring === "one" ? "Hand it out" : "Go on"} keep="Not yet" onConfirm=${save} onClose=${onClose}>
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
    ${word && html`<div class="notice"><${Icon} name="warning" /><p>${word}</p></div>`}
  <//>`;
}
