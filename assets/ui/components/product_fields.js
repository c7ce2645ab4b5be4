// The fields of a product, in the groups in which people think of them.

import { get } from "../lib/api.js";
import { currencySymbol, money, stock as stockOf, weight } from "../lib/format.js";
import { isGtin, PACKS_MAX_PIECES, productForm, SCHEDULED_MAX } from "../lib/product_form.js";
import { askProductNames, productName, rememberProductName } from "../lib/product_names.js";
import { html, useEffect, useId } from "../lib/ui.js";
import { storeZone, zoneKnown } from "../lib/zone.js";
import { Button, Segmented } from "./button.js";
import { ListField, SelectField, SwitchField, TextField } from "./field.js";
import { bestFirst, PickerField } from "./picker.js";
import { Pictures } from "./pictures.js";
import { RowsField } from "./rows_field.js";

/** @import { Product } from "../lib/types.js" */
/** @import { Row } from "../lib/form.js" */

/** The order in which a shopper's route picks goods up. */
const PICK_GROUPS = [
  { value: "-1", label: "Heavy first" },
  { value: "0", label: "Normal" },
  { value: "9", label: "Frozen last" },
];

/** What the law wants told, in the words that the catalogue uses. */
const ALLERGENS = ["gluten", "crustaceans", "eggs", "fish", "peanuts", "soy", "milk", "nuts", "celery", "mustard", "sesame", "sulphites", "lupin", "molluscs"];
const FOOD_TYPES = ["vegan", "vegetarian", "organic", "gluten-free", "lactose-free", "halal", "kosher"];
const DEPOSITS_FOUND = 8;

/**
 * @param {import("./record_panel.js").FieldsProps & {categories: string[], waiting: File[], onWaiting: (files: File[]) => void, onStock: () => void}} props
 */
export function ProductFields({ form, record, errors, currency, categories, change, text, list, refresh, waiting, onWaiting, onStock }) {
  const categoriesId = useId();
  const byWeight = form.unit === "kg";
  const grams = (/** @type {string} */ name) => (byWeight && Number(form[name]) > 0 ? weight(Number(form[name])) : undefined);
  const known = PICK_GROUPS.some(({ value }) => value === form.pick_group);
  const deposit = /** @type {string[]} */ (form.deposit_id);
  useEffect(() => askProductNames(deposit.map(Number)), []);

  /** What only one of both kinds has goes when the kind changes, and comes back with it. @param {string} unit */
  const sell = (unit) => {
    const before = productForm.toForm(record);
    change("unit", unit);
    change("packs", unit === "kg" ? [] : before.packs);
    change("tare_g", unit === "kg" ? before.tare_g : "");
  };

  /** @param {string} name */
  const rows = (name) => {
    const { values, onValues, ...rest } = list(name);
    return { ...rest, rows: /** @type {Row[]} */ (values), onRows: onValues };
  };

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
      <${Pictures} product=${record} waiting=${waiting} onWaiting=${onWaiting} onChanged=${refresh} />
    </fieldset>

    <fieldset>
      <legend>Price</legend>
      <div class="field">
        <span class="label" aria-hidden="true">Sold</span>
        <${Segmented}
          label="Sold"
          value=${/** @type {string} */ (form.unit)}
          onChange=${sell}
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
      <${RowsField}
        ...${rows("scheduled_prices")}
        columns=${[
          { name: "price", label: "Price", numeric: true, prefix: currencySymbol(currency), width: "narrow" },
          { name: "from", label: "From", control: { type: "datetime-local" } },
        ]}
        blank=${{ price: "", from: "" }}
        add="Schedule a price"
        stacked
        max=${SCHEDULED_MAX}
        hint="From that moment on it is the price, by the clock of ${zoneKnown.value ? "the store" : "this device"} (${storeZone.value.replaceAll("_", " ")})."
      />
      <${PickerField}
        ...${list("deposit_id")}
        single
        labelOf=${(/** @type {string} */ id) => productName(Number(id))}
        find=${(/** @type {string} */ typed, /** @type {AbortSignal} */ signal) => findDeposit(typed, record?.id, signal)}
        onValues=${(/** @type {string[]} */ values, /** @type {import("./picker.js").Choice | undefined} */ chosen) => {
          if (chosen) rememberProductName(Number(chosen.value), chosen.label);
          change("deposit_id", values);
        }}
        placeholder="Search products"
        hint="A product of its own, such as “Deposit bottle”: each piece brings one into the cart."
      />
    </fieldset>

    <fieldset>
      <legend>Stock</legend>
      <div class="pair">
        ${record
          ? html`<div class="field">
              <span class="label">In stock</span>
              <div class="stock-fact">
                <span class="number">${stockOf(record)}</span>
                ${record.stock <= 0 ? html`<span class="badge danger">Sold out</span>` : record.is_low ? html`<span class="badge warning">Low</span>` : null}
                <${Button} kind="quiet" onClick=${onStock}>Change…<//>
              </div>
            </div>`
          : html`<${TextField} ...${text("stock")} label="In stock now" numeric suffix=${byWeight ? "g" : "pieces"} hint=${grams("stock")} />`}
        <${TextField}
          ...${text("low_stock")}
          numeric
          suffix=${byWeight ? "g" : "pieces"}
          hint=${grams("low_stock") ?? "At this many or fewer it is listed as low."}
        />
      </div>
      <div class="pair">
        <${TextField} ...${text("weight_g")} numeric suffix="g" hint="Of one piece, to check the scale." />
        ${byWeight && html`<${TextField} ...${text("tare_g")} numeric suffix="g" hint="Packaging: taken off what a scale reads." />`}
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
      ${!byWeight &&
      html`<${RowsField}
        ...${rows("packs")}
        columns=${[
          { name: "barcode", label: "Barcode of the pack", scanned: true, control: { inputmode: "numeric", maxlength: 14 } },
          { name: "quantity", label: "Pieces", numeric: true, suffix: "pieces", width: "narrow", control: { inputmode: "numeric", maxlength: String(PACKS_MAX_PIECES).length } },
        ]}
        blank=${{ barcode: "", quantity: "" }}
        add="Add a pack"
        hint="A crate, a carton: one scan adds that many pieces."
      />`}
      <div class="pair">
        <${TextField} ...${text("sku")} />
        <${TextField} ...${text("plu")} inputmode="numeric" maxlength="6" hint="For goods from the scale." />
      </div>
      <${ListField} ...${list("rfid")} />
    </fieldset>

    <fieldset>
      <legend>In the store</legend>
      <div class="pair">
        <${TextField} ...${text("location")} hint="A place on the map, e.g. A3-07." />
        <${SelectField}
          ...${text("pick_group")}
          hint="Its place on a shopper’s way."
          options=${known ? PICK_GROUPS : [...PICK_GROUPS, { value: form.pick_group, label: `Group ${form.pick_group}` }]}
        />
      </div>
    </fieldset>

    <fieldset>
      <legend>For whom</legend>
      <${PickerField} ...${list("allergens")} free labelOf=${same} find=${among(ALLERGENS)} hint="Choose, or type another one." />
      <${PickerField} ...${list("food_types")} free labelOf=${same} find=${among(FOOD_TYPES)} />
      <div class="pair">
        <${TextField} ...${text("min_age")} numeric suffix="years" hint="Empty: anybody may buy it." />
      </div>
    </fieldset>

    <fieldset>
      <legend class="visually-hidden">More</legend>
      <${RowsField}
        ...${rows("attributes")}
        columns=${[
          { name: "name", label: "Name", control: { maxlength: 64 } },
          { name: "value", label: "Value" },
        ]}
        blank=${{ name: "", value: "" }}
        add="Add a fact"
        hint="Anything else about it, such as origin: Austria. The search looks at it too."
      />
      <${SwitchField}
        name="active"
        label=${text("active").label}
        hint="Off: shoppers cannot find it and devices refuse it."
        checked=${/** @type {boolean} */ (form.active)}
        onValue=${(/** @type {boolean} */ value) => change("active", value)}
      />
    </fieldset>
  `;
}

/** @param {string} value */
const same = (value) => value;

/**
 * @param {string[]} words
 * @returns {(typed: string) => Promise<import("./picker.js").Choice[]>}
 */
function among(words) {
  return async (typed) => bestFirst(words, typed, same).map((value) => ({ value, label: value }));
}

/**
 * @param {string} typed
 * @param {number | undefined} ownId  It is not its own deposit.
 * @param {AbortSignal} signal
 */
async function findDeposit(typed, ownId, signal) {
  const { data } = await get("/products/search", { query: { query: typed || "deposit", limit: DEPOSITS_FOUND }, signal });
  return /** @type {Product[]} */ (data.results)
    .filter(({ id, deposit_id: further }) => id !== ownId && (further ?? null) === null)
    .map(({ id, name, price, currency }) => ({ value: String(id), label: name, detail: money(price, currency) }));
}
