// What staff may do with a cart and the trolley that it is on, each after saying what will happen.

import { sentence } from "../lib/alerts.js";
import { ApiError, call, newIdempotencyKey } from "../lib/api.js";
import { freeTrolleys, stateWords } from "../lib/fleet.js";
import { counted, money } from "../lib/format.js";
import { deviceName, devices, shopperName } from "../lib/people.js";
import { session } from "../lib/session.js";
import { tellDone } from "../lib/toast.js";
import { html, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Confirm, Dialog, Problem } from "./dialog.js";
import { TextField } from "./field.js";

/** @import { Cart, Device, Order } from "../lib/types.js" */

/** @typedef {"move" | "empty" | "take-over" | "checkout" | "disconnect"} Act */

/**
 * @typedef {object} ActProps
 * @property {Cart} cart
 * @property {() => void} onDone  Done, or found to be impossible by now: look again.
 * @property {() => void} onClose
 */

/**
 * What can be done with a cart as it is.
 * @param {Cart} cart
 * @param {(act: Act) => void} choose
 * @returns {import("./action_menu.js").Action[]}
 */
export function cartActions(cart, choose) {
  const goods = cart.items.length > 0;
  /** @type {{act: Act, label: string, short?: string, icon: string, danger?: boolean, when: boolean}[]} */
  const all = [
    { act: "move", label: cart.device_id === null ? "Put on a trolley…" : "Move to another trolley…", short: cart.device_id === null ? "Put on…" : "Move…", icon: "move", when: true },
    { act: "take-over", label: "Take over…", icon: "handover", when: cart.user_id !== session.value.user?.id },
    { act: "checkout", label: "Check out…", icon: "orders", when: goods },
    { act: "disconnect", label: "Disconnect the shopper…", short: "Disconnect…", icon: "unlink", when: cart.user_id !== null && cart.device_id !== null },
    { act: "empty", label: "Empty…", icon: "trash", danger: true, when: goods },
  ];
  return all.filter(({ when }) => when).map(({ act, label, short, icon, danger }) => ({ label, short, icon, danger, onClick: () => choose(act) }));
}

/** @param {ActProps & {act: Act}} props */
export function CartAct({ act, ...props }) {
  if (act === "move") return html`<${MoveCart} ...${props} />`;
  if (act === "empty") return html`<${EmptyCart} ...${props} />`;
  if (act === "take-over") return html`<${TakeOver} ...${props} />`;
  if (act === "checkout") return html`<${CheckOut} ...${props} />`;
  return html`<${Disconnect} ...${props} />`;
}

/**
 * "Cart 7", "the cart of Mia Wong", "this cart"
 * @param {Cart} cart
 */
function cartName({ device_id: device, user_id: user }) {
  if (device !== null) return deviceName(device);
  return user === null ? "this cart" : `the cart of ${shopperName(user)}`;
}

/** @param {Cart} cart */
function goodsWords({ item_count: units, total, currency }) {
  return `${counted(units, "item")} for ${money(total, currency)}`;
}

/** @param {Cart} cart */
function who({ user_id: user }) {
  return user === null ? "The shopper" : shopperName(user);
}

/** What was agreed to is done to the cart as it was read, and to no other. @param {Cart} cart */
function asSeen({ version }) {
  return { etag: `"${version}"` };
}

/**
 * Does it. After a conflict the screen looks again, and the refusal stays to be read.
 * @param {() => Promise<any>} work
 * @param {() => void} lookAgain
 */
async function doing(work, lookAgain) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError) || ![404, 409, 412].includes(error.status)) throw error;
    lookAgain();
    if (error.status === 412) throw new Error("Somebody changed the cart meanwhile. It stands here as it is now: press again if this is still right.");
    throw error;
  }
}

/** @param {ActProps} props */
function EmptyCart({ cart, onDone, onClose }) {
  const empty = async () => {
    await doing(() => call("POST", `/carts/${cart.id}/empty`, asSeen(cart)), onDone);
    tellDone(sentence(`${cartName(cart)} is empty: ${goodsWords(cart)} taken out.`));
    onDone();
    onClose();
  };
  return html`<${Confirm} title="Empty ${cartName(cart)}?" action="Empty the cart" onConfirm=${empty} onClose=${onClose}>
    <ul class="points">
      <li>${goodsWords(cart)} are taken out of the cart, not out of the trolley: put the goods back on their shelves.</li>
      <li>${cart.user_id === null ? "Nobody is signed in with it." : `${who(cart)} sees an empty cart at once.`}</li>
      <li>This cannot be undone.</li>
    </ul>
  <//>`;
}

/** @param {ActProps} props */
function TakeOver({ cart, onDone, onClose }) {
  const takeOver = async () => {
    await doing(() => call("POST", `/carts/${cart.id}/take-over`, asSeen(cart)), onDone);
    tellDone(`You go on with ${cartName(cart)}.`);
    onDone();
    onClose();
  };
  return html`<${Confirm} kind=${cart.user_id === null ? "primary" : "danger"} title="Take over ${cartName(cart)}?" action="Take it over" keep="Leave it" onConfirm=${takeOver} onClose=${onClose}>
    <ul class="points">
      <li>You go on with it on your own account${cart.device_id === null ? "" : ", the trolley with it"}.</li>
      <li>${goodsWords(cart)} ${cart.item_count === 1 ? "stays" : "stay"} in it.</li>
      ${cart.user_id !== null && html`<li>${who(cart)} no longer has it: their next scan begins a cart of their own.</li>`}
    </ul>
  <//>`;
}

/** @param {ActProps} props */
function Disconnect({ cart, onDone, onClose }) {
  return html`<${DisconnectTrolley} device=${{ id: Number(cart.device_id), name: cartName(cart), user_id: cart.user_id }} onDone=${onDone} onClose=${onClose} />`;
}

/** @param {{device: Pick<Device, "id" | "name" | "user_id">, onDone: () => void, onClose: () => void}} props */
export function DisconnectTrolley({ device, onDone, onClose }) {
  const shopper = device.user_id === null ? "the shopper" : shopperName(device.user_id);
  const disconnect = async () => {
    await doing(() => call("POST", `/devices/${device.id}/disconnect`), onDone);
    tellDone(`${device.name} is free again.`);
    onDone();
    onClose();
  };
  return html`<${Confirm} title="Disconnect ${shopper} from ${device.name}?" action="Disconnect" keep="Stay connected" onConfirm=${disconnect} onClose=${onClose}>
    <ul class="points">
      <li>The shopper keeps the cart with all that is in it, and can connect with another trolley.</li>
      <li>${device.name} is free for the next one.</li>
    </ul>
  <//>`;
}

const FREE_SHOWN = 40;

/** @param {ActProps} props */
function MoveCart({ cart, onDone, onClose }) {
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState(/** @type {number | null} */ (null));
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const free = freeTrolleys([...devices.value.values()], cart.device_id);
  const text = search.trim().toLowerCase();
  const found = free.filter(({ name, cart_code: code }) => !text || name.toLowerCase().includes(text) || code.toLowerCase().includes(text));
  const shown = found.slice(0, FREE_SHOWN);
  const target = shown.some(({ id }) => id === chosen) ? chosen : shown.length === 1 ? shown[0].id : null;

  useLayoutEffect(() => form.current?.querySelector("input")?.focus(), []);

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    if (target === null) return setProblem("Choose the trolley that it goes to.");
    setBusy(true);
    setProblem("");
    try {
      await doing(() => call("POST", `/carts/${cart.id}/move`, { body: { device_id: target } }), onDone);
      tellDone(`${goodsWords(cart)} ${cart.item_count === 1 ? "is" : "are"} on ${deviceName(target)} now.`);
      onDone();
      onClose();
    } catch (error) {
      setProblem(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };

  return html`<${Dialog} title=${cart.device_id === null ? "Put the cart on a trolley" : `Move the cart of ${cartName(cart)}`} onClose=${onClose}>
    <form ref=${form} novalidate onSubmit=${submit}>
      <div class="dialog-content">
        <p>${goodsWords(cart)}${cart.user_id === null ? "" : ` of ${who(cart)}`} ${cart.item_count === 1 ? "goes" : "go"} with it; further scans count from the new trolley.</p>
        ${free.length === 0
          ? html`<p class="muted">No trolley is free: all of them have a shopper or goods.</p>`
          : html`<${TextField} label="Free trolleys" name="search" value=${search} onValue=${setSearch} placeholder="Name or cart code" />
              <div class="choice-list free-trolleys" role="radiogroup" aria-label="Free trolleys">
                ${shown.map(
                  (device) => html`<label class="choice" key=${device.id}>
                    <input type="radio" name="device" checked=${device.id === target} onChange=${() => setChosen(device.id)} />
                    <span class="choice-line"><strong>${device.name}</strong><span class="muted">${stateWords(device, Date.now())}</span></span>
                  </label>`,
                )}
                ${shown.length === 0 && html`<p class="choice muted">No free trolley is called “${search.trim()}”.</p>`}
              </div>
              ${found.length > shown.length && html`<p class="note muted">${counted(found.length - shown.length, "more", "more")}: type a name to find it.</p>`}`}
        <${Problem} text=${problem} />
      </div>
      <footer class="dialog-footer">
        <${Button} onClick=${onClose}>Cancel<//>
        <${Button} kind="primary" type="submit" busy=${busy}>${target === null ? "Move the cart" : `Move to ${deviceName(target)}`}<//>
      </footer>
    </form>
  <//>`;
}

/** @param {ActProps} props */
function CheckOut({ cart, onDone, onClose }) {
  const [order, setOrder] = useState(/** @type {Order | null} */ (null));
  // A second press after a lost answer gets that answer; of another cart it would be another wish.
  const sent = useRef({ version: -1, key: "" });
  const checkOut = async () => {
    if (sent.current.version !== cart.version) sent.current = { version: cart.version, key: newIdempotencyKey() };
    const options = { ...asSeen(cart), idempotencyKey: sent.current.key };
    const { data } = await doing(() => call("POST", `/carts/${cart.id}/checkout`, options), onDone);
    setOrder(data);
    onDone();
  };
  if (order) return html`<${CheckedOut} order=${order} onClose=${onClose} />`;
  return html`<${Confirm} kind="primary" title="Check out ${cartName(cart)}?" action="Make the order" keep="Not yet" onConfirm=${checkOut} onClose=${onClose}>
    <ul class="points">
      <li>${goodsWords(cart)} ${cart.item_count === 1 ? "becomes" : "become"} an order that waits for its payment at the till.</li>
      <li>The cart is empty afterwards. For a trolley that is dead or does not answer any more.</li>
    </ul>
  <//>`;
}

/** @param {{order: Order, onClose: () => void}} props */
function CheckedOut({ order, onClose }) {
  return html`<${Dialog} title="Order ${order.number} is made" onClose=${onClose}>
    <div class="dialog-content">
      <p>To be paid at the till with this code:</p>
      <p class="big-code" data-order-code>${order.code}</p>
      <dl class="facts"><div><dt>To pay</dt><dd class="number strong">${money(order.total, order.currency)}</dd></div></dl>
    </div>
    <footer class="dialog-footer">
      <a class="button" href="#/orders/${order.id}" onClick=${onClose}>Open the order</a>
      <${Button} kind="primary" onClick=${onClose} autofocus>Done<//>
    </footer>
  <//>`;
}
