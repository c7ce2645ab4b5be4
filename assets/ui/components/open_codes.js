// Pairing codes that nobody has used yet: whose they are, how long they work, and taking one back.

import { ApiError, call } from "../lib/api.js";
import { countdown } from "../lib/fleet.js";
import { useLive } from "../lib/live.js";
import { deviceName } from "../lib/people.js";
import { useNow, useResource } from "../lib/resource.js";
import { html, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Problem } from "./dialog.js";
import { loadOpenCodes } from "./pairing_code.js";

/** @import { OpenCode } from "../lib/types.js" */

const SECOND_MS = 1_000;

export function OpenCodes() {
  const now = useNow(SECOND_MS);
  const codes = useResource(loadOpenCodes, []);
  const [problem, setProblem] = useState("");
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useLive("device", codes.reload);

  const open = (codes.data ?? []).filter(({ expires_at: end }) => Date.parse(end) > now);
  if (open.length === 0) return null;

  /** @param {number} id */
  const takeBack = async (id) => {
    setProblem("");
    // The button goes with its code; the keyboard stays in the dialog.
    const form = box.current?.closest("form");
    try {
      await call("DELETE", `/devices/pairing-codes/${id}`);
    } catch (error) {
      // Used or ended meanwhile: the list says so.
      if (!(error instanceof ApiError && error.status === 404)) return setProblem(/** @type {Error} */ (error).message);
    }
    codes.change((list) => list.filter((each) => each.id !== id));
    form?.querySelector("input")?.focus();
  };

  return html`<section class="open-codes" ref=${box} aria-labelledby="open-codes">
    <h3 id="open-codes">Codes that still work</h3>
    <ul>
      ${open.map(
        (code) => html`<li key=${code.id} data-open-code=${code.id}>
          <span class="open-code clip">${codeName(code)} <span class="detail">${code.created_by ? `by ${code.created_by}, ` : ""}<span class="number">${countdown(Date.parse(code.expires_at) - now)}</span> left</span></span>
          <${Button} kind="quiet" onClick=${() => takeBack(code.id)} aria-label="Take back the code for ${codeName(code)}">Take back<//>
        </li>`,
      )}
    </ul>
    <${Problem} text=${problem} />
  </section>`;
}

/** @param {OpenCode} code */
function codeName({ name, device_id: device }) {
  if (device !== null) return `A new board for ${deviceName(device)}`;
  return name ?? "A new trolley";
}
