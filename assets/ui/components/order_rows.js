// Orders as rows of a table, on the dashboard and on their own screen.

import { counted, exactly, money, when } from "../lib/format.js";
import { moveBetweenRows } from "../lib/keyboard.js";
import { owner } from "../lib/people.js";
import { html } from "../lib/ui.js";
import { SkeletonRows } from "./page.js";
import { Status } from "./status.js";

/** @import { Order } from "../lib/types.js" */

const COLUMNS = 6;

/**
 * @param {object} props
 * @param {Order[]} [props.orders]  Not there while they load.
 * @param {number} [props.waiting]  Rows to keep free meanwhile.
 * @param {Set<number>} [props.fresh]  Orders that changed a moment ago.
 */
export function OrderRows({ orders, waiting = 10, fresh }) {
  return html`<table class="rows" aria-busy=${String(!orders)} onKeyDown=${moveBetweenRows}>
    <thead>
      <tr>
        <th scope="col">Order</th>
        <th scope="col">Status</th>
        <th scope="col" class="wide">From</th>
        <th scope="col" class="wide">Placed</th>
        <th scope="col" class="num wide">Items</th>
        <th scope="col" class="num">Total</th>
      </tr>
    </thead>
    <tbody>
      ${orders
        ? orders.map((order) => html`<${Row} key=${order.id} order=${order} changed=${fresh?.has(order.id)} />`)
        : html`<${SkeletonRows} columns=${COLUMNS} rows=${waiting} />`}
    </tbody>
  </table>`;
}

/** @param {{order: Order, changed?: boolean}} props */
function Row({ order, changed }) {
  const from = owner(order);
  const units = order.items.reduce((total, line) => total + line.quantity, 0);
  return html`<tr data-changed=${changed ? "" : undefined}>
    <td>
      <a class="cover strong number" data-row href="#/orders/${order.id}">${order.number}</a>
      <span class="under">${from.title} · ${when(order.created_at)}</span>
    </td>
    <td><${Status} status=${order.status} /></td>
    <td class="wide"><span class="clip">${from.title}</span></td>
    <td class="wide"><time datetime=${order.created_at} title=${exactly(order.created_at)}>${when(order.created_at)}</time></td>
    <td class="num wide">${units}</td>
    <td class="num strong">
      ${money(order.total, order.currency)}
      <span class="under">${counted(units, "item")}</span>
    </td>
  </tr>`;
}
