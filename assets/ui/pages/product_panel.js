// One product, new or edited, beside the list.

import { ProductFields } from "../components/product_fields.js";
import { RecordPanel } from "../components/record_panel.js";
import { productForm } from "../lib/product_form.js";
import { html } from "../lib/ui.js";

/** @type {import("../components/record_panel.js").RecordKind} */
const KIND = {
  path: "/products",
  noun: "product",
  form: productForm,
  name: (product) => product.name,
  deletion: "It leaves the search and can no longer be scanned or sold. Orders that have it stay whole. This cannot be undone.",
};

/**
 * @param {object} props
 * @param {string | null} props.id  `null` for a new product.
 * @param {string[]} props.categories  For completion.
 * @param {() => void} props.onClose
 * @param {(id: number) => void} props.onChanged  Saved, made or deleted.
 */
export function ProductPanel({ id, categories, onClose, onChanged }) {
  return html`<${RecordPanel}
    id=${id}
    kind=${KIND}
    onClose=${onClose}
    onChanged=${onChanged}
    fields=${(/** @type {import("../components/record_panel.js").FieldsProps} */ { form, errors, currency, change }) =>
      html`<${ProductFields} form=${form} errors=${errors} currency=${currency} categories=${categories} onChange=${change} />`}
  />`;
}
