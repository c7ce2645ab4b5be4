// A large place to drop a file on, or to choose one.

import { html, useEffect, useState } from "../lib/ui.js";
import { Icon } from "./icon.js";

/**
 * @param {object} props
 * @param {string} props.accept
 * @param {string} props.icon
 * @param {(files: FileList) => void} props.onFiles
 * @param {any} props.children  What to drop here.
 */
export function FilePicker({ accept, icon, onFiles, children }) {
  const [over, setOver] = useState(false);

  // A file that misses its place must not replace the page.
  useEffect(() => {
    const keep = (/** @type {DragEvent} */ event) => event.preventDefault();
    addEventListener("dragover", keep);
    addEventListener("drop", keep);
    return () => {
      removeEventListener("dragover", keep);
      removeEventListener("drop", keep);
    };
  }, []);

  return html`<label
    class="file-picker"
    data-over=${over ? "" : undefined}
    onDragEnter=${() => setOver(true)}
    onDragOver=${() => setOver(true)}
    onDragLeave=${() => setOver(false)}
    onDrop=${(/** @type {DragEvent} */ event) => {
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer?.files.length) onFiles(event.dataTransfer.files);
    }}
  >
    <input
      type="file"
      class="visually-hidden"
      accept=${accept}
      onChange=${(/** @type {Event} */ event) => {
        const input = /** @type {HTMLInputElement} */ (event.currentTarget);
        if (input.files?.length) onFiles(input.files);
      }}
    />
    <${Icon} name=${icon} />
    <span class="file-picker-words">${children}</span>
  </label>`;
}
