// One product, new or edited, beside the list. A save sends only what was changed and names the
// version it is based on, so that two people never overwrite each other unknowingly.

import { Button } from "../components/button.js";
import { Confirm, Dialog, Problem } from "../components/dialog.js";
import { focusFirstError } from "../components/field.js";
import { Failed, Skeleton } from "../components/page.js";
import { ProductFields } from "../components/product_fields.js";
import { ApiError, call, get, newIdempotencyKey } from "../lib/api.js";
import { currencyDecimals } from "../lib/format.js";
import { changedFields, fieldLabel, requiredFields, toForm, toRequest } from "../lib/product_form.js";
import { useResource } from "../lib/resource.js";
import { storeCurrency } from "../lib/session.js";
import { tellDone } from "../lib/toast.js";
import { html, useEffect, useMemo, useRef, useState } from "../lib/ui.js";

/** @import { Product } from "../lib/types.js" */
/** @import { ProductForm } from "../lib/product_form.js" */

/**
 * @param {object} props
 * @param {string | null} props.id  `null` for a new product.
 * @param {string[]} props.categories  For completion.
 * @param {() => void} props.onClose
 * @param {(id: number) => void} props.onChanged  Saved, made or deleted.
 */
export function ProductPanel({ id, categories, onClose, onChanged }) {
  const loaded = useResource(async (signal) => (id === null ? null : loadProduct(id, signal)), []);
  if (loaded.data === undefined) {
    return html`<${Dialog} side title="Product" onClose=${onClose}>
      <div class="dialog-content">
        ${loaded.error ? html`<${Failed} error=${loaded.error} onRetry=${loaded.reload} />` : html`<${Skeleton} lines=${10} />`}
      </div>
    <//>`;
  }
  return html`<${Editor} first=${loaded.data} categories=${categories} onClose=${onClose} onChanged=${onChanged} />`;
}

/** @typedef {{product: Product, etag: string}} Loaded */

/**
 * @param {string | number} id
 * @param {AbortSignal} [signal]
 * @returns {Promise<Loaded>}
 */
async function loadProduct(id, signal) {
  const { data, etag } = await get(`/products/${encodeURIComponent(id)}`, { signal });
  return { product: data, etag: etag ?? `"${data.version}"` };
}

/**
 * @param {{first: Loaded | null, categories: string[], onClose: () => void, onChanged: (id: number) => void}} props
 */
function Editor({ first, categories, onClose, onChanged }) {
  const [loaded, setLoaded] = useState(first);
  const base = useMemo(() => toForm(loaded?.product ?? null), [loaded]);
  const [form, setForm] = useState(base);
  const [errors, setErrors] = useState(/** @type {Record<string, string>} */ ({}));
  const [problem, setProblem] = useState("");
  const [conflict, setConflict] = useState(/** @type {Loaded | null} */ (null));
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(/** @type {"" | "delete" | "discard"} */ (""));
  const idempotencyKey = useRef("");
  const element = useRef(/** @type {HTMLFormElement | null} */ (null));

  const product = loaded?.product ?? null;
  const currency = product?.currency ?? storeCurrency.value;
  const changes = changedFields(form, base);

  useEffect(() => {
    /** @type {HTMLInputElement | null | undefined} */ (element.current?.querySelector("input[name='name']"))?.focus();
  }, []);

  /**
   * @param {string} name
   * @param {ProductForm[string]} value
   */
  const change = (name, value) => {
    setForm((before) => ({ ...before, [name]: value }));
    setErrors(({ [name]: _, ...others }) => others);
    idempotencyKey.current = "";
  };

  /** @param {Record<string, string>} refused */
  const refuse = (refused) => {
    setErrors(refused);
    focusFirstError(element.current);
  };

  /** @param {Loaded | null} onto  The version that this save is based on. */
  const save = async (onto) => {
    if (product && changes.length === 0) return onClose();
    const names = product ? changes : [...new Set([...requiredFields(), ...changes])];
    const { body, errors: wrong } = toRequest(form, names, currencyDecimals(currency));
    setProblem("");
    if (Object.keys(wrong).length) return refuse(wrong);
    setBusy(true);
    try {
      const saved = await send(body, onto);
      tellDone(product ? `Saved “${saved.name}”.` : `Added “${saved.name}”.`);
      onChanged(saved.id);
    } catch (error) {
      await explain(error);
    } finally {
      setBusy(false);
    }
  };

  /**
   * @param {Record<string, unknown>} body
   * @param {Loaded | null} onto
   * @returns {Promise<Product>}
   */
  const send = async (body, onto) => {
    if (onto) return (await call("PATCH", `/products/${onto.product.id}`, { body, etag: onto.etag })).data;
    // The same key for the same form: a repeated press after a lost answer makes no second product.
    idempotencyKey.current ||= newIdempotencyKey();
    return (await call("POST", "/products", { body, idempotencyKey: idempotencyKey.current })).data;
  };

  /** @param {unknown} error */
  const explain = async (error) => {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 412 && product) {
      const latest = await loadProduct(product.id).catch(() => null);
      if (latest) return setConflict(latest);
    }
    setProblem(error.message);
    refuse(error.fields);
  };

  const takeTheirs = () => {
    setLoaded(conflict);
    setForm(toForm(conflict?.product ?? null));
    setConflict(null);
  };

  const saveMine = () => {
    const latest = conflict;
    setLoaded(latest);
    setConflict(null);
    save(latest);
  };

  const close = () => (changes.length ? setAsking("discard") : onClose());

  return html`
    <${Dialog} side title=${product ? product.name : "New product"} onClose=${close}>
      <form
        ref=${element}
        novalidate
        onSubmit=${(/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          if (!busy) save(loaded);
        }}
      >
        <div class="dialog-content">
          <${Problem} text=${problem} />
          ${conflict && html`<${Conflict} base=${base} latest=${toForm(conflict.product)} onTheirs=${takeTheirs} onMine=${saveMine} />`}
          <${ProductFields} form=${form} errors=${errors} currency=${currency} categories=${categories} onChange=${change} />
        </div>
        <footer class="dialog-footer">
          ${product && html`<${Button} kind="quiet-danger" icon="trash" onClick=${() => setAsking("delete")}>Delete<//>`}
          <span class="spring"></span>
          <${Button} onClick=${close}>Cancel<//>
          <${Button} kind="primary" type="submit" busy=${busy}>${product ? "Save" : "Add product"}<//>
        </footer>
      </form>
    <//>
      ${asking === "discard" &&
      html`<${Confirm} title="Discard your changes?" action="Discard changes" keep="Keep editing" onConfirm=${async () => onClose()} onClose=${() => setAsking("")}>
        <p>${changes.map(fieldLabel).join(", ")} ${changes.length === 1 ? "has" : "have"} not been saved.</p>
      <//>`}
      ${asking === "delete" &&
      product &&
      html`<${Confirm}
        title="Delete “${product.name}”?"
        action="Delete product"
        onConfirm=${async () => {
          await call("DELETE", `/products/${product.id}`);
          tellDone(`Deleted “${product.name}”.`);
          onChanged(product.id);
        }}
        onClose=${() => setAsking("")}
      >
        <p>It leaves the search and can no longer be scanned or sold. Orders that have it stay whole. This cannot be undone.</p>
      <//>`}
  `;
}

/**
 * @param {{base: ProductForm, latest: ProductForm, onTheirs: () => void, onMine: () => void}} props
 */
function Conflict({ base, latest, onTheirs, onMine }) {
  const theirs = changedFields(latest, base);
  return html`<${Problem} text="Somebody else changed this product while you were editing.">
    ${theirs.length > 0 &&
    html`<ul>
      ${theirs.map((name) => html`<li key=${name}>${fieldLabel(name)}: ${shown(base[name])} → <strong>${shown(latest[name])}</strong></li>`)}
    </ul>`}
    <div class="problem-actions">
      <${Button} onClick=${onTheirs}>Load the new version<//>
      <${Button} kind="quiet" onClick=${onMine}>Save my changes onto it<//>
    </div>
  <//>`;
}

/** @param {ProductForm[string]} value */
function shown(value) {
  if (typeof value === "boolean") return value ? "on" : "off";
  const text = Array.isArray(value) ? value.join(", ") : value;
  return text === "" ? "nothing" : text;
}
