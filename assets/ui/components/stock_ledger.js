// The stock of one product: what is there, how it came so, and the acts that change it.

import { ApiError, call, get, newIdempotencyKey } from "../lib/api.js";
import { exactly, when } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { accountName } from "../lib/people.js";
import { useResource } from "../lib/resource.js";
import { deltaOf, deltaText, kindLabel, movementRequest, readAmount, STOCK_ACTS, stockText } from "../lib/stock.js";
import { tellDone } from "../lib/toast.js";
import { html, useRef, useState } from "../lib/ui.js";
import { Button, Segmented } from "./button.js";
import { Problem } from "./dialog.js";
import { TextField } from "./field.js";
import { Empty, Failed, Skeleton } from "./page.js";

/** @import { Movement, Product } from "../lib/types.js" */

const PAGE_SIZE = 30;
const NOTE_MAX = 200;

/**
 * @param {{product: Product, onBooked: () => Promise<void>}} props
 */
export function StockLedger({ product, onBooked }) {
  const path = `/products/${product.id}/stock-movements`;
  const [limit, setLimit] = useState(PAGE_SIZE);
  const ledger = useResource(
    (signal) => get(path, { query: { limit }, signal }).then(({ data, total }) => ({ movements: /** @type {Movement[]} */ (data), total: total ?? data.length })),
    [product.id, limit],
  );
  useLive("product", ({ product_id: id }) => {
    if (id === product.id) ledger.reload();
  });

  const { data, error } = ledger;
  // The ledger's sum is the stock; a sale that came meanwhile is in it first.
  const stock = data?.movements[0]?.stock_after ?? product.stock;
  return html`
    <section class="stock-now" aria-label="Stock">
      <div>
        <span class="muted">In stock</span>
        <strong class="number">${product.unit === "kg" ? stockText(stock, "kg") : `${stockText(stock, "each")} ${stock === 1 ? "piece" : "pieces"}`}</strong>
      </div>
      ${stock <= 0 ? html`<span class="badge danger">Sold out</span>` : product.is_low ? html`<span class="badge warning">Low</span>` : null}
    </section>
    <${Book}
      product=${product}
      stock=${stock}
      path=${path}
      onBooked=${async () => {
        ledger.reload();
        await onBooked();
      }}
    />
    <section aria-labelledby="movements">
      <h2 id="movements" class="movements-title">Movements</h2>
      ${error && !data
        ? html`<${Failed} error=${error} onRetry=${ledger.reload} />`
        : !data
          ? html`<${Skeleton} lines=${6} />`
          : data.movements.length === 0
            ? html`<${Empty} icon="audit" title="Nothing has moved yet"><p>Deliveries, sales and counts appear here.</p><//>`
            : html`<${Movements} movements=${data.movements} unit=${product.unit} />
                ${data.total > data.movements.length &&
                html`<${Button} busy=${ledger.loading} onClick=${() => setLimit(limit + 100)}>Show earlier ones<//>`}`}
    </section>
  `;
}

/** @param {{product: Product, stock: number, path: string, onBooked: () => Promise<void>}} props */
function Book({ product, stock, path, onBooked }) {
  const { unit } = product;
  const [actId, setActId] = useState(STOCK_ACTS[0].id);
  const [text, setText] = useState("");
  const [note, setNote] = useState("");
  const [error, setError] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const idempotencyKey = useRef("");
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));

  const act = STOCK_ACTS.find(({ id }) => id === actId) ?? STOCK_ACTS[0];
  const amount = text.trim() ? readAmount(text, unit, act.id) : null;
  const delta = amount && "value" in amount ? deltaOf(act.id, amount.value, stock) : null;

  /** @param {() => void} change */
  const edit = (change) => {
    change();
    setError("");
    setProblem("");
    idempotencyKey.current = "";
  };

  /** @param {string} why */
  const refuse = (why) => {
    setError(why);
    /** @type {HTMLInputElement | null | undefined} */ (form.current?.querySelector("input[name='amount']"))?.focus();
  };

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    const read = readAmount(text, unit, act.id);
    if ("error" in read) return refuse(read.error);
    if (act.id === "count" && read.value === stock) {
      tellDone("The count agrees: there is nothing to book.");
      setText("");
      return;
    }
    setBusy(true);
    setProblem("");
    try {
      idempotencyKey.current ||= newIdempotencyKey();
      const { data } = await call("POST", path, { body: movementRequest(act.id, read.value, stock, note), idempotencyKey: idempotencyKey.current });
      idempotencyKey.current = "";
      tellDone(`${kindLabel(data.kind)}: ${deltaText(data.delta, unit)}. In stock now: ${stockText(data.stock_after, unit)}.`);
      setText("");
      setNote("");
      await onBooked();
    } catch (failure) {
      const fields = failure instanceof ApiError ? failure.fields : {};
      const wrong = fields.quantity ?? fields.delta;
      if (wrong) refuse(wrong);
      else setProblem(/** @type {Error} */ (failure).message);
    } finally {
      setBusy(false);
    }
  };

  return html`<form class="book card" ref=${form} novalidate onSubmit=${submit} aria-label="Change the stock">
    <${Segmented}
      label="What happened"
      value=${act.id}
      onChange=${(/** @type {string} */ id) => edit(() => setActId(id))}
      options=${STOCK_ACTS.map(({ id, label }) => ({ value: id, label }))}
    />
    <div class="book-fields">
      <${TextField}
        label=${act.amount}
        name="amount"
        numeric
        suffix=${unit === "kg" ? "kg" : "pieces"}
        value=${text}
        error=${error}
        hint=${act.hint}
        onValue=${(/** @type {string} */ value) => edit(() => setText(value))}
      />
      <${TextField}
        label="Note"
        name="note"
        value=${note}
        maxlength=${NOTE_MAX}
        placeholder=${act.id === "receipt" ? "Delivery note 4711" : act.id === "shrinkage" ? "Broken" : ""}
        onValue=${(/** @type {string} */ value) => edit(() => setNote(value))}
      />
    </div>
    <${Problem} text=${problem} />
    <div class="book-foot">
      <p class="muted number" role="status">
        ${delta !== null &&
        (delta === 0 ? "The count agrees." : html`${stockText(stock, unit)} ${deltaText(delta, unit)} → <strong class=${stock + delta < 0 ? "wrong" : undefined}>${stockText(stock + delta, unit)}</strong>`)}
      </p>
      <${Button} kind="primary" type="submit" busy=${busy}>${act.label}<//>
    </div>
  </form>`;
}

/** @param {{movements: Movement[], unit: Product["unit"]}} props */
function Movements({ movements, unit }) {
  return html`<table class="rows movements">
    <thead>
      <tr>
        <th scope="col">What</th>
        <th scope="col" class="num">Change</th>
        <th scope="col" class="num">Stock</th>
      </tr>
    </thead>
    <tbody>
      ${movements.map(
        (movement) => html`<tr key=${movement.id} data-movement-id=${movement.id}>
          <td>
            ${movement.order_id ? html`<a href="#/orders/${movement.order_id}">${kindLabel(movement.kind)}</a>` : html`<span>${kindLabel(movement.kind)}</span>`}
            ${movement.note && html`<span class="movement-note">${movement.note}</span>`}
            <span class="detail"><time datetime=${movement.at} title=${exactly(movement.at)}>${when(movement.at)}</time>${who(movement)}</span>
          </td>
          <td class="num" data-sign=${movement.delta < 0 ? "minus" : "plus"}>${deltaText(movement.delta, unit)}</td>
          <td class="num">${stockText(movement.stock_after, unit)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/** @param {Movement} movement */
function who({ by, order_id: order }) {
  if (typeof by === "number") return ` · ${accountName(by) ?? `Account ${by}`}`;
  return order ? ` · order ${order}` : "";
}
