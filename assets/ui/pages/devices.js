// The trolleys' hardware: who is online, and how to add one.

import { Button } from "../components/button.js";
import { CopyText } from "../components/copy.js";
import { Dialog, Problem } from "../components/dialog.js";
import { focusFirstError, TextField } from "../components/field.js";
import { Empty, Failed, Page, SkeletonRows } from "../components/page.js";
import { ApiError, call, get } from "../lib/api.js";
import { ago, counted, exactly } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { rememberDevices, shopperName } from "../lib/people.js";
import { useNow, useResource } from "../lib/resource.js";
import { isAdmin, session } from "../lib/session.js";
import { html, useRef, useState } from "../lib/ui.js";

/** @import { Device, Product } from "../lib/types.js" */

const DEVICES_MAX = 1_000;
const CLOCK_MS = 15_000;
const COLUMNS = 5;
const BATTERY_LOW_PCT = 20;
const SAMPLE_MAX = 20;

export function DevicesPage() {
  const now = useNow(CLOCK_MS);
  // Heartbeats are no events: who is online is asked for with every tick of the clock.
  const devices = useResource(loadDevices, [now]);
  const [adding, setAdding] = useState(false);
  const admin = isAdmin(session.value.user);

  useLive("resync", devices.reload);

  const { data, error } = devices;
  const online = data?.filter((device) => device.online).length ?? 0;
  const add = () => setAdding(true);
  return html`<${Page}
    title="Devices"
    note=${data && data.length > 0 && `${online} of ${data.length} online`}
    actions=${admin && html`<${Button} kind="primary" icon="plus" data-key="n" onClick=${add}>Add device<//>`}
  >
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${devices.reload} />`
      : data?.length === 0
        ? html`<${Empty} icon="devices" title="No devices yet">
            <p>
              A device is the scanner on a trolley.
              ${admin ? " Add one, put its key into the firmware, and its scans appear under Carts." : " An administrator can add one."}
            </p>
            ${admin && html`<${Button} kind="primary" icon="plus" onClick=${add}>Add device<//>`}
          <//>`
        : html`<${DeviceTable} devices=${data} now=${now} />`}
    ${adding && html`<${AddDevice} onAdded=${devices.reload} onClose=${() => setAdding(false)} />`}
  <//>`;
}

/** @param {AbortSignal} signal */
async function loadDevices(signal) {
  const { data } = await get("/devices", { query: { limit: DEVICES_MAX }, signal });
  rememberDevices(data);
  return /** @type {Device[]} */ (data);
}

/** @param {{devices?: Device[], now: number}} props */
function DeviceTable({ devices, now }) {
  return html`<table class="rows" aria-busy=${String(!devices)}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Cart code</th>
          <th scope="col" class="wide">Shopper</th>
          <th scope="col" class="num wide">Battery</th>
          <th scope="col">Seen</th>
        </tr>
      </thead>
      <tbody>
        ${devices ? devices.map((device) => html`<${Row} key=${device.id} device=${device} now=${now} />`) : html`<${SkeletonRows} columns=${COLUMNS} rows=${6} />`}
      </tbody>
    </table>
    ${devices && html`<p class="pager">${counted(devices.length, "device")}</p>`}`;
}

/** @param {{device: Device, now: number}} props */
function Row({ device, now }) {
  const battery = device.battery_pct;
  const low = typeof battery === "number" && battery < BATTERY_LOW_PCT;
  return html`<tr>
    <td class="strong">${device.name}</td>
    <td class="mono">${device.cart_code}</td>
    <td class="wide">${device.user_id ? shopperName(device.user_id) : html`<span class="muted">–</span>`}</td>
    <td class="num wide">
      ${typeof battery === "number" ? html`${low && html`<span class="badge warning">Low</span> `}${Math.round(battery)} %` : html`<span class="muted">–</span>`}
    </td>
    <td>
      <span class="seen" title=${device.last_seen ? exactly(device.last_seen) : undefined}>
        <span class="dot" data-online=${device.online ? "" : undefined}></span>${device.online ? "Online" : ago(device.last_seen, now)}
      </span>
    </td>
  </tr>`;
}

/** @param {{onAdded: () => void, onClose: () => void}} props */
function AddDevice({ onAdded, onClose }) {
  const [added, setAdded] = useState(/** @type {{name: string, cart_code: string, key: string} | null} */ (null));
  if (!added) {
    return html`<${NameDevice}
      onClose=${onClose}
      onAdded=${(/** @type {any} */ device) => {
        setAdded(device);
        onAdded();
      }}
    />`;
  }
  return html`<${NewKey} device=${added} onClose=${onClose} />`;
}

/** @param {{onAdded: (device: any) => void, onClose: () => void}} props */
function NameDevice({ onAdded, onClose }) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [fields, setFields] = useState(/** @type {Record<string, string>} */ ({}));
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    setFields({});
    try {
      const { data } = await call("POST", "/devices", { body: { name: name.trim() } });
      onAdded(data);
    } catch (error) {
      setBusy(false);
      if (error instanceof ApiError) setFields(error.fields);
      setProblem(/** @type {Error} */ (error).message);
      focusFirstError(form.current);
    }
  };

  return html`<${Dialog} title="Add device" onClose=${onClose}>
    <form ref=${form} onSubmit=${submit}>
      <div class="dialog-content">
        <${Problem} text=${problem} />
        <${TextField}
          label="Name"
          name="name"
          value=${name}
          onValue=${setName}
          error=${fields.name}
          hint="What is written on the trolley, for example “Cart 7”."
          maxlength="64"
          autofocus
          required
        />
      </div>
      <footer class="dialog-footer">
        <${Button} onClick=${onClose}>Cancel<//>
        <${Button} kind="primary" type="submit" busy=${busy}>Add device<//>
      </footer>
    </form>
  <//>`;
}

/** @param {{device: {name: string, cart_code: string, key: string}, onClose: () => void}} props */
function NewKey({ device, onClose }) {
  const [copied, setCopied] = useState(false);
  const [warned, setWarned] = useState(false);
  // A code that this shop knows, so that the first try works.
  const sample = useResource((signal) => get("/products", { query: { limit: SAMPLE_MAX }, signal }).then(({ data }) => firstBarcode(data)), []);
  const scan = [
    `curl ${location.origin}/cart/esp32/add_item`,
    `-H 'X-API-Key: ${device.key}'`,
    `-H 'Content-Type: application/json'`,
    `-d '{"barcode":"${sample.data ?? "PUT-A-BARCODE-HERE"}"}'`,
  ].join(" \\\n  ");

  // The key is gone when this closes: an Esc too many must not lose it.
  const close = () => {
    if (copied || warned) onClose();
    else setWarned(true);
  };

  return html`<${Dialog} title="${device.name} is ready" onClose=${close}>
    <div class="dialog-content">
      <p>Put this key into the device’s firmware. It is shown only now; the appliance keeps no copy that could be read.</p>
      <${CopyText} label="Device key" text=${device.key} onCopied=${() => setCopied(true)} />
      <dl class="facts"><div><dt>Cart code for shoppers</dt><dd class="mono">${device.cart_code}</dd></div></dl>
      <details>
        <summary>Try it from a terminal</summary>
        <${CopyText} label="A first scan" text=${scan} multiline />
      </details>
      <${Problem} text=${warned && !copied ? "The key has not been copied and will not be shown again. Close anyway?" : ""} />
    </div>
    <footer class="dialog-footer">
      <${Button} kind=${copied ? "primary" : "plain"} onClick=${close}>${warned && !copied ? "Close anyway" : "Done"}<//>
    </footer>
  <//>`;
}

/** @param {Product[]} products */
function firstBarcode(products) {
  return products.find((product) => product.active && product.unit === "each" && product.barcodes.length > 0)?.barcodes[0];
}
