// A device's key, shown once.

import { get } from "../lib/api.js";
import { useResource } from "../lib/resource.js";
import { html, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { CopyText } from "./copy.js";
import { Dialog, Problem } from "./dialog.js";

/** @import { Product } from "../lib/types.js" */

const SAMPLE_MAX = 20;

/**
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.deviceKey
 * @param {any} props.children  What to do with it.
 * @param {any} [props.facts]
 * @param {() => void} props.onClose
 */
export function DeviceKey({ title, deviceKey, children, facts, onClose }) {
  const [copied, setCopied] = useState(false);
  const [warned, setWarned] = useState(false);
  // A code that this shop knows, so that the first try works.
  const sample = useResource((signal) => get("/products", { query: { limit: SAMPLE_MAX }, signal }).then(({ data }) => firstBarcode(data)), []);
  const scan = [
    `curl ${location.origin}/cart/esp32/add_item`,
    `-H 'X-API-Key: ${deviceKey}'`,
    `-H 'Content-Type: application/json'`,
    `-d '{"barcode":"${sample.data ?? "PUT-A-BARCODE-HERE"}"}'`,
  ].join(" \\\n  ");

  // The key is gone when this closes: an Esc too many must not lose it.
  const close = () => {
    if (copied || warned) onClose();
    else setWarned(true);
  };

  return html`<${Dialog} title=${title} onClose=${close}>
    <div class="dialog-content">
      ${children}
      <${CopyText} label="Device key" text=${deviceKey} onCopied=${() => setCopied(true)} />
      ${facts}
      <details>
        <summary>Try it from a terminal</summary>
        <${CopyText} label="A first scan" text=${scan} multiline />
      </details>
      <${Problem} text=${warned && !copied ? "The key has not been copied and will not be shown again. Close anyway?" : ""} />
    </div>
    <footer class="dialog-footer">
      <${Button} kind=${copied ? "primary" : "plain"} onClick=${close}>${warned && !copied ? "Close anyway" : "Done"}<//>
    </footer>
  <//>`;
}

/** @param {Product[]} products */
function firstBarcode(products) {
  return products.find((product) => product.active && product.unit === "each" && product.barcodes.length > 0)?.barcodes[0];
}
