// Keys and boards of a trolley: another key, another board, or no access any more.

import { call } from "../lib/api.js";
import { money } from "../lib/format.js";
import { tellDone } from "../lib/toast.js";
import { html, useState } from "../lib/ui.js";
import { Enrolment, makeCode } from "./add_trolley.js";
import { Button } from "./button.js";
import { DeviceKey } from "./device_key.js";
import { Confirm } from "./dialog.js";

/** @import { Device } from "../lib/types.js" */

/** @param {{device: Device, onChanged: () => void, onClose: () => void}} props */
export function TrolleyHardware({ device, onChanged, onClose }) {
  const [asking, setAsking] = useState(/** @type {"" | "key" | "board" | "revoke"} */ (""));
  const [key, setKey] = useState("");
  const [waiting, setWaiting] = useState(/** @type {Awaited<ReturnType<typeof makeCode>> | null} */ (null));
  const done = () => setAsking("");

  const rotate = async () => {
    const { data } = await call("POST", `/devices/${device.id}/rotate`);
    setKey(data.key);
    done();
    onChanged();
  };
  const enrol = async () => {
    setWaiting(await makeCode({ device_id: device.id }));
    done();
  };
  const revoke = async () => {
    await call("DELETE", `/devices/${device.id}`);
    tellDone(`${device.name} is revoked.`);
    done();
    onChanged();
  };

  if (device.revoked) {
    return html`<div class="dialog-content"><p class="muted">${device.name} is revoked: its key does not work any more, and it cannot be brought back. Add the trolley anew to use it again.</p></div>
      <footer class="dialog-footer"><${Button} onClick=${onClose}>Close<//></footer>`;
  }
  return html`<div class="dialog-content">
      <ul class="hardware">
        <${Item} title="New key" text="For a key that somebody may have read. The old one works until the new one is used, at most for 24 hours.">
          <${Button} icon="key" onClick=${() => setAsking("key")}>Make a new key…<//>
        <//>
        <${Item} title="New board" text="Another board takes this trolley’s place, with a key of its own. Name, cart code and cart stay.">
          <${Button} icon="devices" onClick=${() => setAsking("board")}>Enrol a new board…<//>
        <//>
        <${Item} title="Revoke" text="For a trolley that is lost or broken. What it sends is refused at once, for ever.">
          <${Button} kind="quiet-danger" icon="blocked" onClick=${() => setAsking("revoke")}>Revoke…<//>
        <//>
      </ul>
    </div>
    <footer class="dialog-footer"><${Button} onClick=${onClose}>Close<//></footer>
    ${asking === "key" &&
    html`<${Confirm} kind="primary" title="Make a new key for ${device.name}?" action="Make a new key" keep="Keep the old one" onConfirm=${rotate} onClose=${done}>
      <p>You see it once and put it into the board. The old key stops working when the new one is used, or in 24 hours.</p>
    <//>`}
    ${asking === "board" &&
    html`<${Confirm} kind="primary" title="Enrol a new board for ${device.name}?" action="Show a pairing code" keep="Not now" onConfirm=${enrol} onClose=${done}>
      <p>The board that uses the code becomes ${device.name} and gets a key of its own. The present board is refused from then on.</p>
    <//>`}
    ${asking === "revoke" &&
    html`<${Confirm} title="Revoke ${device.name}?" action="Revoke ${device.name}" keep="Keep it" onConfirm=${revoke} onClose=${done}>
      <ul class="points">
        <li>Its key stops working at once, and a connected shopper cannot scan with it any more.</li>
        ${device.items > 0 && html`<li>${money(device.total, device.currency)} are in its cart: move the cart or check it out before.</li>`}
        <li>This cannot be undone. The trolley can be added anew, with another key and another cart code.</li>
      </ul>
    <//>`}
    ${key &&
    html`<${DeviceKey} title="The new key of ${device.name}" deviceKey=${key} onClose=${() => setKey("")}>
      <p>Put this key into the board. It is shown only now; the appliance keeps no copy that could be read.</p>
    <//>`}
    ${waiting &&
    html`<${Enrolment} title="A new board for ${device.name}" first=${waiting} wish=${{ device_id: device.id }} onEnrolled=${onChanged} onClose=${() => setWaiting(null)} />`}`;
}

/** @param {{title: string, text: string, children: any}} props */
function Item({ title, text, children }) {
  return html`<li>
    <div>
      <h3>${title}</h3>
      <p class="muted">${text}</p>
    </div>
    ${children}
  </li>`;
}
