// One record, new or edited, beside its list. A save sends only what was changed and names the
// version it is based on, so that two people never overwrite each other unknowingly.

import { ApiError, call, get, newIdempotencyKey } from "../lib/api.js";
import { currencyDecimals } from "../lib/format.js";
import { useResource } from "../lib/resource.js";
import { storeCurrency } from "../lib/session.js";
import { tellDone } from "../lib/toast.js";
import { html, useLayoutEffect, useMemo, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Confirm, Dialog, Problem } from "./dialog.js";
import { focusFirstError } from "./field.js";
import { Failed, Skeleton } from "./page.js";

/** @typedef {import("../lib/form.js").Form} Form */

/**
 * What a panel must know about a kind of record.
 * @typedef {object} RecordKind
 * @property {string} path  Of the collection, e.g. `/products`.
 * @property {string} noun  E.g. "product".
 * @property {ReturnType<typeof import("../lib/form.js").formOf>} form
 * @property {(record: any) => string} name  What people call this one.
 * @property {(body: Record<string, any>, form: Form) => Record<string, any>} [finish]  Makes a request of the fields' values.
 * @property {any} deletion  What a deletion means.
 * @property {(id: string | number, signal?: AbortSignal) => Promise<Loaded>} [find]  How one is found, if not at its own address.
 */

/**
 * What the fields are drawn from.
 * @typedef {object} FieldsProps
 * @property {Form} form
 * @property {any} record  As it is now, as far as is known; `null` for a new one.
 * @property {() => Promise<void>} refresh  Asks for the record again, after an act that changed it; what was typed stays.
 * @property {Record<string, string>} errors
 * @property {string} currency
 * @property {(name: string, value: Form[string]) => void} change
 * @property {(name: string) => Record<string, any>} text  What ties a text field to the form.
 * @property {(name: string) => Record<string, any>} list  What ties a list field to the form.
 */

/**
 * @typedef {object} PanelProps
 * @property {RecordKind} kind
 * @property {(props: FieldsProps) => any} fields
 * @property {() => void} onClose
 * @property {(id: number, record: any) => void} onChanged  Saved, made or (with `null`) deleted.
 * @property {Partial<Form>} [initial]  What a new one begins with.
 * @property {(record: any) => Promise<void>} [afterMade]  What is still to be done for a new one.
 * @property {Tab[]} [tabs]  More about a record, beside its fields.
 * @property {string} [tab]  The one that stands; the fields if it is none of them.
 * @property {(id: string) => void} [onTab]
 */

/** @typedef {{id: string, label: string, content: (props: FieldsProps) => any}} Tab */

/** @typedef {{record: any, etag: string | null}} Loaded */

/** @param {PanelProps & {id: string | null}} props  `id` is `null` for a new record. */
export function RecordPanel({ id, ...props }) {
  const { kind, onClose } = props;
  const loaded = useResource(async (signal) => (id === null ? null : load(kind, id, signal)), []);
  if (loaded.data === undefined) {
    return html`<${Dialog} side title=${capital(kind.noun)} onClose=${onClose}>
      <div class="dialog-content">
        ${loaded.error ? html`<${Failed} error=${loaded.error} onRetry=${loaded.reload} />` : html`<${Skeleton} lines=${10} />`}
      </div>
    <//>`;
  }
  return html`<${Editor} first=${loaded.data} ...${props} />`;
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * @param {RecordKind} kind
 * @param {string | number} id
 * @param {AbortSignal} [signal]
 * @returns {Promise<Loaded>}
 */
async function load(kind, id, signal) {
  if (kind.find) return kind.find(id, signal);
  const { data, etag } = await get(`${kind.path}/${encodeURIComponent(id)}`, { signal });
  return { record: data, etag: etag ?? (data.version ? `"${data.version}"` : null) };
}

/** @param {PanelProps & {first: Loaded | null}} props */
function Editor({ first, kind, fields, onClose, onChanged, initial = {}, afterMade, tabs = [], tab = "", onTab }) {
  const { toForm, changedFields, fieldLabel, requiredFields, toRequest } = kind.form;
  const [loaded, setLoaded] = useState(first);
  const base = useMemo(() => toForm(loaded?.record ?? null), [loaded]);
  const [form, setForm] = useState(() => /** @type {Form} */ (first ? base : { ...base, ...initial }));
  const [newest, setNewest] = useState(first?.record ?? null);
  const [errors, setErrors] = useState(/** @type {Record<string, string>} */ ({}));
  const [problem, setProblem] = useState("");
  const [conflict, setConflict] = useState(/** @type {Loaded | null} */ (null));
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(/** @type {"" | "delete" | "discard"} */ (""));
  const idempotencyKey = useRef("");
  const element = useRef(/** @type {HTMLFormElement | null} */ (null));

  const record = loaded?.record ?? null;
  const currency = record?.currency ?? storeCurrency.value;
  const changes = changedFields(form, base);
  const current = useRef({ form, base });
  current.current = { form, base };
  const beside = record ? tabs.find(({ id }) => id === tab) : undefined;

  // Before it is painted: a cursor that comes later would take what is being typed elsewhere.
  useLayoutEffect(() => {
    const shown = beside ? element.current?.closest("dialog")?.querySelector(".dialog-content") : element.current;
    /** @type {HTMLInputElement | null | undefined} */ (shown?.querySelector("input:not([readonly])"))?.focus();
  }, []);

  /**
   * @param {string} name
   * @param {Form[string]} value
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

  /**
   * @param {Loaded | null} onto  The version that this save is based on.
   * @param {boolean} [mayRetry]
   */
  const save = async (onto, mayRetry = true) => {
    if (record && changes.length === 0) return onClose();
    const names = record ? changes : [...new Set([...requiredFields(), ...changes])];
    const { body, errors: wrong } = toRequest(form, names, currencyDecimals(currency));
    setProblem("");
    if (Object.keys(wrong).length) return refuse(wrong);
    setBusy(true);
    try {
      const saved = await send(kind.finish ? kind.finish(body, form) : body, onto);
      if (!record) await afterMade?.(saved);
      tellDone(record ? `Saved “${kind.name(saved)}”.` : `Added “${kind.name(saved)}”.`);
      onChanged(saved.id, saved);
    } catch (error) {
      await explain(error, mayRetry);
    } finally {
      setBusy(false);
    }
  };

  /**
   * @param {Record<string, unknown>} body
   * @param {Loaded | null} onto
   */
  const send = async (body, onto) => {
    if (onto) return (await call("PATCH", `${kind.path}/${onto.record.id}`, { body, etag: onto.etag })).data;
    // The same key for the same form: a repeated press after a lost answer makes no second record.
    idempotencyKey.current ||= newIdempotencyKey();
    return (await call("POST", kind.path, { body, idempotencyKey: idempotencyKey.current })).data;
  };

  /**
   * @param {unknown} error
   * @param {boolean} mayRetry
   */
  const explain = async (error, mayRetry) => {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 412 && record && mayRetry) {
      const latest = await load(kind, record.id).catch(() => null);
      // What nobody sees in this form is no conflict in it.
      if (latest && changedFields(toForm(latest.record), base).length === 0) {
        setLoaded(latest);
        return save(latest, false);
      }
      if (latest) return setConflict(latest);
    }
    setProblem(error.message);
    refuse(error.fields);
  };

  const takeTheirs = () => {
    setLoaded(conflict);
    setNewest(conflict?.record ?? null);
    setForm(toForm(conflict?.record ?? null));
    setConflict(null);
  };

  /**
   * Goes on from a newer version. Where somebody else changed what is being edited here, the old
   * one stays the base: the save is refused then and shows both.
   */
  const refresh = async () => {
    const latest = await load(kind, record.id);
    setNewest(latest.record);
    const { form: mine, base: before } = current.current;
    const theirs = toForm(latest.record);
    const edited = changedFields(mine, before);
    const differs = changedFields(theirs, before).filter((name) => changedFields(theirs, mine).includes(name));
    if (edited.some((name) => differs.includes(name))) return;
    setLoaded(latest);
    setForm((now) => Object.fromEntries(Object.entries(theirs).map(([name, value]) => [name, edited.includes(name) ? now[name] : value])));
  };

  const saveMine = () => {
    const latest = conflict;
    setLoaded(latest);
    setNewest(latest?.record ?? null);
    setConflict(null);
    save(latest);
  };

  const close = () => (changes.length ? setAsking("discard") : onClose());

  /** @type {FieldsProps} */
  const drawn = {
    form,
    record: newest,
    refresh,
    errors,
    currency,
    change,
    text: (name) => ({ name, label: fieldLabel(name), value: form[name], error: errors[name], onValue: (/** @type {string} */ value) => change(name, value) }),
    list: (name) => ({ name, label: fieldLabel(name), values: form[name], error: errors[name], onValues: (/** @type {string[]} */ values) => change(name, values) }),
  };

  return html`
    <${Dialog} side title=${record ? kind.name(record) : `New ${kind.noun}`} onClose=${close}>
      ${record &&
      tabs.length > 0 &&
      html`<div class="tabs panel-tabs" role="group" aria-label="Parts of this ${kind.noun}">
        ${[{ id: "", label: "Details" }, ...tabs].map(
          ({ id, label }) => html`<button type="button" key=${id} aria-pressed=${String(id === (beside?.id ?? ""))} onClick=${() => onTab?.(id)}>
            ${label}${id === "" && beside && changes.length > 0 && html`<span class="unsaved" title="Not saved yet"><span class="visually-hidden"> (not saved yet)</span></span>`}
          </button>`,
        )}
      </div>`}
      ${beside &&
      html`<div class="dialog-content" key=${beside.id}>${beside.content(drawn)}</div>
        <footer class="dialog-footer"><${Button} onClick=${close}>Close<//></footer>`}
      <form
        ref=${element}
        hidden=${Boolean(beside)}
        novalidate
        onSubmit=${(/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          if (!busy) save(loaded);
        }}
      >
        <div class="dialog-content">
          <${Problem} text=${problem} />
          ${conflict && html`<${Conflict} kind=${kind} base=${base} latest=${toForm(conflict.record)} onTheirs=${takeTheirs} onMine=${saveMine} />`}
          ${fields(drawn)}
        </div>
        <footer class="dialog-footer">
          ${record && html`<${Button} kind="quiet-danger" icon="trash" onClick=${() => setAsking("delete")}>Delete<//>`}
          <span class="spring"></span>
          <${Button} onClick=${close}>Cancel<//>
          <${Button} kind="primary" type="submit" busy=${busy}>${record ? "Save" : `Add ${kind.noun}`}<//>
        </footer>
      </form>
    <//>
    ${asking === "discard" &&
    html`<${Confirm} title="Discard your changes?" action="Discard changes" keep="Keep editing" onConfirm=${async () => onClose()} onClose=${() => setAsking("")}>
      <p>${changes.map(fieldLabel).join(", ")} ${changes.length === 1 ? "has" : "have"} not been saved.</p>
    <//>`}
    ${asking === "delete" &&
    record &&
    html`<${Confirm}
      title="Delete “${kind.name(record)}”?"
      action="Delete ${kind.noun}"
      onConfirm=${async () => {
        await call("DELETE", `${kind.path}/${record.id}`);
        tellDone(`Deleted “${kind.name(record)}”.`);
        onChanged(record.id, null);
      }}
      onClose=${() => setAsking("")}
    >
      <p>${kind.deletion}</p>
    <//>`}
  `;
}

/**
 * @param {{kind: RecordKind, base: Form, latest: Form, onTheirs: () => void, onMine: () => void}} props
 */
function Conflict({ kind, base, latest, onTheirs, onMine }) {
  const theirs = kind.form.changedFields(latest, base);
  return html`<${Problem} text="Somebody else changed this ${kind.noun} while you were editing.">
    ${theirs.length > 0 &&
    html`<ul>
      ${theirs.map((name) => html`<li key=${name}>${kind.form.fieldLabel(name)}: ${kind.form.fieldText(name, base[name])} → <strong>${kind.form.fieldText(name, latest[name])}</strong></li>`)}
    </ul>`}
    <div class="problem-actions">
      <${Button} onClick=${onTheirs}>Load the new version<//>
      <${Button} kind="quiet" onClick=${onMine}>Save my changes onto it<//>
    </div>
  <//>`;
}
