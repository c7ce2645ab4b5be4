// The day at a glance: what came in, what stands in the aisles, what runs out.

import { BarChart } from "../components/bar_chart.js";
import { Segmented } from "../components/button.js";
import { Icon } from "../components/icon.js";
import { OrderRows } from "../components/order_rows.js";
import { Empty, Failed, LiveBadge, Page, Skeleton } from "../components/page.js";
import { get } from "../lib/api.js";
import { count, counted, day, money, moneyAxis, stock } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { useResource, useThrottled } from "../lib/resource.js";
import { html, useState } from "../lib/ui.js";

/** @import { Dashboard } from "../lib/types.js" */

const RELOAD_MS = 3_000;

export function DashboardPage() {
  const report = useResource((signal) => get("/reports/dashboard", { signal }).then(({ data }) => /** @type {Dashboard} */ (data)), []);
  const refresh = useThrottled(report.reload, RELOAD_MS);
  for (const name of /** @type {const} */ (["cart", "order", "resync"])) useLive(name, refresh);

  const { data, error } = report;
  return html`<${Page} title="Dashboard" note=${html`<${LiveBadge} />`}>
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${report.reload} />`
      : html`
          <${Tiles} data=${data} />
          <div class="dashboard-grid">
            <${DaysCard} data=${data} />
            ${data && (data.products === 0 || data.devices_total === 0) ? html`<${FirstSteps} data=${data} />` : html`<${LowStockCard} data=${data} />`}
          </div>
          <${RecentOrders} data=${data} />
        `}
  <//>`;
}

/** @param {{data?: Dashboard}} props */
function Tiles({ data }) {
  const yesterday = data?.orders_by_day.at(-2);
  return html`<dl class="tiles" aria-busy=${String(!data)}>
    <${Tile} label="Revenue today" value=${data && money(data.revenue_today, data.currency)}
      note=${data && yesterday && `${money(yesterday.revenue, data.currency)} yesterday`} />
    <${Tile} label="Orders today" value=${data && count(data.orders_today)} note=${yesterday && `${count(yesterday.orders)} yesterday`} href="#/orders" />
    <${Tile} label="Open carts" value=${data && count(data.open_carts)} note="On the floor now" href="#/carts" />
    <${Tile}
      label="Trolleys seen"
      value=${data && html`${count(data.devices_seen)}<span class="of"> of ${count(data.devices_total)}</span>`}
      note=${data && devicesNote(data)}
      href="#/devices"
    />
  </dl>`;
}

/** @param {Dashboard} data */
function devicesNote({ devices_seen: seen, devices_total: total }) {
  if (total === 0) return "None added yet";
  return seen >= total ? "All of them" : `${count(total - seen)} not seen`;
}

/** @param {{label: string, value?: any, note?: any, href?: string}} props */
function Tile({ label, value, note, href }) {
  return html`<div class="tile">
    <dt>${href ? html`<a class="cover" href=${href}>${label}</a>` : label}</dt>
    <dd class="tile-value">${value ?? html`<${Skeleton} lines=${1} />`}</dd>
    <dd class="tile-note">${value === undefined ? " " : note}</dd>
  </div>`;
}

/** @param {{data?: Dashboard}} props */
function DaysCard({ data }) {
  const [measure, setMeasure] = useState("revenue");
  const [active, setActive] = useState(/** @type {number | null} */ (null));
  const days = data?.orders_by_day ?? [];
  const currency = data?.currency ?? "EUR";
  const asOrders = (/** @type {number} */ value) => counted(value, "order");
  const asMoney = (/** @type {number} */ value) => money(value, currency);
  const format = measure === "revenue" ? asMoney : asOrders;
  const bars = days.map((each) => ({
    key: each.date,
    label: day(each.date),
    shortLabel: day(each.date, { short: true }),
    value: measure === "revenue" ? each.revenue : each.orders,
  }));
  const read = active === null ? null : days[active];
  const sum = (/** @type {"orders" | "revenue"} */ name) => days.reduce((total, each) => total + each[name], 0);

  return html`<section class="card days" aria-label="The last 14 days">
    <header class="card-header">
      <div class="readout" aria-live="polite">
        <span>${read ? day(read.date) : `Last ${days.length || 14} days`}</span>
        ${data && html`<strong>${asMoney(read ? read.revenue : sum("revenue"))}</strong>
          <span class="number">${asOrders(read ? read.orders : sum("orders"))}</span>`}
      </div>
      <${Segmented}
        label="Show"
        value=${measure}
        onChange=${setMeasure}
        options=${[
          { value: "revenue", label: "Revenue" },
          { value: "orders", label: "Orders" },
        ]}
      />
    </header>
    ${data
      ? html`<${BarChart}
          label=${measure === "revenue" ? "Revenue by day" : "Orders by day"}
          bars=${bars}
          format=${format}
          axisFormat=${measure === "revenue" ? (/** @type {number} */ value) => moneyAxis(value, currency) : count}
          active=${active}
          onActive=${setActive}
        />`
      : html`<div class="chart-waiting"></div>`}
  </section>`;
}

/**
 * What a shop that is being set up still needs.
 * @param {{data: Dashboard}} props
 */
function FirstSteps({ data }) {
  const steps = [
    { done: data.products > 0, href: "#/products", label: "Add products", hint: html`or <code>cartwright import products</code>` },
    { done: data.devices_total > 0, href: "#/devices", label: "Add a trolley", hint: "it enrols with a pairing code" },
    { done: data.open_carts > 0, href: "#/carts", label: "Scan something", hint: "and see it under Carts" },
  ];
  return html`<section class="card" aria-labelledby="first-steps">
    <header class="card-header"><h2 id="first-steps">First steps</h2></header>
    <ol class="first-steps">
      ${steps.map(
        (step) => html`<li key=${step.href} data-done=${step.done ? "" : undefined}>
          <span class="tick">${step.done && html`<${Icon} name="check" />`}</span>
          <div>
            <a href=${step.href}>${step.label}</a>${step.done && html`<span class="visually-hidden"> (done)</span>`}
            <span class="detail">${step.hint}</span>
          </div>
        </li>`,
      )}
    </ol>
  </section>`;
}

/** @param {{data?: Dashboard}} props */
function LowStockCard({ data }) {
  return html`<section class="card" aria-labelledby="low-stock">
    <header class="card-header"><h2 id="low-stock">Low stock</h2>
      ${data && (data.low_stock_count ? html`<a class="muted" href="#/products?low=1">All ${count(data.low_stock_count)} low ones</a>` : html`<a class="muted" href="#/products">All products</a>`)}
    </header>
    ${!data && html`<${Skeleton} lines=${6} />`}
    ${data?.low_stock.length === 0 && html`<${Empty} icon="check" title="Nothing runs out"><p>Products that are nearly gone appear here.</p><//>`}
    <ul class="low-stock">
      ${data?.low_stock.map(
        (product) => html`<li key=${product.product_id}>
          <a href="#/products/${product.product_id}?tab=stock">${product.name}</a>
          <span class=${product.stock <= 0 ? "badge danger" : "number"}>${product.stock <= 0 ? "Sold out" : stock(product)}</span>
        </li>`,
      )}
    </ul>
  </section>`;
}

/** @param {{data?: Dashboard}} props */
function RecentOrders({ data }) {
  return html`<section class="recent" aria-labelledby="recent-orders">
    <header class="section-header"><h2 id="recent-orders">Recent orders</h2><a href="#/orders">All orders</a></header>
    ${data?.recent_orders.length === 0
      ? html`<${Empty} icon="orders" title="No orders yet"><p>The first checkout appears here by itself.</p><//>`
      : html`<${OrderRows} orders=${data?.recent_orders} waiting=${5} />`}
  </section>`;
}
