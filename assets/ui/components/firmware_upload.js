// Brings in an image of firmware; what is wrong with it is said at its field.

import { ApiError, call } from "../lib/api.js";
import { IMAGE_MAX_BYTES, imageProblem, refusedFields, versionIn } from "../lib/firmware.js";
import { sizeText } from "../lib/imports.js";
import { tellDone } from "../lib/toast.js";
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Dialog, Problem } from "./dialog.js";
import { focusFirstError, TextField } from "./field.js";
import { FilePicker } from "./file_picker.js";
import { Icon } from "./icon.js";

/** @import { Device } from "../lib/types.js" */

const VERSION_MAX = 40;
const CHIP_MAX = 32;
const NOTES_MAX = 1_000;

/** @param {{devices: Device[], onUploaded: () => void, onClose: () => void}} props */
export function FirmwareUpload({ devices, onUploaded, onClose }) {
  const chips = [...new Set(devices.flatMap(({ chip, revoked }) => (chip && !revoked ? [chip] : [])))].sort();
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [version, setVersion] = useState("");
  const [chip, setChip] = useState("");
  const [notes, setNotes] = useState("");
  const [errors, setErrors] = useState(/** @type {Record<string, string>} */ ({}));
  const [problem, setProblem] = useState("");
  const [sent, setSent] = useState(/** @type {number | null} */ (null));
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const running = useRef(/** @type {AbortController | null} */ (null));
  const listId = useId();
  const busy = sent !== null;

  useEffect(() => () => running.current?.abort(), []);
  useLayoutEffect(() => {
    if (file && !errors.file) /** @type {HTMLInputElement | null | undefined} */ (form.current?.querySelector("input[name='version']"))?.focus();
  }, [file]);

  /** @param {File | undefined} chosen */
  const choose = async (chosen) => {
    if (!chosen) return;
    const [first] = new Uint8Array(await chosen.slice(0, 1).arrayBuffer());
    const wrong = imageProblem(chosen, first);
    setErrors(({ file: _, ...others }) => (wrong ? { ...others, file: wrong } : others));
    setFile(wrong ? null : chosen);
    if (!wrong) setVersion((typed) => typed || versionIn(chosen.name));
  };

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    /** @type {Record<string, string>} */
    const wrong = {};
    if (!file) wrong.file = errors.file ?? "Choose the image.";
    if (!version.trim()) wrong.version = "Please fill this in.";
    setErrors(wrong);
    setProblem("");
    if (!file || Object.keys(wrong).length) return focusFirstError(form.current);
    const controller = new AbortController();
    running.current = controller;
    setSent(0);
    try {
      // Named for what it is: a browser may take the file's ending for something else.
      const image = new Blob([file], { type: "application/octet-stream" });
      await call("POST", "/firmware", { file: image, query: { version: version.trim(), chip: chip.trim(), notes: notes.trim() }, onProgress: setSent, signal: controller.signal });
      tellDone(`Uploaded ${version.trim()}. No trolley gets it before you say so.`);
      onUploaded();
      onClose();
    } catch (error) {
      if (controller.signal.aborted) return;
      const fields = error instanceof ApiError ? refusedFields(error) : {};
      setErrors(fields);
      setProblem(Object.keys(fields).length ? "" : /** @type {Error} */ (error).message);
      focusFirstError(form.current);
    }
    setSent(null);
  };

  return html`<${Dialog} title="Upload an image" onClose=${onClose}>
    <form ref=${form} novalidate onSubmit=${submit}>
      <div class="dialog-content">
        <div class="field">
          ${file
            ? html`<div class="file-name">
                <${Icon} name="devices" />
                <div><strong class="clip">${file.name}</strong><span class="detail">${sizeText(file.size)}</span></div>
                <label class="button">
                  <input type="file" class="visually-hidden" accept=".bin,application/octet-stream" onChange=${(/** @type {Event} */ event) => choose(/** @type {HTMLInputElement} */ (event.currentTarget).files?.[0])} />
                  Other file
                </label>
              </div>`
            : html`<${FilePicker} accept=".bin,application/octet-stream" icon="upload" onFiles=${(/** @type {FileList} */ files) => choose(files[0])}>
                <strong>Drop the image here, or <span class="linked">choose a file</span></strong>
                <span class="muted">The application’s .bin, at most ${sizeText(IMAGE_MAX_BYTES)}.</span>
              <//>`}
          ${errors.file && html`<p class="note error" role="alert">${errors.file}</p>`}
        </div>
        <div class="pair">
          <${TextField} label="Version" name="version" value=${version} onValue=${setVersion} error=${errors.version} maxlength=${VERSION_MAX} placeholder="1.4.0" hint="As the firmware says it itself." />
          <${TextField} label="Chip" name="chip" value=${chip} onValue=${setChip} error=${errors.chip} maxlength=${CHIP_MAX} list=${listId} placeholder="ESP32-S3" hint="Empty: what the image says." />
          <datalist id=${listId}>${chips.map((each) => html`<option key=${each} value=${each} />`)}</datalist>
        </div>
        <${TextField} label="Notes" name="notes" value=${notes} onValue=${setNotes} error=${errors.notes} maxlength=${NOTES_MAX} multiline hint="What is new. It may stay empty." />
        ${busy && html`<div class="upload-progress" role="status"><progress max="1" value=${sent}></progress><span class="number muted">${sent < 1 ? `${Math.round(sent * 100)} %` : "Checking…"}</span></div>`}
        <${Problem} text=${problem} />
      </div>
      <footer class="dialog-footer">
        <${Button} onClick=${onClose}>Cancel<//>
        <${Button} kind="primary" type="submit" busy=${busy}>Upload<//>
      </footer>
    </form>
  <//>`;
}
