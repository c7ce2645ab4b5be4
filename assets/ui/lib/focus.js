// Where the focus goes when what had it is gone: a row that was deleted, a button whose work is
// done. Left alone it would fall back to the whole page, and a keyboard would start again at its top.

/** @type {Element | null} */
let last = null;

/** Watches the whole page; called once. */
export function keepFocus() {
  addEventListener("focusin", (event) => {
    last = /** @type {Element} */ (event.target);
  });
  new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    last = null;
    const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
    const home = /** @type {HTMLElement | null} */ (dialog ? dialog.querySelector(".dialog-header h2") : document.querySelector("main h1"));
    // Not in the markup: a dialog that opens would take it for its first control.
    if (home) home.tabIndex = -1;
    home?.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
}
