// One order: what was bought, what has happened, what can happen next.

import { Button } from "../components/button.js";
import { Confirm } from "../components/dialog.js";
import { Icon } from "../components/icon.js";
import { Empty, Failed, Page, Skeleton } from "../components/page.js";
import { isEnding, Status, StatusIcon, STEP_LABELS } from "../components/status.js";
import { address, ApiError, call, get } from "../lib/api.js";
import { capitalised, exactly, money, quantity, when } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { owner, shopperName } from "../lib/people.js";
import { useResource } from "../lib/resource.js";
import { tellDone, tellFailed } from "../lib/toast.js";
import { html, useState } from "../lib/ui.js";

/** @import { Order } from "../lib/types.js" */

const BACK = { href: "#/orders", label: "Orders" };

/** @param {{id: string}} props */
export function OrderPage({ id }) {
  const path = `/orders/${encodeURIComponent(id)}`;
  const loaded = useResource((signal) => get(path, { signal }), [id]);
  const [asking, setAsking] = useState("");
  const [busy, setBusy] = useState("");

  useLive("order", ({ order_id: changed }) => {
    if (String(changed) === id) loaded.reload();
  });
  useLive("resync", loaded.reload);

  const { data, error } = loaded;
  if (error && !data) {
    const gone = error instanceof ApiError && error.status === 404;
    return html`<${Page} title="Order" back=${BACK}>
      ${gone
        ? html`<${Empty} icon="orders" title="There is no order with this number"><a class="button" href="#/orders">All orders</a><//>`
        : html`<${Failed} error=${error} onRetry=${loaded.reload} />`}
    <//>`;
  }
  if (!data) return html`<${Page} title="Order" back=${BACK}><${Skeleton} lines=${8} /><//>`;

  const order = /** @type {Order} */ (data.data);

  /** @param {string} status */
  const step = async (status) => {
    setBusy(status);
    try {
      const answer = await call("PATCH", path, { body: { status }, etag: data.etag });
      loaded.change(() => answer);
      setAsking("");
      tellDone(`Order ${order.number} is ${status}.`);
    } catch (failure) {
      if (!(failure instanceof ApiError) || (failure.status !== 412 && failure.status !== 409)) throw failure;
      setAsking("");
      tellFailed("Somebody else changed this order meanwhile. Here is how it stands now.");
    } finally {
      setBusy("");
      loaded.reload();
    }
  };

  return html`<${Page}
    back=${BACK}
    title="Order ${order.number}"
    note=${html`<${Status} status=${order.status} />`}
    actions=${html`<${Steps} order=${order} busy=${busy} onStep=${(/** @type {string} */ status) => (isEnding(status) ? setAsking(status) : step(status).catch(tellFailed))} />`}
  >
    <div class="order-grid">
      <${Lines} order=${order} />
      <div class="stack">
        <${Facts} order=${order} receipt=${address(`${path}/receipt`)} />
        <${History} order=${order} />
      </div>
    </div>
    ${asking &&
    html`<${Confirm}
      title=${asking === "cancelled" ? `Cancel order ${order.number}?` : `Refund order ${order.number}?`}
      action=${STEP_LABELS[/** @type {keyof typeof STEP_LABELS} */ (asking)]}
      onConfirm=${() => step(asking)}
      onClose=${() => setAsking("")}
    >
      <p>
        ${asking === "cancelled" ? "The order ends here" : `${money(order.total, order.currency)} are to be given back`}, and its goods return to
        stock. This cannot be undone.
      </p>
    <//>`}
  <//>`;
}

/** @param {{order: Order, busy: string, onStep: (status: string) => void}} props */
function Steps({ order, busy, onStep }) {
  const steps = order.next_statuses ?? [];
  const forward = steps.filter((status) => !isEnding(status));
  const button = (/** @type {string} */ status) => html`<${Button}
    key=${status}
    kind=${isEnding(status) ? "quiet-danger" : status === forward[0] ? "primary" : "plain"}
    busy=${busy === status}
    onClick=${() => onStep(status)}
    >${STEP_LABELS[/** @type {keyof typeof STEP_LABELS} */ (status)] ?? capitalised(status)}<//
  >`;
  return [...steps.filter(isEnding), ...forward.slice(1).reverse(), ...forward.slice(0, 1)].map(button);
}

/** @param {{order: Order}} props */
function Lines({ order }) {
  const { currency } = order;
  const taxAdded = Math.abs(order.total - (order.subtotal - order.discount + order.tax)) < 0.000_5 && order.tax > 0;
  return html`<section class="card flush" aria-label="Items">
    <table class="rows lines">
      <thead>
        <tr>
          <th scope="col">Item</th>
          <th scope="col" class="num">Quantity</th>
          <th scope="col" class="num wide">Unit price</th>
          <th scope="col" class="num">Total</th>
        </tr>
      </thead>
      <tbody>
        ${order.items.map(
          (line) => html`<tr key=${line.id}>
            <td>
              <a href="#/products/${line.product_id}">${line.name}</a>
              ${line.is_deposit ? html`<span class="detail">Deposit</span>` : line.sku && html`<span class="detail">${line.sku}</span>`}
            </td>
            <td class="num">${quantity(line)}</td>
            <td class="num wide">${money(line.unit_price, currency)}</td>
            <td class="num">
              ${money(line.total, currency)}
              ${line.discount > 0 && html`<span class="detail">−${money(line.discount, currency)}</span>`}
            </td>
          </tr>`,
        )}
      </tbody>
    </table>
    <dl class="sums">
      <div><dt>Subtotal</dt><dd>${money(order.subtotal, currency)}</dd></div>
      ${order.discount > 0 && html`<div><dt>Discount</dt><dd>−${money(order.discount, currency)}</dd></div>`}
      <div><dt>${taxAdded ? "Tax" : "Tax, included"}</dt><dd>${money(order.tax, currency)}</dd></div>
      <div class="total"><dt>Total</dt><dd>${money(order.total, currency)}</dd></div>
    </dl>
  </section>`;
}

/** @param {{order: Order, receipt: string}} props */
function Facts({ order, receipt }) {
  const from = owner(order);
  return html`<section class="card" aria-label="Details">
    <dl class="facts">
      <div><dt>Code</dt><dd class="mono">${order.code}</dd></div>
      <div><dt>Placed</dt><dd><time datetime=${order.created_at} title=${exactly(order.created_at)}>${when(order.created_at)}</time></dd></div>
      <div><dt>From</dt><dd>${from.title}${order.device_id && order.user_id ? html`<span class="detail">${from.detail}</span>` : null}</dd></div>
      ${order.tracking_number && html`<div><dt>Tracking</dt><dd class="mono">${order.tracking_number}</dd></div>`}
      ${order.shipping_address && html`<div><dt>Ship to</dt><dd class="address">${order.shipping_address}</dd></div>`}
      ${order.billing_address && html`<div><dt>Bill to</dt><dd class="address">${order.billing_address}</dd></div>`}
    </dl>
    <a class="button" href=${receipt} target="_blank" rel="noopener"><${Icon} name="print" /><span>Receipt</span></a>
  </section>`;
}

/** @param {{order: Order}} props */
function History({ order }) {
  return html`<section class="card" aria-labelledby="history">
    <header class="card-header"><h2 id="history">History</h2></header>
    <ol class="timeline">
      ${[...order.history].reverse().map(
        (step, index) => html`<li key=${`${step.at}-${index}`}>
          <${StatusIcon} status=${step.status} />
          <div>
            <span>${capitalised(step.status)}</span>
            <span class="detail"><time datetime=${step.at} title=${exactly(step.at)}>${when(step.at)}</time>${by(step.by)}</span>
          </div>
        </li>`,
      )}
    </ol>
  </section>`;
}

/** @param {string | number | null | undefined} by  A user's id, or a name. */
function by(by) {
  if (by === null || by === undefined || by === "") return "";
  return ` · ${typeof by === "number" ? shopperName(by) : by}`;
}
