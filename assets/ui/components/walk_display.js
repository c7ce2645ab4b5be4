// The directions as a trolley's display of two lines of 16 characters shows them.

import { html, useEffect, useState } from "../lib/ui.js";
import { displayLines } from "../lib/walk.js";
import { Icon } from "./icon.js";

/** @import { WalkAnswer } from "../lib/types.js" */

const ROWS = 2;

/** @param {{answer: WalkAnswer, leg: number | null}} props */
export function WalkDisplay({ answer, leg }) {
  const lines = displayLines(answer, leg);
  const [at, setAt] = useState(0);
  useEffect(() => setAt(0), [answer, leg]);
  if (lines.length === 0) return null;
  const last = Math.floor((lines.length - 1) / ROWS);
  const page = Math.min(at, last);
  const shown = Array.from({ length: ROWS }, (_, row) => lines[page * ROWS + row] ?? "");
  return html`<div class="walk-display" role="group" aria-label="On the trolley's display">
    <p class="detail">On the trolley’s display${leg === null ? "" : ", this leg"}</p>
    <div>
      <button type="button" class="icon-button" aria-label="Lines before" disabled=${page === 0} onClick=${() => setAt(page - 1)}><${Icon} name="left" /></button>
      <output class="lcd mono">${shown.map((line, row) => html`<span key=${row}>${line || "\u00a0"}</span>`)}</output>
      <button type="button" class="icon-button" aria-label="Lines after" disabled=${page === last} onClick=${() => setAt(page + 1)}><${Icon} name="right" /></button>
      <span class="detail number">${page + 1} of ${last + 1}</span>
    </div>
  </div>`;
}
