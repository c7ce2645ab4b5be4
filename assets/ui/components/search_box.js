// A search that looks while one types.

import { html, useEffect, useRef, useState } from "../lib/ui.js";
import { Icon } from "./icon.js";

const PAUSE_MS = 150;

/**
 * @param {object} props
 * @param {string} props.label
 * @param {string} props.value  What is searched for now.
 * @param {(value: string) => void} props.onSearch  Called when typing pauses.
 * @param {() => void} [props.onDown]  The arrow down: on to the results.
 */
export function SearchBox({ label, value, onSearch, onDown }) {
  const [text, setText] = useState(value);
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const reported = useRef(value);
  const latestOnSearch = useRef(onSearch);
  latestOnSearch.current = onSearch;

  // The address changed by itself (back, a link): follow it. What this box reported is no news.
  useEffect(() => {
    if (value !== reported.current) setText(value);
    reported.current = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  /** @param {string} next */
  const report = (next) => {
    clearTimeout(timer.current);
    reported.current = next.trim();
    latestOnSearch.current(next.trim());
  };

  /** @param {string} next */
  const change = (next) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => report(next), PAUSE_MS);
  };

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key === "Enter") report(text);
    else if (event.key === "ArrowDown" && onDown) onDown();
    else if (event.key === "Escape" && text) {
      setText("");
      report("");
    } else if (event.key === "Escape") /** @type {HTMLElement} */ (event.currentTarget).blur();
    else return;
    event.preventDefault();
  };

  return html`<div class="search" role="search">
    <${Icon} name="search" />
    <input
      type="search"
      data-search
      aria-label=${label}
      aria-keyshortcuts="/"
      placeholder=${label}
      autocomplete="off"
      spellcheck=${false}
      maxlength="128"
      value=${text}
      onInput=${(/** @type {InputEvent} */ event) => change(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
      onKeyDown=${onKeyDown}
    />
    <kbd aria-hidden="true">/</kbd>
  </div>`;
}
