// Dialogs on the browser's own <dialog>: focus stays inside, the page behind is inert, focus goes
// back to where it was. Closing is the owner's decision: `onClose` is a request, not a fact.

import { classes, html, useEffect, useId, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/**
 * @param {object} props
 * @param {string} props.title
 * @param {() => void} props.onClose  Asked for by Esc, the close button or a press outside.
 * @param {boolean} [props.side]  A panel at the side instead of a box in the middle.
 * @param {any} props.children
 */
export function Dialog({ title, onClose, side = false, children }) {
  const titleId = useId();
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const pressedOutside = useRef(false);

  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    onClose();
  };

  return html`
    <dialog
      ref=${element}
      class=${classes("dialog", side && "side")}
      aria-labelledby=${titleId}
      onKeyDown=${onKeyDown}
      onCancel=${(/** @type {Event} */ event) => {
        if (event.target !== element.current) return;
        event.preventDefault();
        onClose();
      }}
      onPointerDown=${(/** @type {PointerEvent} */ event) => (pressedOutside.current = event.target === element.current)}
      onClick=${(/** @type {MouseEvent} */ event) => {
        if (pressedOutside.current && event.target === element.current) onClose();
      }}
    >
      <div class="dialog-body">
        <header class="dialog-header">
          <h2 id=${titleId}>${title}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick=${onClose}><${Icon} name="close" /></button>
        </header>
        ${children}
      </div>
    </dialog>
  `;
}

/**
 * Asks once before something that cannot be taken back.
 * @param {object} props
 * @param {string} props.title  The question.
 * @param {string} [props.keep]  What the other button says.
 * @param {string} props.action  What the button does, e.g. "Delete product".
 * @param {"danger" | "primary"} [props.kind]  `primary` where nothing is lost.
 * @param {() => Promise<void>} props.onConfirm  May throw: the message is shown and the dialog stays.
 * @param {() => void} props.onClose
 * @param {any} [props.children]  What will happen.
 */
export function Confirm({ title, keep = "Keep it", action, kind = "danger", onConfirm, onClose, children }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const confirm = async () => {
    setBusy(true);
    setError("");
    try {
      await onConfirm();
    } catch (failure) {
      setError(/** @type {Error} */ (failure).message);
      setBusy(false);
    }
  };
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <div class="dialog-content">
        ${children}
        <${Problem} text=${error} />
      </div>
      <footer class="dialog-footer">
        <${Button} onClick=${onClose} autofocus>${keep}<//>
        <${Button} kind=${kind} busy=${busy} onClick=${confirm}>${action}<//>
      </footer>
    <//>
  `;
}

/**
 * A refusal, announced when it appears.
 * @param {{text: string, children?: any}} props
 */
export function Problem({ text, children }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (text) box.current?.scrollIntoView({ block: "nearest" });
  }, [text]);
  return html`<div role="alert" ref=${box}>
    ${text && html`<div class="problem"><${Icon} name="warning" /><div><p>${text}</p>${children}</div></div>`}
  </div>`;
}
