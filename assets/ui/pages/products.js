// The catalogue: search, filter, and open a product beside the list.

import { Button } from "../components/button.js";
import { Select } from "../components/field.js";
import { Empty, Failed, Page, Pager, SkeletonRows } from "../components/page.js";
import { SearchBox } from "../components/search_box.js";
import { get } from "../lib/api.js";
import { loadCategories } from "../lib/categories.js";
import { categoryLabel, count, money, stock } from "../lib/format.js";
import { moveBetweenRows } from "../lib/keyboard.js";
import { useLive } from "../lib/live.js";
import { useFresh, useResource, useThrottled } from "../lib/resource.js";
import { link, navigate, route } from "../lib/router.js";
import { html, useEffect, useRef } from "../lib/ui.js";
import { ProductPanel } from "./product_panel.js";

/** @import { Product } from "../lib/types.js" */

const PAGE_SIZE = 50;
const COLUMNS = 6;
const RELOAD_MS = 2_000;

const SORTS = [
  { value: "name", label: "Name" },
  { value: "price", label: "Price, low to high" },
  { value: "-price", label: "Price, high to low" },
  { value: "newest", label: "Newest first" },
];

/** @typedef {{query: string, category: string, sort: string, page: number}} Filter */
/** @typedef {{items: Product[], total: number, didYouMean: string | null}} Found */

/** @param {{record: string | null}} props  The id of the product that is open, or "new". */
export function ProductsPage({ record }) {
  const filter = readFilter(route.value.query);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const found = useResource((signal) => loadProducts(filter, signal), [filter.query, filter.category, filter.sort, filter.page]);
  const categories = useResource(loadCategories, []);
  const { fresh, mark } = useFresh();
  const refresh = useThrottled(found.reload, RELOAD_MS);
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
  return html`<${Page}
    title="Products"
    note=${data && html`<span class="number">${count(data.total)}</span>`}
    actions=${html`<a class="button primary" data-key="n" href=${hashFor(filter, "new")}>New product</a>`}
  >
    <div class="toolbar">
      <${SearchBox}
        label="Search products"
        value=${filter.query}
        onSearch=${(/** @type {string} */ query) => refine({ query })}
        onDown=${() => /** @type {HTMLElement | null | undefined} */ (list.current?.querySelector("[data-row]"))?.focus()}
      />
      <${Select}
        aria-label="Category"
        value=${filter.category}
        onValue=${(/** @type {string} */ category) => refine({ category })}
        options=${categoryOptions(categories.data ?? [], filter.category)}
      />
      <${Select}
        aria-label="Sort by"
        value=${filter.sort}
        onValue=${(/** @type {string} */ sort) => refine({ sort })}
        options=${filter.query ? [{ value: "", label: "Best match" }, ...SORTS] : SORTS}
      />
    </div>
    ${error
      ? html`<${Failed} error=${error} onRetry=${found.reload} />`
      : data?.items.length === 0
        ? html`<${NothingFound} filter=${filter} didYouMean=${data.didYouMean} onRefine=${refine} />`
        : html`<div ref=${list} aria-busy=${String(found.loading)}>
            <${ProductTable} products=${data?.items} filter=${filter} open=${record} fresh=${fresh} />
            ${data &&
            html`<${Pager} page=${filter.page} pageSize=${PAGE_SIZE} total=${data.total} unit="product" href=${(/** @type {number} */ page) => hashFor({ ...filter, page })} />`}
          </div>`}
    ${record &&
    html`<${ProductPanel}
      key=${record}
      id=${record === "new" ? null : record}
      categories=${categories.data?.map(({ name }) => name) ?? []}
      onClose=${() => navigate(hashFor(filter))}
      onChanged=${(/** @type {number} */ id) => {
        navigate(hashFor(filter));
        mark(id);
        found.reload();
        categories.reload();
      }}
    />`}
  <//>`;
}

/**
 * @param {Record<string, string>} query
 * @returns {Filter}
 */
function readFilter({ query = "", category = "", sort, page = "1" }) {
  const known = SORTS.some(({ value }) => value === sort);
  return { query, category, sort: known ? sort : query ? "" : "name", page: Math.max(1, Number.parseInt(page, 10) || 1) };
}

/**
 * @param {Filter} filter
 * @param {number | string | null} [record]
 */
function hashFor({ query, category, sort, page }, record) {
  const usual = query ? "" : "name";
  return link(record ? `/products/${record}` : "/products", { query, category, sort: sort === usual ? "" : sort, page: page > 1 ? page : null });
}

/**
 * The plain list where nothing is searched for; the search, which also knows likely spellings, else.
 * @param {Filter} filter
 * @param {AbortSignal} signal
 * @returns {Promise<Found>}
 */
async function loadProducts({ query, category, sort, page }, signal) {
  const asked = { query, category, sort, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE };
  if (!query) {
    const { data, total } = await get("/products", { query: asked, signal });
    return { items: data, total: total ?? data.length, didYouMean: null };
  }
  const { data } = await get("/products/search", { query: asked, signal });
  return { items: data.results, total: data.total, didYouMean: data.did_you_mean };
}

/**
 * @param {{name: string, products: number}[]} categories
 * @param {string} chosen  Kept in the list even when it is not known (any more).
 */
function categoryOptions(categories, chosen) {
  const options = categories.map(({ name, products }) => ({ value: name, label: `${categoryLabel(name)} (${count(products)})` }));
  if (chosen && !categories.some(({ name }) => name === chosen)) options.unshift({ value: chosen, label: categoryLabel(chosen) });
  return [{ value: "", label: "All categories" }, ...options];
}

/**
 * @param {{products?: Product[], filter: Filter, open: string | null, fresh: Set<number>}} props
 */
function ProductTable({ products, filter, open, fresh }) {
  return html`<table class="rows products" onKeyDown=${moveBetweenRows}>
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col" class="wide">Category</th>
        <th scope="col" class="wide">Barcode</th>
        <th scope="col" class="wide">Location</th>
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
            />`,
          )
        : html`<${SkeletonRows} columns=${COLUMNS} rows=${14} />`}
    </tbody>
  </table>`;
}

/** @param {{product: Product, href: string, open: boolean, changed: boolean}} props */
function Row({ product, href, open, changed }) {
  const soldOut = product.stock <= 0;
  const reduced = product.discounted_price !== null && product.discounted_price !== undefined && product.discounted_price < product.price;
  return html`<tr data-product-id=${product.id} data-open=${open ? "" : undefined} data-changed=${changed ? "" : undefined}>
    <td>
      <a class="cover strong" data-row href=${href}>${product.name}</a>
      ${!product.active && html` <span class="badge">Inactive</span>`}
      <span class="beside wide">${product.brand}</span>
      <span class="under">${[product.brand, soldOut ? "sold out" : `${stock(product)} in stock`].filter(Boolean).join(" · ")}</span>
    </td>
    <td class="wide"><span class="clip">${categoryLabel(product.category)}</span></td>
    <td class="wide muted number">${product.barcodes[0] ?? (product.plu ? `PLU ${product.plu}` : "")}</td>
    <td class="wide muted">${product.location}</td>
    <td class="num wide">${soldOut ? html`<span class="badge danger">Sold out</span>` : stock(product)}</td>
    <td class="num">
      ${reduced && html`<s class="muted">${money(product.price, product.currency)}</s> `}${money(reduced ? product.discounted_price : product.price, product.currency)}
      <span class="per">${product.unit === "kg" ? "/kg" : ""}</span>
    </td>
  </tr>`;
}

/**
 * @param {{filter: Filter, didYouMean: string | null, onRefine: (change: Partial<Filter>) => void}} props
 */
function NothingFound({ filter, didYouMean, onRefine }) {
  const filtered = filter.query || filter.category || filter.page > 1;
  if (!filtered) {
    return html`<${Empty} icon="products" title="No products yet">
      <p>Make the first one here, or bring a whole price list with <code>cartwright import products FILE</code>.</p>
      <a class="button primary" href=${hashFor(filter, "new")}>New product</a>
    <//>`;
  }
  return html`<${Empty} icon="search" title=${filter.query ? `Nothing found for “${filter.query}”` : "No products here"}>
    ${didYouMean && html`<p>Did you mean <button type="button" class="linklike" onClick=${() => onRefine({ query: didYouMean })}>${didYouMean}</button>?</p>`}
    <p>The search looks at names, brands, categories, descriptions and barcodes.</p>
    ${filter.category && filter.query
      ? html`<${Button} onClick=${() => onRefine({ category: "" })}>Search in all categories<//>`
      : html`<${Button} onClick=${() => onRefine({ query: "", category: "" })}>Show all products<//>`}
  <//>`;
}
