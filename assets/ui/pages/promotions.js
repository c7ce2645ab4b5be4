// Promotions: what is cheaper now, what will be, what was.

import { Empty, Failed, LiveBadge, Page, SkeletonRows } from "../components/page.js";
import { PromotionFields } from "../components/promotion_fields.js";
import { RecordPanel } from "../components/record_panel.js";
import { get } from "../lib/api.js";
import { loadCategories } from "../lib/categories.js";
import { counted, exactly, when } from "../lib/format.js";
import { moveBetweenRows } from "../lib/keyboard.js";
import { useLive } from "../lib/live.js";
import { askProductNames, productName } from "../lib/product_names.js";
import { finishPromotion, inWords, promotionForm, promotionState, until, windowText } from "../lib/promotions.js";
import { useFresh, useNow, useResource, useThrottled } from "../lib/resource.js";
import { link, navigate, route } from "../lib/router.js";
import { storeCurrency } from "../lib/session.js";
import { html } from "../lib/ui.js";

/** @import { Promotion } from "../lib/types.js" */
/** @import { PromotionState } from "../lib/promotions.js" */

const PROMOTIONS_MAX = 1_000;
const COLUMNS = 4;
const RELOAD_MS = 1_000;
const CLOCK_MS = 5_000;

/** In the order of the list. */
const STATES = /** @type {const} */ (["running", "upcoming", "inactive", "ended"]);
const STATE_LABELS = { running: "Running", upcoming: "Upcoming", inactive: "Inactive", ended: "Ended" };

/** @type {import("../components/record_panel.js").RecordKind} */
const KIND = {
  path: "/promotions",
  noun: "promotion",
  form: promotionForm,
  finish: finishPromotion,
  name: (promotion) => promotion.name,
  deletion: "Prices go back at once, in open carts too. Orders keep what it took off. This cannot be undone; to pause it, switch it to inactive instead.",
};

/** @param {{record: string | null}} props  The id of the promotion that is open, or "new". */
export function PromotionsPage({ record }) {
  const now = useNow(CLOCK_MS);
  const { query } = route.value;
  const wanted = STATES.find((state) => state === query.state);
  const promotions = useResource(loadPromotions, []);
  const categories = useResource(loadCategories, []);
  const { fresh, mark } = useFresh();
  const refresh = useThrottled(promotions.reload, RELOAD_MS);
  useLive("promotion", ({ promotion_id: id }) => {
    mark(id);
    refresh();
  });
  useLive("resync", refresh);

  const { data, error } = promotions;
  const sorted = data && inOrder(data, now);
  const shown = sorted?.filter(({ state }) => !wanted || state === wanted);
  const here = (/** @type {string | number | null} */ id) => link(id ? `/promotions/${id}` : "/promotions", { state: wanted });

  return html`<${Page}
    title="Promotions"
    note=${html`<${LiveBadge} />`}
    actions=${html`<a class="button primary" data-key="n" href=${here("new")}>New promotion</a>`}
  >
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${promotions.reload} />`
      : data?.length === 0
        ? html`<${Empty} icon="promotions" title="No promotions yet">
            <p>Make goods cheaper for a while: one product, a whole category or everything. Shoppers hear of it when it starts.</p>
            <a class="button primary" href=${here("new")}>New promotion</a>
          <//>`
        : html`<${Tabs} sorted=${sorted} wanted=${wanted} />
            ${shown?.length === 0
              ? html`<${Empty} icon="promotions" title="None ${wanted === "upcoming" ? "to come" : wanted}"><a class="button" href="#/promotions">Show all promotions</a><//>`
              : html`<${Table} promotions=${shown} now=${now} href=${here} open=${record} fresh=${fresh} />
                  ${shown && html`<p class="pager">${counted(shown.length, "promotion")}</p>`}`}`}
    ${record &&
    html`<${RecordPanel}
      key=${record}
      id=${record === "new" ? null : record}
      kind=${KIND}
      fields=${(/** @type {import("../components/record_panel.js").FieldsProps} */ props) => html`<${PromotionFields} ...${props} categories=${categories.data ?? []} />`}
      onClose=${() => navigate(here(null))}
      onChanged=${(/** @type {number} */ id) => {
        navigate(here(null));
        mark(id);
        promotions.reload();
      }}
    />`}
  <//>`;
}

/** @param {AbortSignal} signal */
async function loadPromotions(signal) {
  const { data } = await get("/promotions", { query: { limit: PROMOTIONS_MAX }, signal });
  const list = /** @type {Promotion[]} */ (data);
  askProductNames(list.flatMap(({ product_ids: ids }) => ids.slice(0, 1)));
  return list;
}

/**
 * @param {Promotion[]} list
 * @param {number} now
 * @returns {{promotion: Promotion, state: PromotionState}[]} What runs first, then by start, the latest first.
 */
function inOrder(list, now) {
  return list
    .map((promotion) => ({ promotion, state: promotionState(promotion, now) }))
    .sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || b.promotion.starts_at.localeCompare(a.promotion.starts_at));
}

/** @param {{sorted?: {state: PromotionState}[], wanted?: PromotionState}} props */
function Tabs({ sorted, wanted }) {
  return html`<nav class="tabs" aria-label="Promotions by state">
    <a href="#/promotions" aria-current=${wanted ? undefined : "page"}>All</a>
    ${STATES.map((state) => {
      const many = sorted?.filter((each) => each.state === state).length ?? 0;
      return html`<a key=${state} href=${link("/promotions", { state })} aria-current=${state === wanted ? "page" : undefined}>
        ${STATE_LABELS[state]}${many > 0 && html` <span class="tab-count number">${many}</span>`}
      </a>`;
    })}
  </nav>`;
}

/**
 * @param {{promotions?: {promotion: Promotion, state: PromotionState}[], now: number, href: (id: number) => string, open: string | null, fresh: Set<number>}} props
 */
function Table({ promotions, now, href, open, fresh }) {
  return html`<table class="rows" aria-busy=${String(!promotions)} onKeyDown=${moveBetweenRows}>
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col" class="wide">What it does</th>
        <th scope="col" class="wide">When</th>
        <th scope="col">State</th>
      </tr>
    </thead>
    <tbody>
      ${promotions
        ? promotions.map(
            ({ promotion, state }) => html`<${Row}
              key=${promotion.id}
              promotion=${promotion}
              state=${state}
              now=${now}
              href=${href(promotion.id)}
              open=${open === String(promotion.id)}
              changed=${fresh.has(promotion.id)}
            />`,
          )
        : html`<${SkeletonRows} columns=${COLUMNS} rows=${6} />`}
    </tbody>
  </table>`;
}

/** @param {{promotion: Promotion, state: PromotionState, now: number, href: string, open: boolean, changed: boolean}} props */
function Row({ promotion, state, now, href, open, changed }) {
  const words = inWords(promotion, storeCurrency.value, productName);
  const exact = `${exactly(promotion.starts_at)}${promotion.ends_at ? ` to ${exactly(promotion.ends_at)}` : ""}`;
  return html`<tr data-promotion-id=${promotion.id} data-open=${open ? "" : undefined} data-changed=${changed ? "" : undefined}>
    <td>
      <a class="cover strong" data-row href=${href}>${promotion.name}</a>
      <span class="under">${words}</span>
    </td>
    <td class="wide"><span class="clip words">${words}</span></td>
    <td class="wide number nowrap" title=${exact}>${windowText(promotion, now)}</td>
    <td><${State} state=${state} promotion=${promotion} now=${now} /></td>
  </tr>`;
}

/** @param {{state: PromotionState, promotion: Promotion, now: number}} props */
function State({ state, promotion, now }) {
  if (state === "running") return html`<span class="badge accent" title=${promotion.ends_at ? `Until ${when(promotion.ends_at)}` : undefined}>Running</span>`;
  if (state === "upcoming") return html`<span class="badge warning">Starts ${until(promotion.starts_at, now)}</span>`;
  return html`<span class="badge">${STATE_LABELS[state]}</span>`;
}
