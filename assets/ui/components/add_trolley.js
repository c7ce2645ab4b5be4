// Adds a trolley: by a pairing code that its board is told, or by a key that goes into its firmware.

import { ApiError, call } from "../lib/api.js";
import { tellDone } from "../lib/toast.js";
import { html, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { Button, Segmented } from "./button.js";
import { DeviceKey } from "./device_key.js";
import { Dialog, Problem } from "./dialog.js";
import { BoardDocs } from "./board_docs.js";
import { focusFirstError, TextField } from "./field.js";
import { OpenCodes } from "./open_codes.js";
import { Enrolled, PairingCode } from "./pairing_code.js";

/** @import { Device, PairingCode as Code } from "../lib/types.js" */

const NAME_MAX = 60;
const WAYS = [
  { value: "code", label: "By pairing code" },
  { value: "key", label: "By key" },
];
const HINTS = {
  code: "What is written on the trolley. The board gets its key by itself.",
  key: "What is written on the trolley. You put the key into the firmware yourself.",
};

/** @param {{devices: Device[], onAdded: () => void, onClose: () => void}} props */
export function AddTrolley({ devices, onAdded, onClose }) {
  const [way, setWay] = useState(/** @type {"code" | "key"} */ ("code"));
  const [name, setName] = useState(() => suggestedName(devices));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [fields, setFields] = useState(/** @type {Record<string, string>} */ ({}));
  const [waiting, setWaiting] = useState(/** @type {Code | null} */ (null));
  const [keyed, setKeyed] = useState(/** @type {{name: string, cart_code: string, key: string} | null} */ (null));
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));

  useLayoutEffect(() => form.current?.querySelector("input")?.select(), []);

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem("");
    setFields({});
    try {
      if (way === "code") setWaiting(await makeCode({ name: name.trim() }));
      else {
        const { data } = await call("POST", "/devices", { body: { name: name.trim() } });
        setKeyed(data);
        onAdded();
      }
    } catch (error) {
      if (error instanceof ApiError) setFields(error.fields);
      // What a field says is not said twice.
      setProblem(error instanceof ApiError && error.fields.name ? "" : /** @type {Error} */ (error).message);
      focusFirstError(form.current);
    } finally {
      setBusy(false);
    }
  };

  if (keyed) {
    return html`<${DeviceKey}
      title="${keyed.name} is ready"
      deviceKey=${keyed.key}
      facts=${html`<dl class="facts"><div><dt>Cart code for shoppers</dt><dd class="mono">${keyed.cart_code}</dd></div></dl>`}
      onClose=${onClose}
    >
      <p>Put this key into the device’s firmware. It is shown only now; the appliance keeps no copy that could be read.</p>
    <//>`;
  }
  if (waiting) {
    return html`<${Enrolment}
      title=${name.trim() ? `Add ${name.trim()}` : "Add a trolley"}
      first=${waiting}
      wish=${{ name: name.trim() }}
      isNew
      onEnrolled=${onAdded}
      onClose=${onClose}
    />`;
  }
  return html`<${Dialog} title="Add a trolley" onClose=${onClose}>
    <form ref=${form} novalidate onSubmit=${submit}>
      <div class="dialog-content">
        <${Segmented} label="How" value=${way} onChange=${setWay} options=${WAYS} />
        <${TextField} label="Name" name="name" value=${name} onValue=${setName} error=${fields.name} hint=${HINTS[way]} maxlength=${NAME_MAX} required />
        <${Problem} text=${problem} />
        ${way === "code" ? html`<${OpenCodes} />` : html`<${BoardDocs} />`}
      </div>
      <footer class="dialog-footer">
        <${Button} onClick=${onClose}>Cancel<//>
        <${Button} kind="primary" type="submit" busy=${busy}>${way === "code" ? "Show the pairing code" : "Add trolley"}<//>
      </footer>
    </form>
  <//>`;
}

/**
 * @param {{name?: string, device_id?: number}} wish
 * @returns {Promise<Code>}
 */
export async function makeCode(wish) {
  return (await call("POST", "/devices/pairing-codes", { body: wish.name === "" ? {} : wish })).data;
}

/**
 * @param {object} props
 * @param {string} props.title
 * @param {Code} props.first
 * @param {{name?: string, device_id?: number}} props.wish  For another code.
 * @param {boolean} [props.isNew]  Not a new board of a trolley that is there.
 * @param {() => void} props.onEnrolled
 * @param {() => void} props.onClose
 */
export function Enrolment({ title, first, wish, isNew = false, onEnrolled, onClose }) {
  const [code, setCode] = useState(first);
  const [ended, setEnded] = useState(false);
  const [device, setDevice] = useState(/** @type {Device | null} */ (null));
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  const again = async () => {
    setBusy(true);
    setProblem("");
    try {
      setCode(await makeCode(wish));
      setEnded(false);
    } catch (error) {
      setProblem(/** @type {Error} */ (error).message);
    }
    setBusy(false);
  };
  const takeBack = async () => {
    setBusy(true);
    setProblem("");
    try {
      await call("DELETE", `/devices/pairing-codes/${code.id}`);
      tellDone("The pairing code does not work any more.");
      onClose();
    } catch (error) {
      setProblem(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };

  return html`<${Dialog} title=${title} onClose=${onClose}>
    <div class="dialog-content">
      ${device
        ? html`<${Enrolled} device=${device} />`
        : ended
          ? html`<p class="muted">The pairing code does not work any more: its time is up, or somebody took it back. Make another one when the board is at hand.</p>`
          : html`<${PairingCode}
              key=${code.id}
              code=${code}
              onEnded=${() => setEnded(true)}
              onEnrolled=${(/** @type {Device} */ found) => {
                setDevice(found);
                onEnrolled();
              }}
            />`}
      <${Problem} text=${problem} />
    </div>
    <footer class="dialog-footer">
      ${device && isNew && html`<a class="button" href="#/devices/${device.id}" onClick=${onClose}>Open ${device.name}</a>`}
      ${!device && !ended && html`<${Button} kind="quiet-danger" busy=${busy} onClick=${takeBack}>Take the code back<//>`}
      <${Button} kind=${device ? "primary" : "plain"} onClick=${onClose}>${device ? "Done" : "Close"}<//>
      ${ended && !device && html`<${Button} kind="primary" busy=${busy} onClick=${again}>Show another code<//>`}
    </footer>
  <//>`;
}

/**
 * "Cart 19" after "Cart 18".
 * @param {Device[]} devices
 */
function suggestedName(devices) {
  const numbered = devices.map(({ name }) => /^(.*?)(\d{1,6})$/.exec(name)).filter((found) => found !== null);
  const [, words, last] = numbered.sort((a, b) => Number(a[2]) - Number(b[2])).at(-1) ?? [];
  return last ? `${words}${Number(last) + 1}` : "Cart 1";
}
