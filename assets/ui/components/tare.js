// The time in which bags and coats go into a trolley: what its scale gains meanwhile is baggage.

import { call } from "../lib/api.js";
import { tellFailed } from "../lib/toast.js";
import { html, useEffect, useState } from "../lib/ui.js";
import { Button } from "./button.js";

/** @import { Device } from "../lib/types.js" */

const WINDOW_S = 30;
const TICK_MS = 250;
const DONE_MS = 4_000;

/** @param {{device: Device}} props */
export function Tare({ device }) {
  const [endsAt, setEndsAt] = useState(0);
  const [now, setNow] = useState(0);
  const [busy, setBusy] = useState(false);
  const left = Math.ceil((endsAt - now) / 1000);
  const open = endsAt > 0 && left > 0;
  const done = endsAt > 0 && !open;

  useEffect(() => {
    if (endsAt === 0) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    const end = setTimeout(() => setEndsAt(0), endsAt - Date.now() + DONE_MS);
    return () => {
      clearInterval(timer);
      clearTimeout(end);
    };
  }, [endsAt]);

  const start = async () => {
    setBusy(true);
    try {
      await call("POST", `/devices/${device.id}/tare`, { body: { seconds: WINDOW_S } });
      setNow(Date.now());
      setEndsAt(Date.now() + WINDOW_S * 1000);
    } catch (error) {
      tellFailed(error);
    }
    setBusy(false);
  };

  if (!open && !done) return html`<${Button} icon="scale" busy=${busy} onClick=${start}>Put bags in<//>`;
  return html`<div class="tare" role="status" data-done=${done ? "" : undefined}>
    ${open
      ? html`<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <circle class="tare-ring" cx="10" cy="10" r="8" pathLength="30" />
            <circle class="tare-left" cx="10" cy="10" r="8" pathLength="30" stroke-dasharray="${left} 30" transform="rotate(-90 10 10)" />
          </svg>
          <span>Put bags and coats in now: <strong class="number" aria-hidden="true">${left} s</strong></span>`
      : html`<span>Weighed. What went in counts as baggage.</span>`}
  </div>`;
}
