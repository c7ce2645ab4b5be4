// What trolleys noticed, for somebody to look at: open ones first, cleared ones to be seen.

import { AlertRow } from "../components/alert_row.js";
import { ClearAlert } from "../components/clear_alert.js";
import { Empty, Failed, LiveBadge, Page, Pager, Skeleton } from "../components/page.js";
import { withAlert } from "../lib/alerts.js";
import { get } from "../lib/api.js";
import { moveBetweenRows } from "../lib/keyboard.js";
import { useLive } from "../lib/live.js";
import { openAlerts } from "../lib/open_alerts.js";
import { deviceName } from "../lib/people.js";
import { askProductNames } from "../lib/product_names.js";
import { useFresh, useNow, useResource } from "../lib/resource.js";
import { link, route } from "../lib/router.js";
import { html, useState } from "../lib/ui.js";

/** @import { Alert } from "../lib/types.js" */

const PAGE_SIZE = 50;
/** Of one trolley there are few: it is looked for among the newest. */
const SEARCHED_MAX = 1_000;
const CLOCK_MS = 30_000;

export function AlertsPage() {
  const { query } = route.value;
  const wanted = query.state === "cleared" ? "cleared" : "open";
  const trolley = /^\d+$/.test(query.device ?? "") ? Number(query.device) : null;
  const page = Math.max(1, Math.floor(Number(query.page)) || 1);
  const now = useNow(CLOCK_MS);
  const alerts = useResource((signal) => loadAlerts(wanted, trolley, page, signal), [wanted, trolley, page]);
  const { fresh, mark } = useFresh();
  const [clearing, setClearing] = useState(/** @type {Alert | null} */ (null));

  useLive("alert", ({ alert }) => {
    if (!alert) return alerts.reload();
    mark(alert.id);
    askProductNames(alert.product_id === null ? [] : [alert.product_id]);
    // Further pages stay as they are while somebody reads them.
    if (page === 1 && (trolley === null || alert.device_id === trolley)) change(alert);
  });
  useLive("resync", alerts.reload);

  /** @param {Alert} alert */
  const change = (alert) =>
    alerts.change(({ list, total, of }) => {
      const after = withAlert(list, alert, of);
      return { list: after, total: total + after.length - list.length, of };
    });

  // What is on its way for another tab is not shown under this one.
  const data = alerts.data?.of === wanted ? alerts.data : undefined;
  const here = (/** @type {Record<string, string | number | null>} */ to) => link("/alerts", { state: query.state, device: trolley, ...to });

  return html`<${Page} title="Alerts" note=${html`<${LiveBadge} />`}>
    <nav class="tabs" aria-label="Alerts by state">
      <a href=${here({ state: "" })} aria-current=${wanted === "open" ? "page" : undefined}>Open${openAlerts.value > 0 && html` <span class="tab-count number">${openAlerts.value}</span>`}</a>
      <a href=${here({ state: "cleared" })} aria-current=${wanted === "cleared" ? "page" : undefined}>Cleared</a>
      ${trolley !== null && html`<a class="only" href=${link("/alerts", { state: query.state })} aria-label="Only ${deviceName(trolley)}: show all trolleys">Only ${deviceName(trolley)} ✕</a>`}
    </nav>
    ${alerts.error && !data
      ? html`<${Failed} error=${alerts.error} onRetry=${alerts.reload} />`
      : !data
        ? html`<div class="card" aria-busy="true"><${Skeleton} lines=${6} /></div>`
        : data.list.length === 0
          ? html`<${None} wanted=${wanted} trolley=${trolley} />`
          : html`<ul class="alerts" onKeyDown=${moveBetweenRows}>
                ${data.list.map((alert) => html`<${AlertRow} key=${alert.id} alert=${alert} now=${now} changed=${fresh.has(alert.id)} onClear=${() => setClearing(alert)} />`)}
              </ul>
              <${Pager} page=${page} pageSize=${PAGE_SIZE} total=${data.total} unit="alert" href=${(/** @type {number} */ to) => here({ page: to === 1 ? null : to })} />`}
    ${clearing && html`<${ClearAlert} alert=${clearing} onCleared=${change} onStale=${alerts.reload} onClose=${() => setClearing(null)} />`}
  <//>`;
}

/**
 * @param {"open" | "cleared"} of
 * @param {number | null} trolley
 * @param {number} page
 * @param {AbortSignal} signal
 * @returns {Promise<{list: Alert[], total: number, of: "open" | "cleared"}>}
 */
async function loadAlerts(of, trolley, page, signal) {
  const window = trolley === null ? { limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE } : { limit: SEARCHED_MAX };
  const { data, total } = await get("/alerts", { query: { state: of, ...window }, signal });
  const list = /** @type {Alert[]} */ (data).filter(({ device_id: its }) => trolley === null || its === trolley);
  askProductNames(list.flatMap(({ product_id: id }) => (id === null ? [] : [id])));
  return { list, total: trolley === null ? (total ?? list.length) : list.length, of };
}

/** @param {{wanted: "open" | "cleared", trolley: number | null}} props */
function None({ wanted, trolley }) {
  const whose = trolley === null ? "" : ` about ${deviceName(trolley)}`;
  if (wanted === "cleared") return html`<${Empty} icon="bell" title="None cleared yet${whose}"><p>Cleared alerts are kept for 90 days.</p><//>`;
  return html`<${Empty} icon="check" title="Nothing to look at${whose}">
    <p>A trolley that goes offline with goods in it, runs out of battery or weighs something else than was scanned appears here at once.</p>
    ${trolley !== null && html`<a class="button" href="#/alerts">All trolleys</a>`}
  <//>`;
}
