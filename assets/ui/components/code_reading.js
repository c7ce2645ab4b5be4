// A scanned code with each digit in the colour of what it says.

import { codeParts, PARTS } from "../lib/barcode_rules.js";
import { money, weight } from "../lib/format.js";
import { storeCurrency } from "../lib/session.js";
import { html } from "../lib/ui.js";
import { Icon } from "./icon.js";

/** @import { CodeReading } from "../lib/types.js" */
/** @import { Part } from "../lib/barcode_rules.js" */

/** @param {{parts: {digit: string, part: Part}[], label: string}} props */
export function CodeDigits({ parts, label }) {
  return html`<div class="code-digits" role="img" aria-label=${label}>
    ${parts.map(
      ({ digit, part }, index) => html`<span
        key=${index}
        data-part=${part}
        data-begins=${index === 0 || parts[index - 1].part !== part ? "" : undefined}
        data-ends=${index === parts.length - 1 || parts[index + 1].part !== part ? "" : undefined}
      >${digit}</span>`,
    )}
  </div>`;
}

/** @param {{parts: Part[]}} props  Those that occur. */
export function Legend({ parts }) {
  return html`<ul class="legend" aria-label="Colours">
    ${PARTS.filter(({ part }) => parts.includes(part)).map(({ part, label }) => html`<li key=${part}><span class="swatch" data-part=${part}></span>${label}</li>`)}
  </ul>`;
}

/** @param {{reading: CodeReading}} props */
export function Reading({ reading }) {
  const parts = codeParts(reading);
  const { gtin, rule, item, weight_g: grams, price, plu, product } = reading;
  return html`<div class="reading">
    ${parts.length > 0 && html`<${CodeDigits} parts=${parts} label="The code ${reading.code}" /><${Legend} parts=${parts.map(({ part }) => part)} />`}
    <p>${reading.explanation}</p>
    <dl class="facts">
      ${rule && html`<div><dt>Rule</dt><dd>${rule.index + 1}, <span class="mono">${rule.pattern}</span></dd></div>`}
      ${item !== null && html`<div><dt>Item</dt><dd class="mono">${item}</dd></div>`}
      ${grams !== null && html`<div><dt>Weight</dt><dd class="number">${weight(grams)}</dd></div>`}
      ${price !== null && html`<div><dt>Price</dt><dd class="number">${money(price, storeCurrency.value)}</dd></div>`}
      ${plu !== null && html`<div><dt>PLU</dt><dd class="mono">${plu}</dd></div>`}
      ${!rule && html`<div><dt>EAN or UPC</dt><dd>${gtin.valid ? html`<span class="with-icon"><${Icon} name="check" />valid</span>` : "not valid"}</dd></div>`}
      <div><dt>Product</dt><dd>${product ? html`<a href="#/products/${product.id}">${product.name}</a>` : html`<span class="muted">None</span>`}</dd></div>
    </dl>
  </div>`;
}
