// One product, new or edited, beside the list: its details, and its stock.

import { sendPicture } from "../components/pictures.js";
import { ProductFields } from "../components/product_fields.js";
import { RecordPanel } from "../components/record_panel.js";
import { StockLedger } from "../components/stock_ledger.js";
import { get } from "../lib/api.js";
import { productForm } from "../lib/product_form.js";
import { tellFailed } from "../lib/toast.js";
import { html, useState } from "../lib/ui.js";
import { zoneSettled } from "../lib/zone.js";

/** @import { Product } from "../lib/types.js" */
/** @import { FieldsProps, RecordKind, Tab } from "../components/record_panel.js" */

/** @type {RecordKind} */
const KIND = {
  path: "/products",
  noun: "product",
  form: productForm,
  name: (product) => product.name,
  async find(id, signal) {
    const [{ data, etag }] = await Promise.all([get(`/products/${encodeURIComponent(id)}`, { signal }), zoneSettled()]);
    return { record: data, etag: etag ?? `"${data.version}"` };
  },
  deletion: "It leaves the search and can no longer be scanned or sold. Orders that have it stay whole. This cannot be undone.",
};

/** @type {Tab[]} */
const TABS = [
  {
    id: "stock",
    label: "Stock",
    content: ({ record, refresh }) => html`<${StockLedger} product=${record} onBooked=${refresh} />`,
  },
];

/**
 * @param {object} props
 * @param {string | null} props.id  `null` for a new product.
 * @param {string[]} props.categories  For completion.
 * @param {string} props.tab
 * @param {(tab: string) => void} props.onTab
 * @param {() => void} props.onClose
 * @param {(id: number) => void} props.onChanged  Saved, made or deleted.
 */
export function ProductPanel({ id, categories, tab, onTab, onClose, onChanged }) {
  const [waiting, setWaiting] = useState(/** @type {File[]} */ ([]));

  /** @param {Product} product */
  const sendWaiting = async (product) => {
    for (const file of waiting) {
      // The product is made, whatever comes of its pictures.
      await sendPicture(product.id, file).catch((error) => tellFailed(`${file.name}: ${error.message}`));
    }
  };

  return html`<${RecordPanel}
    id=${id}
    kind=${KIND}
    tabs=${TABS}
    tab=${tab}
    onTab=${onTab}
    onClose=${onClose}
    onChanged=${onChanged}
    afterMade=${sendWaiting}
    fields=${(/** @type {FieldsProps} */ props) =>
      html`<${ProductFields} ...${props} categories=${categories} waiting=${waiting} onWaiting=${setWaiting} onStock=${() => onTab("stock")} />`}
  />`;
}
