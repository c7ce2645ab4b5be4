// The trolleys: rows of a table, or cards where the screen is narrow.

import { counted, money } from "../lib/format.js";
import { isCalling, stateWords } from "../lib/fleet.js";
import { moveBetweenRows } from "../lib/keyboard.js";
import { shopperName } from "../lib/people.js";
import { navigate } from "../lib/router.js";
import { html, useEffect, useMemo, useState } from "../lib/ui.js";
import { Battery, Signal, TrolleyState } from "./meters.js";
import { SkeletonRows } from "./page.js";

/** @import { Device } from "../lib/types.js" */

const COLUMNS = 8;
const NARROW = "(width < 48rem)";
const NONE = html`<span class="muted">–</span>`;

/** Whether the screen is a phone's. */
function useNarrow() {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const look = () => setNarrow(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return narrow;
}

/**
 * @param {{devices?: Device[], now: number, open: string | null, href: (id: number) => string}} props
 */
export function FleetList({ devices, now, open, href }) {
  const narrow = useNarrow();
  if (narrow && devices) {
    return html`<ul class="trolleys" onKeyDown=${moveBetweenRows}>
      ${devices.map((device) => html`<${Card} key=${device.id} device=${device} now=${now} href=${href(device.id)} />`)}
    </ul>`;
  }
  return html`<table class="rows fleet" aria-busy=${String(!devices)} onKeyDown=${moveBetweenRows}>
    <thead>
      <tr>
        <th scope="col">Trolley</th>
        <th scope="col">State</th>
        <th scope="col">Shopper</th>
        <th scope="col" class="num">Basket</th>
        <th scope="col">Battery</th>
        <th scope="col">Signal</th>
        <th scope="col">Firmware</th>
        <th scope="col" class="num">Alerts</th>
      </tr>
    </thead>
    <tbody>
      ${devices
        ? devices.map((device) => html`<${Row} key=${device.id} device=${device} now=${now} href=${href(device.id)} open=${String(device.id) === open} />`)
        : html`<${SkeletonRows} columns=${COLUMNS} />`}
    </tbody>
  </table>`;
}

/**
 * What has a title of its own stands above the row's link: a press there opens the row as well.
 * @param {string} href
 */
function openRow(href) {
  return (/** @type {MouseEvent} */ event) => {
    if (!(/** @type {Element} */ (event.target).closest("a"))) navigate(href);
  };
}

/**
 * Drawn anew only when something in it differs: hundreds of rows stand behind a stream of events.
 * @param {{device: Device, now: number, href: string, open: boolean}} props
 */
function Row({ device, now, href, open }) {
  const shopper = device.user_id === null ? null : shopperName(device.user_id);
  return useMemo(
    () => html`<tr onClick=${openRow(href)} data-device-id=${device.id} data-open=${open ? "" : undefined} data-calling=${isCalling(device) ? "" : undefined}>
      <td>
        <a class="cover strong" data-row href=${href}>${device.name}</a>
        <span class="detail mono">${device.cart_code}</span>
      </td>
      <td><${TrolleyState} device=${device} now=${now} /></td>
      <td>${shopper ? html`<span class="clip">${shopper}</span>` : NONE}</td>
      <td class="num">
        ${device.items > 0 ? html`<span class="strong">${money(device.total, device.currency)}</span><span class="detail">${counted(device.items, "item")}</span>` : NONE}
      </td>
      <td><${Battery} percent=${device.battery_pct} /></td>
      <td><${Signal} dbm=${device.rssi} /></td>
      <td class="nowrap">${device.firmware ?? NONE}</td>
      <td class="num">${device.open_alerts > 0 ? html`<span class="badge warning">${device.open_alerts}</span>` : NONE}</td>
    </tr>`,
    [device, stateWords(device, now), shopper, href, open],
  );
}

/** @param {{device: Device, now: number, href: string}} props */
function Card({ device, now, href }) {
  const shopper = device.user_id === null ? null : shopperName(device.user_id);
  return useMemo(
    () => html`<li class="card trolley" data-device-id=${device.id} data-calling=${isCalling(device) ? "" : undefined}>
      <div class="trolley-line">
        <a class="cover strong" data-row href=${href}>${device.name}</a>
        <${TrolleyState} device=${device} now=${now} />
      </div>
      ${(shopper || device.items > 0) &&
      html`<div class="trolley-line">
        <span class="clip">${shopper ?? html`<span class="muted">No shopper signed in</span>`}</span>
        ${device.items > 0 && html`<span class="number"><span class="muted">${counted(device.items, "item")}</span> <strong>${money(device.total, device.currency)}</strong></span>`}
      </div>`}
      <div class="trolley-line muted">
        <${CardMeters} device=${device} />
        ${device.open_alerts > 0 ? html`<span class="badge warning">${counted(device.open_alerts, "alert")}</span>` : html`<span class="mono">${device.cart_code}</span>`}
      </div>
    </li>`,
    [device, stateWords(device, now), shopper, href],
  );
}

/**
 * What the trolley has said of itself: without headings above them, dashes would say nothing.
 * @param {{device: Device}} props
 */
function CardMeters({ device: { battery_pct: percent, rssi, firmware } }) {
  if (percent === null && rssi === null && !firmware) return null;
  return html`<span class="trolley-meters">
    ${typeof percent === "number" && html`<${Battery} percent=${percent} />`}${typeof rssi === "number" && html`<${Signal} dbm=${rssi} />`}${firmware && html`<span>${firmware}</span>`}
  </span>`;
}
