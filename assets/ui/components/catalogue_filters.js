// What narrows the list of products: category, brand, low stock. Beside the list where there is
// room, else in a panel of its own.

import { count } from "../lib/format.js";
import { html } from "../lib/ui.js";
import { Button } from "./button.js";
import { CategoryTree } from "./category_tree.js";
import { Skeleton } from "./page.js";
import { bestFirst, PickerField } from "./picker.js";

/** @import { Branch } from "../lib/categories.js" */

const BRANDS_SHOWN = 50;

/** @typedef {{tree: Branch[], brands: {name: string, count: number}[], total: number | null}} Choices  What there is to choose from. */
/** @typedef {{category: string, brand: string, low: boolean}} Chosen */

/**
 * @param {object} props
 * @param {Choices | undefined} props.choices
 * @param {Error | null} props.error
 * @param {Chosen} props.chosen
 * @param {(path: string) => string} props.href  Of the list in a category.
 * @param {(change: Partial<Chosen>) => void} props.onRefine
 * @param {() => void} props.onRename  Of the chosen category.
 */
export function CatalogueFilters({ choices, error, chosen, href, onRefine, onRename }) {
  /** @param {string} typed */
  const findBrands = async (typed) =>
    bestFirst(choices?.brands ?? [], typed, ({ name }) => name)
      .slice(0, BRANDS_SHOWN)
      .map(({ name, count: products }) => ({ value: name, label: name, detail: count(products) }));

  return html`
    <section aria-label="Categories">
      ${choices
        ? html`<${CategoryTree} tree=${choices.tree} total=${choices.total} chosen=${chosen.category} href=${href} />`
        : error
          ? html`<p class="muted">The categories could not be loaded.</p>`
          : html`<${Skeleton} lines=${9} />`}
      ${chosen.category && choices && html`<${Button} kind="quiet" class="button quiet rename" onClick=${onRename}>Rename “${chosen.category.split("/").at(-1)}”…<//>`}
    </section>
    <section class="filter-more">
      <${PickerField}
        label="Brand"
        name="brand"
        single
        values=${chosen.brand ? [chosen.brand] : []}
        labelOf=${(/** @type {string} */ brand) => brand}
        find=${findBrands}
        onValues=${(/** @type {string[]} */ [brand = ""]) => onRefine({ brand })}
        placeholder="All brands"
      />
      <label class="check">
        <input type="checkbox" name="low" checked=${chosen.low} onChange=${() => onRefine({ low: !chosen.low })} /> Low stock only
      </label>
    </section>
  `;
}
