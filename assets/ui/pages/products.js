// The catalogue: search, filter, and open a product beside the list.

import { Button } from "../components/button.js";
import { CatalogueFilters } from "../components/catalogue_filters.js";
import { CatalogueTabs } from "../components/catalogue_tabs.js";
import { Dialog } from "../components/dialog.js";
import { Select } from "../components/field.js";
import { Icon } from "../components/icon.js";
import { Empty, Failed, Page, Pager, SkeletonRows } from "../components/page.js";
import { Thumbnail } from "../components/pictures.js";
import { RenameCategory } from "../components/rename_category.js";
import { SearchBox } from "../components/search_box.js";
import { get } from "../lib/api.js";
import { flat, loadTree, treeOf, withParents } from "../lib/categories.js";
import { categoryLabel, count, counted, money, stock } from "../lib/format.js";
import { highlightParts } from "../lib/highlight.js";
import { moveBetweenRows } from "../lib/keyboard.js";
import { useLive } from "../lib/live.js";
import { useFresh, useResource, useThrottled } from "../lib/resource.js";
import { link, navigate, route } from "../lib/router.js";
import { html, useEffect, useRef, useState } from "../lib/ui.js";
import { ProductPanel } from "./product_panel.js";

/** @import { Product } from "../lib/types.js" */
/** @import { Choices, Chosen } from "../components/catalogue_filters.js" */

const PAGE_SIZE = 50;
const COLUMNS = 6;
const RELOAD_MS = 2_000;

const SORTS = [
  { value: "name", label: "Name" },
  { value: "price", label: "Price, low to high" },
  { value: "-price", label: "Price, high to low" },
  { value: "newest", label: "Newest first" },
];

/** @typedef {Chosen & {query: string, sort: string, page: number}} Filter */
/**
 * What was found. `fallback`: no product has all the words, these come closest.
 * @typedef {{items: Product[], total: number, didYouMean: string | null, fallback: boolean}} Found
 */

const NO_FILTER = { category: "", brand: "", low: false };

/** @param {{record: string | null}} props  The id of the product that is open, or "new". */
export function ProductsPage({ record }) {
  const filter = readFilter(route.value.query);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const [choosing, setChoosing] = useState(false);
  const [renaming, setRenaming] = useState(false);
  const found = useResource((signal) => loadProducts(filter, signal), Object.values(filter));
  const choices = useResource((signal) => loadChoices(filter.query, signal), [filter.query]);
  const { fresh, mark } = useFresh();
  const refresh = useThrottled(() => {
    found.reload();
    choices.reload();
  }, RELOAD_MS);
  useLive("product", refresh);
  useLive("resync", refresh);

  useEffect(() => {
    if (route.value.query.focus !== "search") return;
    /** @type {HTMLElement | null} */ (document.querySelector("[data-search]"))?.focus();
    navigate(hashFor(filter), { replace: true });
  }, [route.value.query.focus]);

  /**
   * A search that was still being typed when a product was opened leaves the product open.
   * @param {Partial<Filter>} change
   */
  const refine = (change) => navigate(hashFor({ ...filter, page: 1, ...change }, record), { replace: true });

  const { data, error } = found;
  const narrowed = [filter.category, filter.brand, filter.low].filter(Boolean).length;
  const filters = {
    choices: choices.data,
    error: choices.error,
    chosen: filter,
    href: (/** @type {string} */ category) => hashFor({ ...filter, category, page: 1 }),
    onRefine: refine,
    onRename: () => setRenaming(true),
  };
  return html`<${Page}
    title="Products"
    note=${data && html`<span class="number">${count(data.total)}</span>`}
    actions=${html`<a class="button primary" data-key="n" href=${hashFor(filter, "new")}>New product</a>`}
  >
    <${CatalogueTabs} current="products" />
    <div class="catalogue">
      <aside class="catalogue-side" aria-label="Filters"><${CatalogueFilters} ...${filters} /></aside>
      <div class="catalogue-list">
        <div class="toolbar">
          <${SearchBox}
            label="Search products"
            value=${filter.query}
            onSearch=${(/** @type {string} */ query) => refine({ query })}
            onDown=${() => /** @type {HTMLElement | null | undefined} */ (list.current?.querySelector("[data-row]"))?.focus()}
          />
          <${Button} icon="filter" class="button filter-button" aria-haspopup="dialog" onClick=${() => setChoosing(true)}>
            Filter${narrowed > 0 && html` <span class="number">(${narrowed})</span>`}
          <//>
          <${Select}
            aria-label="Sort by"
            value=${filter.sort}
            onValue=${(/** @type {string} */ sort) => refine({ sort })}
            options=${filter.query ? [{ value: "", label: "Best match" }, ...SORTS] : SORTS}
          />
        </div>
        <${Narrowed} filter=${filter} onRefine=${refine} />
        <div role="status">${data && data.items.length > 0 && html`<${Corrected} filter=${filter} found=${data} />`}</div>
        ${error
          ? html`<${Failed} error=${error} onRetry=${found.reload} />`
          : data?.items.length === 0
            ? html`<${NothingFound} filter=${filter} didYouMean=${data.didYouMean} onRefine=${refine} />`
            : html`<div ref=${list} aria-busy=${String(found.loading)}>
                <${ProductTable} products=${data?.items} filter=${filter} open=${record} fresh=${fresh} />
                ${data &&
                html`<${Pager} page=${filter.page} pageSize=${PAGE_SIZE} total=${data.total} unit="product" href=${(/** @type {number} */ page) => hashFor({ ...filter, page })} />`}
              </div>`}
      </div>
    </div>
    ${choosing &&
    html`<${Dialog} side title="Filter" onClose=${() => setChoosing(false)}>
      <div class="dialog-content filter-sheet"><${CatalogueFilters} ...${filters} /></div>
      <footer class="dialog-footer">
        ${narrowed > 0 && html`<${Button} kind="quiet" onClick=${() => refine(NO_FILTER)}>Clear all<//>`}
        <span class="spring"></span>
        <${Button} kind="primary" onClick=${() => setChoosing(false)}>${data ? `Show ${counted(data.total, "product")}` : "Show"}<//>
      </footer>
    <//>`}
    ${renaming &&
    filter.category &&
    html`<${RenameCategory}
      path=${filter.category}
      others=${withParents(flat(choices.data?.tree ?? []))}
      onClose=${() => setRenaming(false)}
      onRenamed=${(/** @type {string} */ category) => {
        setRenaming(false);
        refine({ category });
        choices.reload();
      }}
    />`}
    ${record &&
    html`<${ProductPanel}
      key=${record}
      id=${record === "new" ? null : record}
      categories=${flat(choices.data?.tree ?? []).map(({ name }) => name)}
      tab=${route.value.query.tab ?? ""}
      onTab=${(/** @type {string} */ tab) => navigate(hashFor(filter, record, tab), { replace: true })}
      onClose=${() => navigate(hashFor(filter))}
      onChanged=${(/** @type {number} */ id) => {
        navigate(hashFor(filter));
        mark(id);
        found.reload();
        choices.reload();
      }}
    />`}
  <//>`;
}

/**
 * @param {Record<string, string>} query
 * @returns {Filter}
 */
function readFilter({ query = "", category = "", brand = "", low, sort, page = "1" }) {
  const known = SORTS.some(({ value }) => value === sort);
  return { query, category, brand, low: Boolean(low), sort: known ? sort : query ? "" : "name", page: Math.max(1, Number.parseInt(page, 10) || 1) };
}

/**
 * @param {Filter} filter
 * @param {number | string | null} [record]
 * @param {string} [tab]
 */
function hashFor({ query, category, brand, low, sort, page }, record, tab) {
  const usual = query ? "" : "name";
  const shown = { query, category, brand, low: low ? 1 : null, sort: sort === usual ? "" : sort, page: page > 1 ? page : null };
  return link(record ? `/products/${record}` : "/products", { ...shown, tab });
}

/**
 * The plain list where nothing is searched for; the search, which also knows likely spellings, else.
 * @param {Filter} filter
 * @param {AbortSignal} signal
 * @returns {Promise<Found>}
 */
async function loadProducts({ query, category, brand, low, sort, page }, signal) {
  const asked = { query, category, brand, low_stock: low || null, sort, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE };
  if (!query) {
    const { data, total } = await get("/products", { query: asked, signal });
    return { items: data, total: total ?? data.length, didYouMean: null, fallback: false };
  }
  const { data } = await get("/products/search", { query: asked, signal });
  return { items: data.results, total: data.total, didYouMean: data.did_you_mean ?? null, fallback: Boolean(data.fallback) };
}

/**
 * What can be chosen: of the whole catalogue, or of what a search finds.
 * @param {string} query
 * @param {AbortSignal} signal
 * @returns {Promise<Choices>}
 */
async function loadChoices(query, signal) {
  if (query) {
    const { data } = await get("/products/search", { query: { query, limit: 1 }, signal });
    const brands = Object.entries(/** @type {Record<string, number>} */ (data.facets?.brand ?? {})).map(([name, products]) => ({ name, count: products }));
    return { tree: treeOf(data.facets?.category ?? {}), brands: brands.sort((a, b) => a.name.localeCompare(b.name)), total: data.total };
  }
  const [tree, { data: brands }, { total }] = await Promise.all([
    loadTree(signal),
    get("/brands", { signal }),
    get("/products", { query: { limit: 1 }, signal }),
  ]);
  return { tree, brands, total };
}

/**
 * What narrows the list, where the filters do not stand beside it.
 * @param {{filter: Filter, onRefine: (change: Partial<Filter>) => void}} props
 */
function Narrowed({ filter, onRefine }) {
  const chips = [
    filter.category && { text: categoryLabel(filter.category), without: { category: "" } },
    filter.brand && { text: filter.brand, without: { brand: "" } },
    filter.low && { text: "Low stock", without: { low: false } },
  ].filter((chip) => typeof chip === "object");
  if (chips.length === 0) return null;
  return html`<ul class="narrowed" aria-label="The list has only">
    ${chips.map(
      ({ text, without }) => html`<li class="chip" key=${text}>
        <span class="clip">${text}</span>
        <button type="button" aria-label="Remove the filter ${text}" onClick=${() => onRefine(without)}><${Icon} name="close" /></button>
      </li>`,
    )}
  </ul>`;
}

/**
 * That the results are not for what was typed, word for word.
 * @param {{filter: Filter, found: Found}} props
 */
function Corrected({ filter, found }) {
  const { didYouMean, fallback } = found;
  if (didYouMean && didYouMean.toLowerCase() !== filter.query.toLowerCase()) {
    return html`<p class="corrected">Showing results for <strong>${didYouMean}</strong>. No product matches “${filter.query}” exactly.</p>`;
  }
  if (fallback) return html`<p class="corrected">No product matches “${filter.query}” exactly. These come closest.</p>`;
  return null;
}

/**
 * @param {{products?: Product[], filter: Filter, open: string | null, fresh: Set<number>}} props
 */
function ProductTable({ products, filter, open, fresh }) {
  const pictured = products?.some(({ thumbnails }) => thumbnails?.some(Boolean)) ?? false;
  return html`<table class="rows products" data-pictured=${pictured ? "" : undefined} onKeyDown=${moveBetweenRows}>
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col" class="wide">Category</th>
        <th scope="col" class="wide">Barcode</th>
        <th scope="col" class="widest">Location</th>
        <th scope="col" class="num wide">Stock</th>
        <th scope="col" class="num">Price<span class="per"></span></th>
      </tr>
    </thead>
    <tbody>
      ${products
        ? products.map(
            (product) => html`<${Row}
              key=${product.id}
              product=${product}
              href=${hashFor(filter, product.id)}
              open=${open === String(product.id)}
              changed=${fresh.has(product.id)}
              pictured=${pictured}
            />`,
          )
        : html`<${SkeletonRows} columns=${COLUMNS} rows=${14} />`}
    </tbody>
  </table>`;
}

/** @param {{product: Product, href: string, open: boolean, changed: boolean, pictured: boolean}} props */
function Row({ product, href, open, changed, pictured }) {
  const soldOut = product.stock <= 0;
  const reduced = product.discounted_price !== null && product.discounted_price !== undefined && product.discounted_price < product.price;
  const levels = (product.category ?? "").split("/");
  return html`<tr data-product-id=${product.id} data-open=${open ? "" : undefined} data-changed=${changed ? "" : undefined}>
    <td>
      <div class="titled">
        ${pictured && html`<${Thumbnail} source=${product.thumbnails?.[0]} />`}
        <div>
          <a class="cover strong" data-row href=${href}><${Name} product=${product} /></a>
          ${!product.active && html` <span class="badge">Inactive</span>`}
          <span class="beside wide">${product.brand}</span>
          <span class="under">${[product.brand, soldOut ? "sold out" : `${stock(product)} in stock`].filter(Boolean).join(" · ")}${!soldOut && product.is_low ? html` <span class="badge warning">Low</span>` : null}</span>
        </div>
      </div>
    </td>
    <td class="wide"><span class="clip" title=${categoryLabel(product.category)}>${levels.at(-1)}</span></td>
    <td class="wide muted number">${product.barcodes[0] ?? (product.plu ? `PLU ${product.plu}` : "")}</td>
    <td class="widest muted">${product.location}</td>
    <td class="num wide">
      ${soldOut ? html`<span class="badge danger">Sold out</span>` : html`${product.is_low && html`<span class="badge warning">Low</span> `}${stock(product)}`}
    </td>
    <td class="num">
      ${reduced && html`<s class="muted">${money(product.price, product.currency)}</s> `}${money(reduced ? product.discounted_price : product.price, product.currency)}
      <span class="per">${product.unit === "kg" ? "/kg" : ""}</span>
    </td>
  </tr>`;
}

/** The name, with what a search found in it. @param {{product: Product}} props */
function Name({ product: { name, highlight } }) {
  if (!highlight) return name;
  return highlightParts(highlight).map(({ text, hit }, index) => (hit ? html`<mark key=${index}>${text}</mark>` : text));
}

/**
 * @param {{filter: Filter, didYouMean: string | null, onRefine: (change: Partial<Filter>) => void}} props
 */
function NothingFound({ filter, didYouMean, onRefine }) {
  const narrowed = filter.category || filter.brand || filter.low;
  if (!filter.query && !narrowed && filter.page === 1) {
    return html`<${Empty} icon="products" title="No products yet">
      <p>Make the first one here, or bring in a whole price list.</p>
      <div class="empty-actions">
        <a class="button primary" href=${hashFor(filter, "new")}>New product</a>
        <a class="button" href="#/products/import">Import a file</a>
      </div>
    <//>`;
  }
  if (filter.low && !filter.query) {
    return html`<${Empty} icon="check" title="Nothing runs low">
      <p>A product is listed here once its stock is down to its own “Low at” number.</p>
      <${Button} onClick=${() => onRefine({ low: false })}>Show all products<//>
    <//>`;
  }
  return html`<${Empty} icon="search" title=${filter.query ? `Nothing found for “${filter.query}”` : "No products here"}>
    ${didYouMean && html`<p>Did you mean <button type="button" class="linklike" onClick=${() => onRefine({ query: didYouMean })}>${didYouMean}</button>?</p>`}
    ${filter.query && html`<p>The search looks at names, brands, categories, descriptions and barcodes.</p>`}
    ${narrowed && filter.query
      ? html`<${Button} onClick=${() => onRefine(NO_FILTER)}>Search in everything<//>`
      : html`<${Button} onClick=${() => onRefine({ query: "", ...NO_FILTER })}>Show all products<//>`}
  <//>`;
}
