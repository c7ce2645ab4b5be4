// All orders, newest first, by state. New and changed ones come in by themselves.

import { OrderRows } from "../components/order_rows.js";
import { Empty, Failed, LiveBadge, Page, Pager } from "../components/page.js";
import { STATUSES } from "../components/status.js";
import { get } from "../lib/api.js";
import { capitalised } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { useFresh, useResource, useThrottled } from "../lib/resource.js";
import { link, route } from "../lib/router.js";
import { html } from "../lib/ui.js";

/** @import { Order } from "../lib/types.js" */

const PAGE_SIZE = 50;
const RELOAD_MS = 1_000;

export function OrdersPage() {
  const { query } = route.value;
  const status = STATUSES.includes(query.status) ? query.status : "";
  const page = Math.max(1, Number.parseInt(query.page, 10) || 1);

  const orders = useResource(
    async (signal) => {
      const answer = await get("/orders", { query: { status, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE }, signal });
      return { items: /** @type {Order[]} */ (answer.data), total: answer.total ?? answer.data.length };
    },
    [status, page],
  );
  const { fresh, mark } = useFresh();
  const refresh = useThrottled(orders.reload, RELOAD_MS);
  useLive("order", ({ order_id: id }) => {
    mark(id);
    refresh();
  });
  useLive("resync", refresh);

  const { data, error } = orders;
  return html`<${Page} title="Orders" note=${html`<${LiveBadge} />`}>
    <nav class="tabs" aria-label="Orders by status">
      ${["", ...STATUSES].map(
        (each) => html`<a key=${each} href=${link("/orders", { status: each })} aria-current=${each === status ? "page" : undefined}>
          ${each ? capitalised(each) : "All"}
        </a>`,
      )}
    </nav>
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${orders.reload} />`
      : data?.items.length === 0
        ? html`<${NoOrders} status=${status} />`
        : html`<${OrderRows} orders=${data?.items} fresh=${fresh} />
            ${data && html`<${Pager} page=${page} pageSize=${PAGE_SIZE} total=${data.total} unit="order" href=${(/** @type {number} */ to) => link("/orders", { status, page: to > 1 ? to : null })} />`}`}
  <//>`;
}

/** @param {{status: string}} props */
function NoOrders({ status }) {
  return status
    ? html`<${Empty} icon="orders" title="No ${status} orders"><a class="button" href="#/orders">Show all orders</a><//>`
    : html`<${Empty} icon="orders" title="No orders yet">
        <p>An order is made when a shopper checks out, in the app or at the till. It appears here at once.</p>
      <//>`;
}
