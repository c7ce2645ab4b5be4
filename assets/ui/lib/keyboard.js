// Keys that work on every screen: `/` to the search, `g` and a letter to another screen, `?` for
// the list of them. Nothing happens while somebody types or a dialog is open.

import { navigate } from "./router.js";
import { screensFor } from "./screens.js";
import { session } from "./session.js";
import { signal } from "./ui.js";

const SEQUENCE_MS = 1_500;

/** Whether the list of keys is open. */
export const helpOpen = signal(false);

let goPressedAt = -Infinity;

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Listens on the whole page; called once. */
export function listenForKeys() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const follows = event.timeStamp - goPressedAt < SEQUENCE_MS;
    goPressedAt = event.key === "g" && !follows ? event.timeStamp : -Infinity;
    const screen = follows ? screensFor(session.peek().user).find(({ key }) => key === event.key) : undefined;
    if (screen) navigate(screen.hash);
    else if (event.key === "/") focusSearch();
    else if (event.key === "?") helpOpen.value = true;
    else if (event.key === "n") document.querySelector(/** @type {"button"} */ ("[data-key='n']"))?.click();
    else return;
    event.preventDefault();
  });
}

function focusSearch() {
  const search = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-search]"));
  if (!search) {
    navigate("#/products?focus=search");
    return;
  }
  search.focus();
  search.select();
}

/**
 * Lets the arrow keys move between the rows of a list; for `onKeyDown` of the list.
 * @param {KeyboardEvent} event
 */
export function moveBetweenRows(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const rows = [.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-row]"))];
  const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = rows[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
