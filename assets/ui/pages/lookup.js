// Loose goods by their pictures, for the scales: big tiles, each with the number to key in.

import { CatalogueTabs } from "../components/catalogue_tabs.js";
import { Empty, Failed, Page, Skeleton } from "../components/page.js";
import { Thumbnail } from "../components/pictures.js";
import { SearchBox } from "../components/search_box.js";
import { get } from "../lib/api.js";
import { categoryLabel, count, money } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { looseGroups } from "../lib/lookup.js";
import { useResource, useThrottled } from "../lib/resource.js";
import { link, navigate, route } from "../lib/router.js";
import { html } from "../lib/ui.js";

/** @import { LooseGood } from "../lib/lookup.js" */

const GOODS_MAX = 1_000;
const RELOAD_MS = 2_000;

export function LookupPage() {
  const { wanted = "" } = route.value.query;
  const goods = useResource((signal) => get("/products/lookup", { query: { limit: GOODS_MAX }, signal }).then(({ data }) => /** @type {LooseGood[]} */ (data)), []);
  const refresh = useThrottled(goods.reload, RELOAD_MS);
  useLive("product", refresh);
  useLive("resync", refresh);

  const { data, error } = goods;
  const groups = looseGroups(data ?? [], wanted);
  return html`<${Page} title="Loose goods" note=${data && html`<span class="number">${count(data.length)}</span>`}>
    <${CatalogueTabs} current="lookup" />
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${goods.reload} />`
      : !data
        ? html`<${Skeleton} lines=${8} />`
        : data.length === 0
          ? html`<${Empty} icon="products" title="No loose goods"><p>Products with a PLU stand here, each with its picture and the number to key in.</p><//>`
          : html`
              <div class="toolbar">
                <${SearchBox}
                  label="Name or PLU"
                  value=${wanted}
                  onSearch=${(/** @type {string} */ value) => navigate(link("/lookup", { wanted: value }), { replace: true })}
                />
              </div>
              ${groups.length === 0 && html`<${Empty} icon="search" title="Nothing loose has “${wanted}”"><a class="button" href="#/lookup">Show all</a><//>`}
              ${groups.map(
                ({ category, goods: within }) => html`<section class="loose" key=${category} aria-label=${category ? categoryLabel(category) : "Without a category"}>
                  <h2>${category ? categoryLabel(category) : "Without a category"}</h2>
                  <ul>${within.map((good) => html`<${Tile} key=${good.id} good=${good} />`)}</ul>
                </section>`,
              )}
            `}
  <//>`;
}

/** @param {{good: LooseGood}} props */
function Tile({ good }) {
  return html`<li>
    <a class="card loose-tile" href="#/products/${good.id}" data-plu=${good.plu}>
      <${Thumbnail} source=${good.image} />
      <span class="loose-name">${good.name}</span>
      <span class="loose-foot">
        <strong class="number" aria-label="PLU ${good.plu}">${good.plu}</strong>
        <span class="muted number">${money(good.price, good.currency)}${good.unit === "kg" ? "/kg" : ""}</span>
      </span>
    </a>
  </li>`;
}
