// The pictures of a product. What is done here counts at once, not with the save: a picture that
// has arrived is the product's. The first one is the main one.

import { ApiError, call, newIdempotencyKey } from "../lib/api.js";
import { sizeText } from "../lib/imports.js";
import { tellFailed } from "../lib/toast.js";
import { classes, html, useEffect, useId, useRef, useState } from "../lib/ui.js";
import { Button } from "./button.js";
import { Confirm } from "./dialog.js";
import { Icon } from "./icon.js";

/** @import { Product } from "../lib/types.js" */

const FILE_MAX_BYTES = 8 * 1024 * 1024;
const ACCEPT = "image/png,image/jpeg,image/webp";

/** @typedef {{key: number, file: File, sent: number, problem: string, idempotencyKey: string}} Upload */

let lastKey = 0;

/**
 * Sends one picture to a product.
 * @param {number} productId
 * @param {File} file
 * @param {{onProgress?: (sent: number) => void, idempotencyKey?: string}} [options]  The same key when it is sent again.
 */
export function sendPicture(productId, file, { onProgress, idempotencyKey = newIdempotencyKey() } = {}) {
  return call("POST", `/products/${productId}/images`, { file, onProgress, idempotencyKey });
}

/**
 * @param {object} props
 * @param {Product | null} props.product  `null`: not made yet, the pictures wait for it.
 * @param {File[]} [props.waiting]  Of a product that is not made yet.
 * @param {(files: File[]) => void} [props.onWaiting]
 * @param {() => Promise<void>} props.onChanged
 */
export function Pictures({ product, waiting = [], onWaiting, onChanged }) {
  const id = useId();
  const [uploads, setUploads] = useState(/** @type {Upload[]} */ ([]));
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [removing, setRemoving] = useState(/** @type {string | null} */ (null));
  const [said, setSaid] = useState("");
  const queue = useRef(Promise.resolve());
  const box = useRef(/** @type {HTMLElement | null} */ (null));

  // A picture that misses its place must not replace the page.
  useEffect(() => {
    const keep = (/** @type {DragEvent} */ event) => event.preventDefault();
    addEventListener("dragover", keep);
    addEventListener("drop", keep);
    return () => {
      removeEventListener("dragover", keep);
      removeEventListener("drop", keep);
    };
  }, []);

  /**
   * @param {number} key
   * @param {Partial<Upload>} change
   */
  const update = (key, change) => setUploads((before) => before.map((upload) => (upload.key === key ? { ...upload, ...change } : upload)));
  const drop = (/** @type {number} */ key) => setUploads((before) => before.filter((upload) => upload.key !== key));

  /** @param {Upload} upload */
  const send = async ({ key, file, idempotencyKey }) => {
    if (!product) return;
    try {
      await sendPicture(product.id, file, { onProgress: (sent) => update(key, { sent }), idempotencyKey });
      await onChanged();
      drop(key);
      setSaid(`${file.name} is there.`);
    } catch (error) {
      update(key, { sent: 0, problem: error instanceof ApiError ? error.message : String(error) });
    }
  };

  /** @param {Iterable<File>} files */
  const add = (files) => {
    const chosen = [...files];
    if (chosen.length === 0) return;
    const fitting = chosen.filter(({ size }) => size <= FILE_MAX_BYTES);
    const tooBig = chosen.find(({ size }) => size > FILE_MAX_BYTES);
    setProblem(tooBig ? `${tooBig.name} has ${sizeText(tooBig.size)}: a picture has at most ${sizeText(FILE_MAX_BYTES)}.` : "");
    if (!product) {
      onWaiting?.([...waiting, ...fitting]);
      return;
    }
    const added = fitting.map((file) => ({ key: (lastKey += 1), file, sent: 0, problem: "", idempotencyKey: newIdempotencyKey() }));
    setUploads((before) => [...before, ...added]);
    // One after the other: they keep the order in which they were chosen.
    for (const upload of added) queue.current = queue.current.then(() => send(upload));
  };

  /**
   * @param {number} from
   * @param {number} to
   */
  const move = async (from, to) => {
    if (!product) {
      onWaiting?.(moved(waiting, from, to));
      return;
    }
    setBusy(true);
    try {
      await call("PATCH", `/products/${product.id}`, { body: { images: moved(product.images, from, to) } });
      await onChanged();
      setSaid(to === 0 ? "This is the main picture now." : `Moved to place ${to + 1}.`);
      requestAnimationFrame(() => focusIn(to, from < to ? "later" : "earlier"));
    } catch (error) {
      tellFailed(error);
    } finally {
      setBusy(false);
    }
  };

  /**
   * @param {number} index
   * @param {string} direction
   */
  const focusIn = (index, direction) => {
    const tile = box.current?.querySelectorAll(".picture")[index];
    const buttons = /** @type {NodeListOf<HTMLButtonElement> | undefined} */ (tile?.querySelectorAll(`[data-move="${direction}"]:not(:disabled), [data-move]:not(:disabled)`));
    buttons?.[0]?.focus();
  };

  const shown = product
    ? product.images.map((image, index) => ({ key: image, source: product.thumbnails?.[index] ?? (image.startsWith("/misc/") ? image : null), href: image, name: `Picture ${index + 1}` }))
    : waiting.map((file, index) => ({ key: `${file.name}-${file.size}-${index}`, source: null, href: null, name: file.name, file }));
  const none = shown.length === 0 && uploads.length === 0;

  return html`<div
    class="pictures-field"
    role="group"
    aria-labelledby=${id}
    data-over=${over ? "" : undefined}
    ref=${box}
    onDragEnter=${(/** @type {DragEvent} */ event) => hasFiles(event) && setOver(true)}
    onDragOver=${(/** @type {DragEvent} */ event) => hasFiles(event) && setOver(true)}
    onDragLeave=${(/** @type {DragEvent} */ event) => {
      if (!box.current?.contains(/** @type {Node | null} */ (event.relatedTarget))) setOver(false);
    }}
    onDrop=${(/** @type {DragEvent} */ event) => {
      event.preventDefault();
      setOver(false);
      add(event.dataTransfer?.files ?? []);
    }}
  >
    <span class="label" id=${id}>Pictures</span>
    <ul class="pictures" aria-busy=${String(busy)}>
      ${shown.map(
        (picture, index) => html`<${Picture}
          key=${picture.key}
          ...${picture}
          main=${index === 0}
          first=${index === 0}
          last=${index === shown.length - 1}
          busy=${busy}
          onMove=${(/** @type {number} */ by) => move(index, index + by)}
          onRemove=${() => (product ? setRemoving(product.images[index]) : onWaiting?.(waiting.filter((_, other) => other !== index)))}
        />`,
      )}
      ${uploads.map(
        (upload) => html`<li class="picture uploading" key=${upload.key} data-failed=${upload.problem ? "" : undefined}>
          <div class="frame"><${Preview} file=${upload.file} /></div>
          ${upload.problem
            ? html`<div class="picture-acts">
                <${Button}
                  kind="quiet"
                  onClick=${() => {
                    update(upload.key, { problem: "" });
                    queue.current = queue.current.then(() => send(upload));
                  }}
                >Retry<//>
                <button type="button" class="icon-button" aria-label="Forget ${upload.file.name}" onClick=${() => drop(upload.key)}><${Icon} name="close" /></button>
              </div>`
            : html`<progress max="1" value=${upload.sent < 1 ? upload.sent : undefined} aria-label="Sending ${upload.file.name}"></progress>`}
        </li>`,
      )}
      <li class=${classes("add-picture", none && "alone")}>
        <label>
          <input
            type="file"
            class="visually-hidden"
            accept=${ACCEPT}
            multiple
            onChange=${(/** @type {Event} */ event) => {
              const input = /** @type {HTMLInputElement} */ (event.currentTarget);
              add(input.files ?? []);
              input.value = "";
            }}
          />
          <${Icon} name=${none ? "picture" : "plus"} />
          <span>${none ? html`Drop pictures here, or <span class="linked">choose files</span>` : "Add"}</span>
        </label>
      </li>
    </ul>
    <p class="note">${none ? "PNG, JPEG or WebP, at most 8 MiB each. " : ""}${product ? "A picture is saved at once." : "They are sent when the product is added."}</p>
    <div role="alert">
      ${(problem || uploads.some((upload) => upload.problem)) &&
      html`<p class="note error">${problem || uploads.filter((upload) => upload.problem).map(({ file, problem: why }) => `${file.name}: ${why}`).join(" ")}</p>`}
    </div>
    <span class="visually-hidden" role="status">${said}</span>
    ${removing &&
    product &&
    html`<${Confirm}
      title="Remove this picture?"
      action="Remove picture"
      onConfirm=${async () => {
        await call("DELETE", `/products/${product.id}/images/${encodeURIComponent(removing.split("/").at(-1) ?? "")}`);
        await onChanged();
        setRemoving(null);
        setSaid("The picture is removed.");
      }}
      onClose=${() => setRemoving(null)}
    >
      <p>Shoppers and trolleys see the product without it from now on.</p>
    <//>`}
  </div>`;
}

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/**
 * @template T
 * @param {T[]} list
 * @param {number} from
 * @param {number} to
 * @returns {T[]}
 */
function moved(list, from, to) {
  const others = list.filter((_, index) => index !== from);
  return [...others.slice(0, to), list[from], ...others.slice(to)];
}

/**
 * @param {{source: string | null, href: string | null, name: string, file?: File, main: boolean, first: boolean, last: boolean, busy: boolean,
 *   onMove: (by: number) => void, onRemove: () => void}} props
 */
function Picture({ source, href, name, file, main, first, last, busy, onMove, onRemove }) {
  const shown = file ? html`<${Preview} file=${file} />` : html`<${Thumbnail} source=${source} />`;
  return html`<li class="picture">
    ${href ? html`<a class="frame" href=${href} target="_blank" rel="noopener" aria-label="${name}, in full size">${shown}</a>` : html`<div class="frame" title=${name}>${shown}</div>`}
    ${main && html`<span class="badge accent">Main</span>`}
    <div class="picture-acts">
      ${!(first && last) &&
      html`<button type="button" class="icon-button" data-move="earlier" aria-label="Move ${name} to the left" disabled=${first || busy} onClick=${() => onMove(-1)}><${Icon} name="left" /></button>
      <button type="button" class="icon-button" data-move="later" aria-label="Move ${name} to the right" disabled=${last || busy} onClick=${() => onMove(1)}><${Icon} name="right" /></button>`}
      <button type="button" class="icon-button" aria-label="Remove ${name}" disabled=${busy} onClick=${onRemove}><${Icon} name="trash" /></button>
    </div>
  </li>`;
}

/**
 * A small picture, or a quiet box where there is none.
 * @param {{source: string | null | undefined}} props
 */
export function Thumbnail({ source }) {
  const [broken, setBroken] = useState("");
  if (!source || broken === source) return html`<span class="thumbnail none"><${Icon} name="picture" /></span>`;
  return html`<img class="thumbnail" src=${source} alt="" loading="lazy" decoding="async" onError=${() => setBroken(source)} />`;
}

/** A picture that is still on its way. @param {{file: File}} props */
function Preview({ file }) {
  const [source, setSource] = useState("");
  useEffect(() => {
    const url = URL.createObjectURL(file);
    setSource(url);
    return () => URL.revokeObjectURL(url);
  }, [file]);
  return html`<${Thumbnail} source=${source} />`;
}
