// How a trolley's hardware speaks and how often it is expected to.

import { ApiError, call } from "../lib/api.js";
import { deviceForm } from "../lib/device_form.js";
import { tellDone } from "../lib/toast.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { Button, Segmented } from "./button.js";
import { Problem } from "./dialog.js";
import { focusFirstError, SwitchField, TextField } from "./field.js";

/** @import { Device } from "../lib/types.js" */
/** @import { Form } from "../lib/form.js" */

const NAME_MAX = 60;
const SIGNED_HINT =
  "The board signs each request with its key instead of sending the key: nobody on the shop’s network can read the key and use it. The board’s firmware must be able to sign; one that cannot is refused from then on.";

/**
 * @param {object} props
 * @param {Device} props.device
 * @param {(unsaved: boolean) => void} props.onUnsaved
 * @param {() => void} props.onSaved
 * @param {() => void} props.onClose
 */
export function TrolleySettings({ device, onUnsaved, onSaved, onClose }) {
  const { toForm, changedFields, fieldLabel, toRequest } = deviceForm;
  const [base, setBase] = useState(() => toForm(device));
  const [form, setForm] = useState(base);
  const [errors, setErrors] = useState(/** @type {Record<string, string>} */ ({}));
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const element = useRef(/** @type {HTMLFormElement | null} */ (null));
  const changes = changedFields(form, base);

  useLayoutEffect(() => element.current?.querySelector("input")?.focus(), []);
  useEffect(() => onUnsaved(changes.length > 0), [changes.length > 0]);
  useEffect(() => () => onUnsaved(false), []);

  /**
   * @param {string} name
   * @param {Form[string]} value
   */
  const change = (name, value) => {
    setForm((before) => ({ ...before, [name]: value }));
    setErrors(({ [name]: _, ...others }) => others);
  };
  const text = (/** @type {string} */ name) => ({
    name,
    label: fieldLabel(name),
    value: form[name],
    error: errors[name],
    onValue: (/** @type {string} */ value) => change(name, value),
  });

  /** @param {SubmitEvent} event */
  const save = async (event) => {
    event.preventDefault();
    if (busy || changes.length === 0) return;
    const { body, errors: wrong } = toRequest(form, changes, 0);
    setErrors(wrong);
    setProblem("");
    if (Object.keys(wrong).length) return focusFirstError(element.current);
    setBusy(true);
    try {
      const { data } = await call("PATCH", `/devices/${device.id}`, { body });
      tellDone(`Saved “${data.name}”.`);
      const saved = toForm(data);
      setBase(saved);
      setForm(saved);
      onSaved();
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : {};
      setErrors(fields);
      setProblem(Object.keys(fields).some((name) => name in form) ? "" : /** @type {Error} */ (error).message);
      focusFirstError(element.current);
    }
    setBusy(false);
  };

  return html`<form ref=${element} novalidate onSubmit=${save}>
    <div class="dialog-content">
      <${Problem} text=${problem} />
      <fieldset>
        <legend>Trolley</legend>
        <${TextField} ...${text("name")} maxlength=${NAME_MAX} hint="What is written on it." />
      </fieldset>
      <fieldset>
        <legend>Board</legend>
        <div class="field">
          <span class="label" aria-hidden="true">${fieldLabel("weight_unit")}</span>
          <${Segmented}
            label=${fieldLabel("weight_unit")}
            value=${/** @type {string} */ (form.weight_unit)}
            onChange=${(/** @type {string} */ unit) => change("weight_unit", unit)}
            options=${[
              { value: "g", label: "Grams" },
              { value: "kg", label: "Kilograms" },
            ]}
          />
          <p class=${errors.weight_unit ? "note error" : "note"}>${errors.weight_unit ?? "What its firmware means by a weight without a unit."}</p>
        </div>
        <${TextField} ...${text("heartbeat_s")} numeric suffix="seconds" hint="When it is silent for twice as long, it counts as offline." />
        <${TextField} ...${text("dedupe_ms")} numeric suffix="seconds" hint="For firmware that does not number its scans: the same one again within this time counts once. 0 counts every scan." />
        <${SwitchField} name="signed_only" label=${fieldLabel("signed_only")} hint=${SIGNED_HINT} checked=${form.signed_only} onValue=${(/** @type {boolean} */ on) => change("signed_only", on)} />
        ${errors.signed_only && html`<p class="note error">${errors.signed_only}</p>`}
      </fieldset>
    </div>
    <footer class="dialog-footer">
      <${Button} onClick=${onClose}>Close<//>
      <${Button} kind="primary" type="submit" busy=${busy} disabled=${busy || changes.length === 0}>Save<//>
    </footer>
  </form>`;
}
