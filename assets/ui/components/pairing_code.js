// A pairing code while it counts: large, as a picture, with the time that is left; notices by
// itself when the trolley has enrolled.

import { get } from "../lib/api.js";
import { countdown, enrolledBy, macText } from "../lib/fleet.js";
import { useLive } from "../lib/live.js";
import { built, knownShape } from "../lib/picture.js";
import { useNow } from "../lib/resource.js";
import { html, useEffect, useLayoutEffect, useRef } from "../lib/ui.js";
import { CopyText } from "./copy.js";
import { Icon } from "./icon.js";

/** @import { Device, OpenCode, PairingCode as Code } from "../lib/types.js" */

const SECOND_MS = 1_000;
const POLL_MS = 3_000;
const CODES_MAX = 1_000;
const ENROLMENTS_MAX = 50;

/**
 * @param {object} props
 * @param {Code} props.code
 * @param {(device: Device) => void} props.onEnrolled
 * @param {() => void} props.onEnded  Its time is up, or somebody took it back.
 */
export function PairingCode({ code, onEnrolled, onEnded }) {
  const now = useNow(SECOND_MS);
  const leftMs = Date.parse(code.expires_at) - now;
  const ended = leftMs <= 0;
  const done = useRef(false);

  const look = async () => {
    const became = await whatBecameOf(code.id).catch(() => "open");
    if (became === "open" || done.current) return;
    done.current = true;
    if (typeof became === "object") onEnrolled(became);
    else onEnded();
  };
  const latest = useRef(look);
  latest.current = look;

  // An event can be missed; a question cannot.
  useEffect(() => {
    const timer = setInterval(() => latest.current(), POLL_MS);
    return () => {
      clearInterval(timer);
      done.current = true;
    };
  }, []);
  useLive("device", ({ device }) => device && look());

  useEffect(() => {
    if (ended) onEnded();
  }, [ended]);

  return html`<div class="pairing">
      <${Qr} svg=${code.qr} />
      <div class="pairing-words">
        <p class="muted">Pairing code</p>
        <p class="big-code" data-pairing-code>${code.pairing_code}</p>
        <dl class="facts">
          <div><dt>Address</dt><dd class="mono">${code.url}</dd></div>
          <div><dt>Time left</dt><dd class="number" role="timer" data-left>${countdown(leftMs)}</dd></div>
        </dl>
      </div>
    </div>
    <ol class="steps">
      <li>Switch the trolley’s board on. A new one opens its set-up page by itself.</li>
      <li>Let its scanner read the picture, or type the address and the code there.</li>
    </ol>
    <${CopyText} label="Text of the picture" text=${code.qr_text} />
    <p class="waiting-for" role="status"><span class="pulse" aria-hidden="true"></span>Waiting for the trolley to enrol…</p>`;
}

/**
 * The codes that nobody has used yet.
 * @param {AbortSignal} [signal]
 * @returns {Promise<OpenCode[]>}
 */
export async function loadOpenCodes(signal) {
  return (await get("/devices/pairing-codes", { query: { limit: CODES_MAX }, signal })).data;
}

/**
 * @param {number} code
 * @returns {Promise<"open" | "ended" | Device>}  The trolley that it brought in, if it is used.
 */
async function whatBecameOf(code) {
  if ((await loadOpenCodes()).some(({ id }) => id === code)) return "open";
  const { data: entries } = await get("/audit", { query: { action: "device.enroll", limit: ENROLMENTS_MAX } });
  const device = enrolledBy(entries, code);
  return device === null ? "ended" : (await get(`/devices/${device}`)).data;
}

/**
 * The appliance draws it; only its shapes are taken over, nothing that could act.
 * @param {{svg: string}} props
 */
function Qr({ svg }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    const shape = root.localName === "svg" ? knownShape(root) : null;
    box.current?.replaceChildren(...(shape ? [built(shape)] : []));
  }, [svg]);
  return html`<div class="qr" ref=${box} role="img" aria-label="The address and the code as a QR code"></div>`;
}

/** @param {{device: Device}} props */
export function Enrolled({ device }) {
  return html`<div class="enrolled" role="status" data-enrolled=${device.id}>
    <span class="round"><${Icon} name="check" /></span>
    <div>
      <p class="strong">${device.name} is enrolled</p>
      <p class="muted">${[device.chip, macText(device.mac)].filter(Boolean).join(", ")}. Shoppers connect with the code <span class="mono">${device.cart_code}</span>.</p>
    </div>
  </div>`;
}
