// The first line of the fleet: which trolleys need somebody now, and why.

import { counted } from "../lib/format.js";
import { inOrder, isCalling, needOf, needWords } from "../lib/fleet.js";
import { html, useState } from "../lib/ui.js";
import { Icon } from "./icon.js";

/** @import { Device } from "../lib/types.js" */

const SHOWN_FIRST = 3;

/** @type {Record<string, string>} */
const ICONS = { "offline-with-basket": "basket", "battery-dying": "battery", "battery-low": "battery", alerts: "bell" };

/** @param {{devices?: Device[], href: (id: number) => string}} props */
export function FleetNeeds({ devices, href }) {
  const [all, setAll] = useState(false);
  if (!devices) return html`<div class="needs" aria-busy="true"><div class="skeleton"><span></span></div></div>`;
  const calling = inOrder(devices.filter(isCalling), "need");
  const shown = all ? calling : calling.slice(0, SHOWN_FIRST);
  const hidden = calling.length - shown.length;
  if (calling.length === 0) return html`<p class="needs quiet" role="status"><${Icon} name="check" />No trolley needs anybody now.</p>`;
  return html`<section class="needs" aria-label="Needs somebody now">
    <ul>
      ${shown.map(
        (device) => html`<li key=${device.id} data-need=${needOf(device)}>
          <a href=${href(device.id)}><${Icon} name=${ICONS[needOf(device)]} /><span><strong>${device.name}</strong> ${needWords(device)}</span></a>
        </li>`,
      )}
    </ul>
    ${(hidden > 0 || all) &&
    calling.length > SHOWN_FIRST &&
    html`<button type="button" class="linklike" aria-expanded=${String(all)} onClick=${() => setAll(!all)}>${all ? "Show fewer" : `and ${counted(hidden, "more", "more")}`}</button>`}
  </section>`;
}
