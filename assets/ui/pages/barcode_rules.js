// Barcodes with an item and a weight or a price inside: the rules that read them, and a place to
// try a code before a shopper does.

import { Button } from "../components/button.js";
import { CatalogueTabs } from "../components/catalogue_tabs.js";
import { CodeDigits, Legend, Reading } from "../components/code_reading.js";
import { Problem } from "../components/dialog.js";
import { focusFirstError, TextField } from "../components/field.js";
import { Icon } from "../components/icon.js";
import { Empty, Failed, Page, Skeleton } from "../components/page.js";
import { ApiError, call, get } from "../lib/api.js";
import { PATTERN_LENGTH, patternParts, patternProblem, RULES_MAX } from "../lib/barcode_rules.js";
import { useResource } from "../lib/resource.js";
import { isAdmin, session } from "../lib/session.js";
import { tellDone } from "../lib/toast.js";
import { html, useEffect, useId, useRef, useState } from "../lib/ui.js";

/** @import { BarcodeRule, CodeReading } from "../lib/types.js" */

/** @typedef {{rules: BarcodeRule[], etag: string | null}} Loaded */

const CODE_MAX = 128;

export function BarcodeRulesPage() {
  const loaded = useResource(load, []);
  const { data, error } = loaded;
  return html`<${Page} title="Barcode rules">
    <${CatalogueTabs} current="codes" />
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${loaded.reload} />`
      : !data
        ? html`<${Skeleton} lines=${8} />`
        : html`<${Rules} first=${data} />`}
  <//>`;
}

/**
 * @param {AbortSignal} [signal]
 * @returns {Promise<Loaded>}
 */
async function load(signal) {
  const { data, etag } = await get("/barcode-rules", { signal });
  return { rules: data.rules, etag: etag ?? versionTag(data.version) };
}

/** @param {number | undefined} version */
function versionTag(version) {
  return version === undefined ? null : `"${version}"`;
}

/** @param {{first: Loaded}} props */
function Rules({ first }) {
  const admin = isAdmin(session.value.user);
  const [loaded, setLoaded] = useState(first);
  const [rules, setRules] = useState(first.rules);
  const [errors, setErrors] = useState(/** @type {Record<number, string>} */ ({}));
  const [problem, setProblem] = useState("");
  const [conflict, setConflict] = useState(/** @type {Loaded | null} */ (null));
  const [busy, setBusy] = useState(false);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const changed = JSON.stringify(rules) !== JSON.stringify(loaded.rules);

  useEffect(() => {
    if (!changed) return;
    const ask = (/** @type {Event} */ event) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [changed]);

  /** @param {BarcodeRule[]} next */
  const edit = (next) => {
    setRules(next);
    setErrors({});
  };
  /** @param {Record<number, string>} wrong */
  const refuse = (wrong) => {
    setErrors(wrong);
    focusFirstError(form.current);
  };
  const change = (/** @type {number} */ index, /** @type {Partial<BarcodeRule>} */ part) => edit(rules.map((rule, other) => (other === index ? { ...rule, ...part } : rule)));
  const move = (/** @type {number} */ index, /** @type {number} */ by) => {
    const others = rules.filter((_, other) => other !== index);
    edit([...others.slice(0, index + by), rules[index], ...others.slice(index + by)]);
  };
  const add = () => {
    edit([...rules, { pattern: "", strict_check_digit: true }]);
    requestAnimationFrame(() => /** @type {HTMLElement | null | undefined} */ (form.current?.querySelector(".rule:last-of-type input"))?.focus());
  };

  /** @param {Loaded} onto */
  const save = async (onto) => {
    /** @type {Record<number, string>} */
    const wrong = {};
    rules.forEach(({ pattern }, index) => {
      const why = patternProblem(pattern, rules.slice(0, index).map((rule) => rule.pattern));
      if (why) wrong[index] = why;
    });
    setProblem("");
    if (Object.keys(wrong).length) return refuse(wrong);
    setBusy(true);
    try {
      const { data, etag } = await call("PUT", "/barcode-rules", { body: { rules }, etag: onto.etag });
      setLoaded({ rules: data.rules, etag: etag ?? versionTag(data.version) });
      setRules(data.rules);
      setErrors({});
      tellDone("Saved. The next scan is read by these rules.");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 412) {
        const latest = await load().catch(() => null);
        if (latest) return setConflict(latest);
      }
      const named = error.errors.map(({ field, message }) => ({ index: Number(/\[(\d+)\]/.exec(field)?.[1] ?? -1), message })).filter(({ index }) => index >= 0);
      setProblem(named.length ? "" : error.message);
      refuse(Object.fromEntries(named.map(({ index, message }) => [index, message])));
    } finally {
      setBusy(false);
    }
  };

  const takeTheirs = () => {
    if (!conflict) return;
    setLoaded(conflict);
    edit(conflict.rules);
    setConflict(null);
  };
  const saveMine = () => {
    if (!conflict) return;
    setLoaded(conflict);
    setConflict(null);
    save(conflict);
  };

  return html`<div class="rules-grid">
    <form
      class="card flush rules"
      ref=${form}
      novalidate
      aria-label="Rules"
      onSubmit=${(/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        if (!busy && changed) save(loaded);
      }}
    >
      <div class="rules-about">
        <p>Labels from the scale carry an item and its weight or price. A rule says which of the ${PATTERN_LENGTH} digits means what; the first one that fits reads the code. The item is the product’s PLU; V passes a digit over.</p>
        <${Legend} parts=${["fixed", "item", "weight", "price", "check"]} />
        ${!admin && html`<p class="note reason"><${Icon} name="lock" /><span>Administrators change these rules. You can try codes.</span></p>`}
        <${Problem} text=${problem} />
        ${conflict &&
        html`<${Problem} text="Somebody else changed these rules meanwhile.">
          <div class="problem-actions">
            <${Button} onClick=${takeTheirs}>Load the new version<//>
            <${Button} kind="quiet" onClick=${saveMine}>Save mine in its place<//>
          </div>
        <//>`}
      </div>
      ${rules.length === 0
        ? html`<${Empty} icon="barcode" title="No rules"><p>Codes with a weight or a price inside are not read.</p><//>`
        : html`<ol class="rule-list">
            ${rules.map(
              (rule, index) => html`<${Rule}
                key=${index}
                rule=${rule}
                index=${index}
                last=${index === rules.length - 1}
                error=${errors[index]}
                fixed=${!admin}
                onChange=${(/** @type {Partial<BarcodeRule>} */ part) => change(index, part)}
                onMove=${(/** @type {number} */ by) => move(index, by)}
                onRemove=${() => edit(rules.filter((_, other) => other !== index))}
              />`,
            )}
          </ol>`}
      ${admin &&
      html`<footer class="rules-foot">
        <${Button} kind="quiet" icon="plus" data-key="n" onClick=${add} disabled=${rules.length >= RULES_MAX}>Add a rule<//>
        <span class="spring"></span>
        <${Button} onClick=${() => edit(loaded.rules)} disabled=${!changed}>Discard<//>
        <${Button} kind="primary" type="submit" busy=${busy} disabled=${busy || !changed}>Save<//>
      </footer>`}
    </form>
    <${Tester} rules=${changed ? rules : null} />
  </div>`;
}

/**
 * @param {{rule: BarcodeRule, index: number, last: boolean, error?: string, fixed: boolean,
 *   onChange: (part: Partial<BarcodeRule>) => void, onMove: (by: number) => void, onRemove: () => void}} props
 */
function Rule({ rule, index, last, error, fixed, onChange, onMove, onRemove }) {
  const id = useId();
  const parts = patternParts(rule.pattern);
  const name = `rule ${index + 1}`;
  if (fixed) {
    return html`<li class="rule">
      <span class="rule-number number">${index + 1}</span>
      <div class="rule-body">
        <${CodeDigits} parts=${[...rule.pattern].map((digit, at) => ({ digit, part: parts[at] }))} label=${rule.pattern} />
        <span class="detail">${rule.strict_check_digit ? "The check digit must be right." : "The check digit is not looked at."}</span>
      </div>
    </li>`;
  }
  return html`<li class="rule">
    <span class="rule-number number">${index + 1}</span>
    <div class="rule-body">
      <div class="control">
        <input
          type="text"
          class="mono"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck=${false}
          maxlength=${PATTERN_LENGTH}
          aria-label="Pattern of ${name}"
          placeholder="21IIIIIWWWWWC"
          value=${rule.pattern}
          aria-invalid=${error ? "true" : undefined}
          aria-describedby=${error ? `${id}-note` : undefined}
          onInput=${(/** @type {InputEvent} */ event) => onChange({ pattern: /** @type {HTMLInputElement} */ (event.currentTarget).value.toUpperCase().replace(/[^0-9IWPVC]/g, "") })}
        />
      </div>
      ${rule.pattern && html`<${CodeDigits} parts=${[...rule.pattern].map((digit, at) => ({ digit, part: parts[at] }))} label="The pattern ${rule.pattern}" />`}
      <label class="check">
        <input type="checkbox" checked=${rule.strict_check_digit} onChange=${() => onChange({ strict_check_digit: !rule.strict_check_digit })} />
        The check digit must be right
      </label>
      ${error && html`<p class="note error" id="${id}-note">${error}</p>`}
    </div>
    <div class="rule-acts">
      <button type="button" class="icon-button" aria-label="Move ${name} up" disabled=${index === 0} onClick=${() => onMove(-1)}><${Icon} name="up" /></button>
      <button type="button" class="icon-button" aria-label="Move ${name} down" disabled=${last} onClick=${() => onMove(1)}><${Icon} name="down" /></button>
      <button type="button" class="icon-button" aria-label="Remove ${name}" onClick=${onRemove}><${Icon} name="trash" /></button>
    </div>
  </li>`;
}

/** @param {{rules: BarcodeRule[] | null}} props  Rules that are not saved yet; `null` for those in force. */
function Tester({ rules }) {
  const [text, setText] = useState("");
  const [reading, setReading] = useState(/** @type {CodeReading | null} */ (null));
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const input = useRef(/** @type {HTMLFormElement | null} */ (null));

  /** @param {string} code */
  const test = async (code) => {
    if (!code) return setError("Scan or type a code.");
    setBusy(true);
    setError("");
    try {
      const { data } = await call("POST", "/barcode-rules/test", { body: { code, ...(rules ? { rules } : {}) } });
      setReading(data);
    } catch (failure) {
      setReading(null);
      const fields = failure instanceof ApiError ? failure.fields : {};
      setError(fields.rules ? `The rules on this page: ${fields.rules}` : (fields.code ?? /** @type {Error} */ (failure).message));
    } finally {
      setBusy(false);
      // The next scan takes the place of this one.
      /** @type {HTMLInputElement | null | undefined} */ (input.current?.querySelector("input"))?.select();
    }
  };

  return html`<section class="card tester" aria-labelledby="tester">
    <header class="card-header"><h2 id="tester">Try a code</h2>${rules && html`<span class="badge warning">With unsaved rules</span>`}</header>
    <form
      ref=${input}
      novalidate
      onSubmit=${(/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        if (!busy) test(text.trim());
      }}
    >
      <${TextField}
        label="Code"
        name="code"
        data-search
        value=${text}
        inputmode="numeric"
        spellcheck=${false}
        maxlength=${CODE_MAX}
        placeholder="2112345015002"
        error=${error}
        hint="Scan it, or type it and press Enter."
        onValue=${(/** @type {string} */ value) => {
          setText(value);
          setError("");
        }}
      />
      <${Button} type="submit" busy=${busy}>Test<//>
    </form>
    <div role="status">${reading && html`<${Reading} reading=${reading} />`}</div>
  </section>`;
}
