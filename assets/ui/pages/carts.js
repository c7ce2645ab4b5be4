// The floor, live: every open cart with its lines, as they are scanned.

import { ActionMenu } from "../components/action_menu.js";
import { Button } from "../components/button.js";
import { CartAct, cartActions } from "../components/cart_acts.js";
import { Empty, Failed, LiveBadge, Page, Skeleton } from "../components/page.js";
import { get } from "../lib/api.js";
import { CART_STATES, cartState, countCarts } from "../lib/carts.js";
import { ago, count, counted, exactly, money, weight } from "../lib/format.js";
import { STATE_LABELS } from "../lib/fleet.js";
import { useLive } from "../lib/live.js";
import { devices, owner } from "../lib/people.js";
import { useFresh, useNow, useResource } from "../lib/resource.js";
import { link, route } from "../lib/router.js";
import { storeCurrency } from "../lib/session.js";
import { html, useLayoutEffect, useRef, useState } from "../lib/ui.js";

/** @import { Cart, Line } from "../lib/types.js" */
/** @import { Act } from "../components/cart_acts.js" */

const CARTS_MAX = 1_000;
const LINES_SHOWN = 6;
const CLOCK_MS = 15_000;

export function CartsPage() {
  const carts = useResource(loadCarts, []);
  const freshCarts = useFresh();
  const freshLines = useFresh();
  const now = useNow(CLOCK_MS);

  useLive("cart", ({ cart_id: id, cart }) => {
    const before = carts.data?.find((each) => each.id === id);
    if (cart && before && cart.version < before.version) return;
    for (const line of changedLines(before, cart)) freshLines.mark(lineKey(id, line));
    freshCarts.mark(id);
    carts.change((list) => placed(list, id, cart));
  });
  useLive("resync", carts.reload);

  const { state, cart: pointed } = route.value.query;
  const [acting, setActing] = useState(/** @type {{act: Act, cart: Cart} | null} */ (null));
  const filled = carts.data?.filter((cart) => cart.items.length > 0);
  const shown = filled?.filter((cart) => !state || cartState(cart) === state);
  const empty = (carts.data?.length ?? 0) - (filled?.length ?? 0);
  return html`<${Page} title="Carts" note=${html`<${LiveBadge} />`}>
    ${filled && filled.length > 0 && html`<${Summary} carts=${filled} empty=${empty} /><${States} carts=${filled} state=${state} />`}
    ${carts.error && !carts.data
      ? html`<${Failed} error=${carts.error} onRetry=${carts.reload} />`
      : !filled
        ? html`<div class="carts" aria-busy="true">${[0, 1, 2].map((card) => html`<div class="card" key=${card}><${Skeleton} lines=${5} /></div>`)}</div>`
        : filled.length === 0
          ? html`<${Empty} icon="carts" title="No goods in any cart">
              <p>${empty > 0 ? `${counted(empty, "cart")} stand ready. ` : ""}The first scan appears here at once, without reloading.</p>
              <a class="button" href="#/devices">The fleet</a>
            <//>`
          : shown?.length === 0
            ? html`<${Empty} icon="carts" title="None is ${state}"><a class="button" href="#/carts">Show all carts</a><//>`
            : html`<ul class="carts">
                ${shown?.map(
                  (cart) => html`<${CartCard}
                    key=${cart.id}
                    cart=${cart}
                    now=${now}
                    changed=${freshCarts.fresh.has(Number(cart.id))}
                    pointed=${String(cart.id) === pointed}
                    freshLines=${freshLines.fresh}
                    onAct=${(/** @type {Act} */ act) => setActing({ act, cart })}
                  />`,
                )}
              </ul>`}
    ${acting && html`<${CartAct} act=${acting.act} cart=${carts.data?.find(({ id }) => id === acting.cart.id) ?? acting.cart} onDone=${carts.reload} onClose=${() => setActing(null)} />`}
  <//>`;
}

/** @param {AbortSignal} signal */
async function loadCarts(signal) {
  const { data } = await get("/carts", { query: { limit: CARTS_MAX }, signal });
  return /** @type {Cart[]} */ (data).sort((a, b) => b.updated_at.localeCompare(a.updated_at));
}

/**
 * The list with one cart as it is now. A cart keeps its place while one looks; a new one comes first.
 * @param {Cart[]} list
 * @param {number} id
 * @param {Cart | null} cart
 */
function placed(list, id, cart) {
  if (!cart) return list.filter((each) => each.id !== id);
  const wasFilled = list.some((each) => each.id === id && each.items.length > 0);
  return wasFilled ? list.map((each) => (each.id === id ? cart : each)) : [cart, ...list.filter((each) => each.id !== id)];
}

/**
 * @param {Cart | undefined} before
 * @param {Cart | null} after
 * @returns {number[]} Ids of lines that are new or different.
 */
function changedLines(before, after) {
  const known = new Map(before?.items.map((line) => [line.id, line]));
  return (after?.items ?? [])
    .filter((line) => {
      const old = known.get(line.id);
      return !old || old.quantity !== line.quantity || old.weight_g !== line.weight_g || old.total !== line.total;
    })
    .map((line) => line.id);
}

/**
 * Lines are numbered within their cart.
 * @param {number | null} cart
 * @param {number} line
 */
function lineKey(cart, line) {
  return `${cart}/${line}`;
}

/** @param {{carts: Cart[], empty: number}} props */
function Summary({ carts, empty }) {
  const currency = carts[0]?.currency ?? storeCurrency.value;
  const total = carts.reduce((sum, cart) => sum + cart.total, 0);
  return html`<p class="summary">
    <strong>${counted(carts.length, "cart")}</strong> with goods for <strong class="number">${money(total, currency)}</strong>${empty > 0 ? `, ${empty} empty` : ""}
  </p>`;
}

/** @param {{carts: Cart[], state?: string}} props */
function States({ carts, state }) {
  const counts = countCarts(carts);
  return html`<nav class="tabs" aria-label="Carts by state">
    <a href="#/carts" aria-current=${state ? undefined : "page"}>All <span class="tab-count number">${carts.length}</span></a>
    ${Object.entries(CART_STATES).map(
      ([each, { label }]) => html`<a key=${each} href=${link("/carts", { state: each })} aria-current=${each === state ? "page" : undefined}>
        ${label} <span class="tab-count number">${counts[/** @type {keyof typeof counts} */ (each)]}</span>
      </a>`,
    )}
  </nav>`;
}

/**
 * @param {{cart: Cart, now: number, changed: boolean, pointed: boolean, freshLines: Set<string>, onAct: (act: Act) => void}} props
 */
function CartCard({ cart, now, changed, pointed, freshLines, onAct }) {
  const [all, setAll] = useState(pointed);
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  // Somebody came for this one, from its trolley.
  useLayoutEffect(() => {
    if (pointed) element.current?.scrollIntoView({ block: "center" });
  }, [pointed]);
  const state = cartState(cart);
  const { title, detail } = cartOwner(cart);
  const device = cart.device_id === null ? undefined : devices.value.get(cart.device_id);
  const firstShown = cart.items.length - LINES_SHOWN;
  const shown = all ? cart.items : cart.items.filter((line, index) => index >= firstShown || freshLines.has(lineKey(cart.id, line.id)));
  const hidden = cart.items.length - shown.length;

  return html`<li ref=${element} class="card cart" data-cart-id=${cart.id} data-state=${state} data-pointed=${pointed ? "" : undefined} data-changed=${changed ? "" : undefined}>
    <header>
      <div class="cart-title">
        <h2>
          ${device ? html`<a href="#/devices/${device.id}">${title}</a>` : title}
          ${device && html`<span class="dot" data-state=${device.state} title=${STATE_LABELS[device.state]}></span>`}
        </h2>
        ${state !== "active" && html`<span class="badge" title=${CART_STATES[state].detail}>${CART_STATES[state].label}</span>`}
        <${ActionMenu} label="What to do with the cart of ${title}" actions=${cartActions(cart, onAct)} />
      </div>
      <p><span class="clip">${detail}</span><time datetime=${cart.updated_at} title=${exactly(cart.updated_at)}>${ago(cart.updated_at, now)}</time></p>
    </header>
    ${hidden > 0 && html`<${Button} kind="quiet" onClick=${() => setAll(true)}>Show ${counted(hidden, "earlier line")}<//>`}
    ${all && cart.items.length > LINES_SHOWN && html`<${Button} kind="quiet" onClick=${() => setAll(false)}>Show fewer lines<//>`}
    <ol class="cart-lines" aria-label="Items">
      ${shown.map((line) => html`<${CartLine} key=${line.id} line=${line} currency=${cart.currency} changed=${freshLines.has(lineKey(cart.id, line.id))} />`)}
    </ol>
    <footer>
      <span>${counted(cart.item_count, "item")}${cart.discount > 0 ? ` · ${money(cart.discount, cart.currency)} off` : ""}</span>
      <strong class="number">${money(cart.total, cart.currency)}</strong>
    </footer>
  </li>`;
}

/**
 * A cart with goods that no trolley and no shopper has was put aside.
 * @param {Cart} cart
 */
function cartOwner(cart) {
  if (cart.user_id === null && cart.device_id === null) return { title: "Put aside", detail: "Its trolley was needed again" };
  return owner(cart);
}

/** @param {{line: Line, currency: string, changed: boolean}} props */
function CartLine({ line, currency, changed }) {
  return html`<li data-changed=${changed ? "" : undefined} data-deposit=${line.is_deposit ? "" : undefined}>
    <span class="line-quantity number">${count(line.quantity)}</span>
    <span class="clip" title=${line.name}>
      <a href="#/products/${line.product_id}">${line.name}</a>
      ${line.weight_g ? html`<span class="line-weight"> ${weight(line.weight_g)}</span>` : null}
    </span>
    <span class="number">${money(line.total, currency)}</span>
  </li>`;
}
