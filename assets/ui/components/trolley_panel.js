// One trolley: how it is, what is in it, and what can be done about it.

import { get } from "../lib/api.js";
import { count, counted, exactly, money, quantity, weight, when } from "../lib/format.js";
import { macText, needWords } from "../lib/fleet.js";
import { useLive } from "../lib/live.js";
import { shopperName } from "../lib/people.js";
import { useResource } from "../lib/resource.js";
import { link, navigate, route } from "../lib/router.js";
import { isAdmin, session } from "../lib/session.js";
import { html, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { CartAct, cartActions, DisconnectTrolley } from "./cart_acts.js";
import { Confirm, Dialog } from "./dialog.js";
import { Icon } from "./icon.js";
import { Battery, Signal, TrolleyState } from "./meters.js";
import { Empty, Failed, Skeleton } from "./page.js";
import { Tare } from "./tare.js";
import { TrolleyHardware } from "./trolley_hardware.js";
import { TrolleySettings } from "./trolley_settings.js";

/** @import { Cart, Device } from "../lib/types.js" */
/** @import { Act } from "./cart_acts.js" */

const LINES_SHOWN = 6;

const TABS = [
  { id: "", label: "Now" },
  { id: "settings", label: "Settings" },
  { id: "hardware", label: "Hardware" },
];

/**
 * @param {object} props
 * @param {string} props.id
 * @param {Device} [props.known]  As the list has it.
 * @param {number} props.now
 * @param {() => void} props.onChanged
 * @param {() => void} props.onClose
 */
export function TrolleyPanel({ id, known, now, onChanged, onClose }) {
  const device = useResource((signal) => get(`/devices/${encodeURIComponent(id)}`, { signal }).then(({ data }) => /** @type {Device} */ (data)), [now]);
  const cart = useResource((signal) => loadCart(Number(id), signal), []);
  const [unsaved, setUnsaved] = useState(false);
  const [leaving, setLeaving] = useState(/** @type {null | (() => void)} */ (null));
  const admin = isAdmin(session.value.user);
  const tab = admin ? (route.value.query.tab ?? "") : "";

  useLive("device", ({ device_id: changed, device: latest }) => {
    if (String(changed) === id && latest) device.change(() => latest);
  });
  useLive("cart", ({ cart_id: changed, cart: latest }) => {
    if (latest?.device_id === Number(id)) cart.change(() => latest);
    else if (cart.data?.id === changed) cart.reload();
  });
  useLive("resync", () => {
    device.reload();
    cart.reload();
  });

  const lookAgain = () => {
    device.reload();
    cart.reload();
    onChanged();
  };
  /** @param {() => void} go */
  const leave = (go) => (unsaved ? setLeaving(() => go) : go());
  const close = () => leave(onClose);
  const shown = device.data ?? known;

  return html`<${Dialog} side title=${shown?.name ?? "Trolley"} onClose=${close}>
      ${admin &&
      shown &&
      html`<div class="tabs panel-tabs" role="group" aria-label="Parts of this trolley">
        ${TABS.map(
          (each) => html`<button
            type="button"
            key=${each.id}
            aria-pressed=${String(each.id === tab)}
            onClick=${() => each.id !== tab && leave(() => navigate(link(`/devices/${id}`, { ...route.value.query, tab: each.id }), { replace: true }))}
          >
            ${each.label}
          </button>`,
        )}
      </div>`}
      ${!shown
        ? html`<div class="dialog-content">${device.error ? html`<${Failed} error=${device.error} onRetry=${device.reload} />` : html`<${Skeleton} lines=${10} />`}</div>`
        : tab === "settings"
          ? html`<${TrolleySettings} device=${shown} onUnsaved=${setUnsaved} onSaved=${lookAgain} onClose=${close} />`
          : tab === "hardware"
            ? html`<${TrolleyHardware} device=${shown} onChanged=${lookAgain} onClose=${onClose} />`
            : html`<${Overview} device=${shown} cart=${cart} now=${now} onChanged=${lookAgain} onClose=${onClose} />`}
    <//>
    ${leaving &&
    html`<${Confirm}
      title="Discard your changes?"
      action="Discard changes"
      keep="Keep editing"
      onConfirm=${async () => {
        setUnsaved(false);
        setLeaving(null);
        leaving();
      }}
      onClose=${() => setLeaving(null)}
    >
      <p>What you changed of ${shown?.name} has not been saved.</p>
    <//>`}`;
}

/**
 * @param {number} device
 * @param {AbortSignal} signal
 * @returns {Promise<Cart | null>}
 */
async function loadCart(device, signal) {
  const { data } = await get("/carts", { query: { device_id: device }, signal });
  return /** @type {Cart[]} */ (data).find(({ device_id: its }) => its === device) ?? null;
}

/**
 * @param {{device: Device, cart: import("../lib/resource.js").Resource<Cart | null>, now: number, onChanged: () => void, onClose: () => void}} props
 */
function Overview({ device, cart, now, onChanged, onClose }) {
  const urgent = device.state === "offline" && device.items > 0;
  return html`<div class="dialog-content trolley-now">
      <section aria-label="State">
        <div class="trolley-state">
          <${TrolleyState} device=${device} now=${now} />
          ${typeof device.battery_pct === "number" && html`<${Battery} percent=${device.battery_pct} />`}
          ${typeof device.rssi === "number" && html`<${Signal} dbm=${device.rssi} />`}
        </div>
        ${urgent && html`<div class="notice"><${Icon} name="warning" /><p>${device.name} ${needWords(device)}. Check its cart out for the till, or move it to a trolley that works.</p></div>`}
        ${device.open_alerts > 0 &&
        html`<div class="notice"><${Icon} name="bell" /><p><a href=${link("/alerts", { device: device.id })}>${counted(device.open_alerts, "open alert")}</a> to look at.</p></div>`}
      </section>
      <${Basket} device=${device} cart=${cart} onChanged=${onChanged} />
      <section aria-labelledby="trolley-facts">
        <header class="section-header"><h2 id="trolley-facts">Facts</h2>${!device.revoked && device.state !== "new" && html`<${Tare} device=${device} />`}</header>
        <${Facts} device=${device} />
      </section>
    </div>
    <footer class="dialog-footer"><${Button} onClick=${onClose}>Close<//></footer>`;
}

/**
 * @param {{device: Device, cart: import("../lib/resource.js").Resource<Cart | null>, onChanged: () => void}} props
 */
function Basket({ device, cart: { data: cart, error, reload }, onChanged }) {
  const [act, setAct] = useState(/** @type {Act | null} */ (null));
  const [all, setAll] = useState(false);
  // The cart that the act is about, though it may leave this trolley by it.
  const chosen = useRef(/** @type {Cart | null} */ (null));
  const choose = (/** @type {Act} */ next) => {
    chosen.current = cart ?? null;
    setAct(next);
  };
  const goods = cart && cart.items.length > 0;
  const actions = cart && cart.id !== null && (goods || cart.user_id !== null) ? cartActions(cart, choose) : [];
  const hidden = all || !cart ? 0 : Math.max(0, cart.items.length - LINES_SHOWN);

  return html`<section aria-labelledby="trolley-cart">
    <header class="section-header">
      <h2 id="trolley-cart">Its cart</h2>
      ${device.user_id !== null ? html`<span class="muted">${shopperName(device.user_id)}</span>` : html`<span class="muted">No shopper signed in</span>`}
    </header>
    ${actions.length > 0 &&
    html`<div class="acts">
      ${actions.map((action) => html`<${Button} key=${action.label} kind=${action.danger ? "quiet-danger" : "plain"} icon=${action.icon} onClick=${action.onClick}>${action.short ?? action.label}<//>`)}
    </div>`}
    ${error && cart === undefined
      ? html`<${Failed} error=${error} onRetry=${reload} />`
      : cart === undefined
        ? html`<${Skeleton} lines=${4} />`
        : !goods
          ? html`<p class="muted">Nothing is in it.</p>`
          : html`<div class="card flush basket">
              <div class="basket-sum"><a href="#/carts?cart=${cart.id}">${counted(cart.item_count, "item")}</a><strong class="number">${money(cart.total, cart.currency)}</strong></div>
              <table class="rows lines">
                <tbody>
                  ${cart.items.slice(0, all ? undefined : LINES_SHOWN).map(
                    (line) => html`<tr key=${line.id}>
                      <td class="num muted">${quantity(line)}</td>
                      <td><a class="clip" href="#/products/${line.product_id}">${line.name}</a></td>
                      <td class="num">${money(line.total, cart.currency)}</td>
                    </tr>`,
                  )}
                </tbody>
              </table>
              ${hidden > 0 && html`<${Button} kind="quiet" onClick=${() => setAll(true)}>Show ${counted(hidden, "more line")}<//>`}
            </div>`}
    ${cart === null && device.user_id !== null && html`<div class="acts"><${Button} icon="unlink" onClick=${() => setAct("disconnect")}>Disconnect the shopper…<//></div>`}
    ${act &&
    (chosen.current
      ? html`<${CartAct} act=${act} cart=${cart?.id === chosen.current.id ? cart : chosen.current} onDone=${onChanged} onClose=${() => setAct(null)} />`
      : html`<${DisconnectTrolley} device=${device} onDone=${onChanged} onClose=${() => setAct(null)} />`)}
  </section>`;
}

/** @param {{device: Device}} props */
function Facts({ device }) {
  const kib = (/** @type {number} */ bytes) => `${count(Math.round(bytes / 1024))} KiB`;
  /** @type {[string, any, boolean?][]} */
  const facts = [
    ["Cart code", device.cart_code, true],
    ["Last seen", device.last_seen && html`<time datetime=${device.last_seen}>${exactly(device.last_seen)}</time>`],
    ["Session began", device.last_seen && device.session_began_at && html`<time datetime=${device.session_began_at} title=${exactly(device.session_began_at)}>${when(device.session_began_at)}</time>`],
    ["Scale reads", typeof device.cart_weight === "number" ? weight(device.cart_weight) : null],
    ["Firmware", device.firmware],
    ["Board", device.chip],
    ["MAC", macText(device.mac) || null, true],
    ["IP address", device.ip, true],
    ["Signal", typeof device.rssi === "number" ? `${device.rssi} dBm` : null],
    ["Free memory", typeof device.free_heap === "number" ? kib(device.free_heap) : null],
  ];
  // Boards tell what they like: what this one did not is no row.
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return html`<dl class="facts">
      ${known.map(([label, value, mono]) => html`<div key=${label}><dt>${label}</dt><dd class=${mono ? "mono" : "number"}>${value}</dd></div>`)}
    </dl>
    ${!device.last_seen && html`<p class="muted">It has not called the shop yet.</p>`}`;
}
