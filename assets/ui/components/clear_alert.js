// Clears an alert, with a word about what it was if one wants to leave one.

import { alertWords } from "../lib/alerts.js";
import { ApiError, call } from "../lib/api.js";
import { tellDone } from "../lib/toast.js";
import { html, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Dialog, Problem } from "./dialog.js";
import { TextField } from "./field.js";

/** @import { Alert } from "../lib/types.js" */

const NOTE_MAX = 500;

/**
 * @param {{alert: Alert, onCleared: (alert: Alert) => void, onStale: () => void, onClose: () => void}} props
 */
export function ClearAlert({ alert, onCleared, onStale, onClose }) {
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [wrong, setWrong] = useState("");
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  useLayoutEffect(() => form.current?.querySelector("input")?.focus(), []);

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem("");
    setWrong("");
    try {
      const { data } = await call("POST", `/alerts/${alert.id}/clear`, { body: note.trim() ? { note: note.trim() } : {} });
      tellDone(`Cleared for ${alert.device_name}.`);
      onCleared(data);
      onClose();
    } catch (error) {
      setBusy(false);
      const refused = error instanceof ApiError ? error : null;
      // Somebody else was faster, or it cleared itself: the list says what holds now.
      if (refused?.status === 404 || refused?.status === 409) onStale();
      setWrong(refused?.fields.note ?? "");
      setProblem(refused?.fields.note ? "" : /** @type {Error} */ (error).message);
    }
  };

  return html`<${Dialog} title="Clear this alert" onClose=${onClose}>
    <form ref=${form} novalidate onSubmit=${submit}>
      <div class="dialog-content">
        <p><strong>${alert.device_name}</strong>: ${alertWords(alert.kind)}.</p>
        <${TextField} label="What it was" name="note" value=${note} onValue=${setNote} error=${wrong} maxlength=${NOTE_MAX} placeholder="The shopper had leaned on the handle" hint="Staff read it among the cleared ones. It may stay empty." />
        <${Problem} text=${problem} />
      </div>
      <footer class="dialog-footer">
        <${Button} onClick=${onClose}>Cancel<//>
        <${Button} kind="primary" type="submit" busy=${busy}>Clear<//>
      </footer>
    </form>
  <//>`;
}
