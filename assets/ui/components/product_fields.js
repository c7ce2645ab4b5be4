// The fields of a product, in the groups in which people think of them.

import { currencySymbol, weight } from "../lib/format.js";
import { fieldLabel, isGtin } from "../lib/product_form.js";
import { html, useId } from "../lib/ui.js";
import { Segmented } from "./button.js";
import { ListField, SelectField, SwitchField, TextField } from "./field.js";

/** @import { ProductForm } from "../lib/product_form.js" */

/** The order in which a shopper's route picks goods up. */
const PICK_GROUPS = [
  { value: "-1", label: "First (heavy)" },
  { value: "0", label: "Usual" },
  { value: "9", label: "Last (frozen)" },
];

/**
 * @param {object} props
 * @param {ProductForm} props.form
 * @param {Record<string, string>} props.errors
 * @param {string} props.currency
 * @param {string[]} props.categories
 * @param {(name: string, value: ProductForm[string]) => void} props.onChange
 */
export function ProductFields({ form, errors, currency, categories, onChange }) {
  const categoriesId = useId();
  const byWeight = form.unit === "kg";
  const stockNumber = Number(form.stock);
  const known = PICK_GROUPS.some(({ value }) => value === form.pick_group);

  /**
   * What ties a field to the form.
   * @param {string} name
   */
  const text = (name) => ({
    name,
    label: fieldLabel(name),
    value: /** @type {string} */ (form[name]),
    error: errors[name],
    onValue: (/** @type {string} */ value) => onChange(name, value),
  });

  /** @param {string} name */
  const list = (name) => ({
    name,
    label: fieldLabel(name),
    values: /** @type {string[]} */ (form[name]),
    error: errors[name],
    onValues: (/** @type {string[]} */ values) => onChange(name, values),
  });

  return html`
    <fieldset>
      <legend class="visually-hidden">What it is</legend>
      <${TextField} ...${text("name")} required maxlength="200" />
      <div class="pair">
        <${TextField} ...${text("brand")} />
        <${TextField} ...${text("category")} list=${categoriesId} hint="Levels with a slash: Dairy/Milk" />
        <datalist id=${categoriesId}>${categories.map((name) => html`<option key=${name} value=${name}></option>`)}</datalist>
      </div>
      <${TextField} ...${text("description")} multiline />
    </fieldset>

    <fieldset>
      <legend>Price and stock</legend>
      <div class="field">
        <span class="label" aria-hidden="true">Sold</span>
        <${Segmented}
          label="Sold"
          value=${/** @type {string} */ (form.unit)}
          onChange=${(/** @type {string} */ unit) => onChange("unit", unit)}
          options=${[
            { value: "each", label: "By the piece" },
            { value: "kg", label: "By weight" },
          ]}
        />
      </div>
      <div class="pair">
        <${TextField} ...${text("price")} numeric required prefix=${currencySymbol(currency)} suffix=${byWeight ? "per kg" : undefined} />
        <${TextField} ...${text("tax_rate")} numeric suffix="%" />
      </div>
      <div class="pair">
        <${TextField}
          ...${text("stock")}
          numeric
          suffix=${byWeight ? "g" : "pieces"}
          hint=${byWeight && stockNumber > 0 ? weight(stockNumber) : undefined}
        />
        <${TextField} ...${text("weight_g")} numeric suffix="g" hint="Of one piece, to check the scale." />
      </div>
    </fieldset>

    <fieldset>
      <legend>Codes</legend>
      <${ListField}
        ...${list("barcodes")}
        inputmode="numeric"
        hint="Scan or type, then Enter."
        check=${(/** @type {string} */ code) => (isGtin(code) ? null : "This is no valid EAN or UPC: check the digits.")}
      />
      <div class="pair">
        <${TextField} ...${text("sku")} />
        <${TextField} ...${text("plu")} inputmode="numeric" hint="For goods from the scale." />
      </div>
      <${ListField} ...${list("rfid")} />
    </fieldset>

    <fieldset>
      <legend>In the store</legend>
      <div class="pair">
        <${TextField} ...${text("location")} hint="A place on the map, e.g. A3-07." />
        <${SelectField}
          ...${text("pick_group")}
          options=${known ? PICK_GROUPS : [...PICK_GROUPS, { value: form.pick_group, label: `Group ${form.pick_group}` }]}
        />
      </div>
      <${ListField} ...${list("allergens")} />
      <${ListField} ...${list("food_types")} />
      <${TextField} ...${text("min_age")} numeric suffix="years" hint="Leave empty if anybody may buy it." />
    </fieldset>

    <fieldset>
      <legend class="visually-hidden">Sale</legend>
      <${SwitchField}
        name="active"
        label=${fieldLabel("active")}
        hint="Off: shoppers cannot find it and devices refuse it."
        checked=${/** @type {boolean} */ (form.active)}
        onValue=${(/** @type {boolean} */ value) => onChange("active", value)}
      />
    </fieldset>
  `;
}
