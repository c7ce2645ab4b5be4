// Another name or place for a category: all its products move, and those below it.

import { ApiError, call, LONG_MS, newIdempotencyKey } from "../lib/api.js";
import { categoryLabel, counted } from "../lib/format.js";
import { tellDone } from "../lib/toast.js";
import { html, useId, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Dialog, Problem } from "./dialog.js";
import { TextField } from "./field.js";

/**
 * @param {object} props
 * @param {string} props.path
 * @param {string[]} props.others  For completion.
 * @param {(path: string) => void} props.onRenamed
 * @param {() => void} props.onClose
 */
export function RenameCategory({ path, others, onRenamed, onClose }) {
  const id = useId();
  const [name, setName] = useState(path);
  const [error, setError] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const idempotencyKey = useRef("");

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    const to = name.trim().replace(/\s*\/\s*/g, "/");
    if (busy) return;
    if (!to) return setError("Please fill this in.");
    if (to === path) return onClose();
    setBusy(true);
    setProblem("");
    try {
      idempotencyKey.current ||= newIdempotencyKey();
      const { data } = await call("POST", "/categories/rename", { body: { from: path, to }, idempotencyKey: idempotencyKey.current, timeoutMs: LONG_MS });
      tellDone(`${counted(data.changed, "product")} moved to “${categoryLabel(to)}”.`);
      onRenamed(to);
    } catch (failure) {
      const fields = failure instanceof ApiError ? failure.fields : {};
      const wrong = fields.to ?? fields.from;
      setError(wrong ?? "");
      setProblem(wrong ? "" : /** @type {Error} */ (failure).message);
      setBusy(false);
    }
  };

  return html`<${Dialog} title="Rename the category" onClose=${onClose}>
    <form onSubmit=${submit} novalidate>
      <div class="dialog-content">
        <${Problem} text=${problem} />
        <${TextField}
          label="Category"
          name="to"
          value=${name}
          error=${error}
          list=${id}
          autofocus
          maxlength="200"
          hint="Levels with a slash. The name of another category puts both together. Promotions of it go along."
          onValue=${(/** @type {string} */ value) => {
            setName(value);
            setError("");
            idempotencyKey.current = "";
          }}
        />
        <datalist id=${id}>${others.map((other) => html`<option key=${other} value=${other}></option>`)}</datalist>
      </div>
      <footer class="dialog-footer">
        <${Button} onClick=${onClose}>Cancel<//>
        <${Button} kind="primary" type="submit" busy=${busy}>Rename<//>
      </footer>
    </form>
  <//>`;
}
