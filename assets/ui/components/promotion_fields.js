// The fields of a promotion.

import { withParents } from "../lib/categories.js";
import { findProducts } from "../lib/find_products.js";
import { categoryLabel, currencySymbol } from "../lib/format.js";
import { askProductNames, productName, rememberProductName } from "../lib/product_names.js";
import { html, useEffect } from "../lib/ui.js";
import { Segmented } from "./button.js";
import { SwitchField, TextField } from "./field.js";
import { PickerField } from "./picker.js";

/** @param {import("./record_panel.js").FieldsProps & {categories: import("../lib/categories.js").Category[]}} props */
export function PromotionFields({ form, errors, currency, categories, change, text, list }) {
  const productIds = /** @type {string[]} */ (form.product_ids);
  const paths = withParents(categories);
  useEffect(() => askProductNames(productIds.map(Number).slice(0, 50)), []);

  /** @param {string} typed */
  const findCategories = async (typed) => {
    const wanted = typed.toLowerCase();
    return paths.filter((path) => path.toLowerCase().includes(wanted)).map((path) => ({ value: path, label: categoryLabel(path) }));
  };

  return html`
    <fieldset>
      <legend class="visually-hidden">What it is</legend>
      <${TextField} ...${text("name")} required maxlength="120" placeholder="Milk week" />
      <${TextField} ...${text("message")} maxlength="500" hint="Told to shoppers when it starts. Leave it empty to have it written for you." />
    </fieldset>

    <fieldset>
      <legend>Discount</legend>
      <div class="pair">
        <div class="field">
          <span class="label" aria-hidden="true">Kind</span>
          <${Segmented}
            label="Kind of discount"
            value=${/** @type {string} */ (form.kind)}
            onChange=${(/** @type {string} */ kind) => change("kind", kind)}
            options=${[
              { value: "percent", label: "Percent" },
              { value: "amount", label: "Amount" },
            ]}
          />
        </div>
        <${TextField}
          ...${text("value")}
          label=${form.kind === "percent" ? "Percent off" : "Money off each piece or kg"}
          numeric
          required
          prefix=${form.kind === "amount" ? currencySymbol(currency) : undefined}
          suffix=${form.kind === "percent" ? "%" : undefined}
        />
      </div>
      <div class="field">
        <span class="label" aria-hidden="true">On</span>
        <${Segmented}
          label="On what"
          value=${/** @type {string} */ (form.scope)}
          onChange=${(/** @type {string} */ scope) => change("scope", scope)}
          options=${[
            { value: "product", label: "Products" },
            { value: "category", label: "Categories" },
            { value: "cart", label: "Everything" },
          ]}
        />
      </div>
      ${form.scope === "product" &&
      html`<${PickerField}
        ...${list("product_ids")}
        key="product"
        labelOf=${(/** @type {string} */ id) => productName(Number(id))}
        find=${findProducts}
        onValues=${(/** @type {string[]} */ values, /** @type {import("./picker.js").Choice | undefined} */ chosen) => {
          if (chosen) rememberProductName(Number(chosen.value), chosen.label);
          change("product_ids", values);
        }}
        placeholder="Search products"
        hint="By name, brand or barcode."
      />`}
      ${form.scope === "category" &&
      html`<${PickerField}
        ...${list("categories")}
        key="category"
        labelOf=${categoryLabel}
        find=${findCategories}
        placeholder="Choose a category"
        hint="Each with all that is below it."
      />`}
      ${errors.scope && html`<p class="note error">${errors.scope}</p>`}
    </fieldset>

    <fieldset>
      <legend>When</legend>
      <div class="pair">
        <${TextField} ...${text("starts_at")} type="datetime-local" hint="Empty: at once." />
        <${TextField} ...${text("ends_at")} type="datetime-local" hint="Empty: until you end it." />
      </div>
      <${SwitchField}
        name="active"
        label="Active"
        hint="Off: it never runs, whatever the time."
        checked=${/** @type {boolean} */ (form.active)}
        onValue=${(/** @type {boolean} */ value) => change("active", value)}
      />
    </fieldset>
  `;
}
