// Several of many: what is typed finds, arrow keys and Enter choose, each choice is a chip. After
// the combobox pattern of the ARIA Authoring Practices, with a list box.

import { html, useEffect, useId, useRef, useState } from "../lib/ui.js";
import { Icon } from "./icon.js";

/** @typedef {{value: string, label: string, detail?: string}} Choice */

const PAUSE_MS = 150;
const CHIPS_MAX = 50;

/**
 * @param {object} props
 * @param {string} props.label
 * @param {string} props.name
 * @param {string[]} props.values
 * @param {(value: string) => string} props.labelOf  What a chosen value is called.
 * @param {(text: string, signal: AbortSignal) => Promise<Choice[]>} props.find
 * @param {(values: string[], chosen?: Choice) => void} props.onValues
 * @param {string} [props.error]
 * @param {string} [props.hint]
 * @param {string} [props.placeholder]
 * @param {boolean} [props.single]  At most one: another choice takes its place.
 * @param {boolean} [props.free]  What is typed may be something that was not found.
 */
export function PickerField({ label, name, values, labelOf, find, onValues, error, hint, placeholder, single = false, free = false }) {
  const id = useId();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [choices, setChoices] = useState(/** @type {Choice[] | null} */ (null));
  const [active, setActive] = useState(0);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const full = single && values.length > 0;
  // Whoever types fast, or scans, is ahead of what was found.
  const foundFor = useRef(/** @type {string | null} */ (null));
  const takeFirst = useRef(false);

  useEffect(() => {
    if (!open) return;
    const controller = new AbortController();
    const timer = setTimeout(async () => {
      const found = await find(text.trim(), controller.signal).catch(() => []);
      if (controller.signal.aborted) return;
      const others = found.filter(({ value }) => !values.includes(value));
      const typed = text.trim();
      foundFor.current = typed;
      if (takeFirst.current && others[0]) return choose(others[0]);
      takeFirst.current = false;
      const known = [...values, ...found.map(({ value }) => value)].some((value) => value.toLowerCase() === typed.toLowerCase());
      setChoices(free && typed && !known ? [...others, { value: typed, label: `Add “${typed}”` }] : others);
      setActive(0);
    }, text ? PAUSE_MS : 0);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [text, open, values.length]);

  useEffect(() => {
    list.current?.querySelector("[aria-selected='true']")?.scrollIntoView({ block: "nearest" });
  }, [active, choices]);
  // The list may open below the edge of what scrolls.
  useEffect(() => {
    if (open && choices) list.current?.scrollIntoView({ block: "nearest" });
  }, [open, choices === null]);

  /** @param {Choice} choice */
  const choose = (choice) => {
    takeFirst.current = false;
    onValues(single ? [choice.value] : [...values, choice.value], choice);
    setText("");
    if (single) setOpen(false);
  };

  /** @param {string} value */
  const remove = (value) => {
    onValues(values.filter((other) => other !== value));
    requestAnimationFrame(() => input.current?.focus());
  };

  /** What was typed and not chosen counts where anything may be typed; a comma ends a value. */
  const takeTyped = () => {
    const typed = text.trim();
    if (!typed || values.includes(typed)) return;
    onValues([...values, typed]);
    setText("");
  };

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const last = (choices?.length ?? 0) - 1;
    if (event.key === "ArrowDown" && !open) setOpen(true);
    else if (event.key === "ArrowDown" && open) setActive(Math.min(last, active + 1));
    else if (event.key === "ArrowUp" && open) setActive(Math.max(0, active - 1));
    else if (event.key === "Enter" && open && foundFor.current !== text.trim() && !free) takeFirst.current = true;
    else if (event.key === "Enter" && open && foundFor.current === text.trim() && choices?.[active]) choose(choices[active]);
    else if (free && text.trim() && (event.key === "," || event.key === "Enter")) takeTyped();
    else if (event.key === "Enter" && text.trim()) setOpen(true);
    else if (event.key === "Escape" && open) {
      // Closes the list; the next one is for the panel.
      event.stopPropagation();
      setOpen(false);
      setText("");
    } else if (event.key === "Backspace" && !text && values.length) onValues(values.slice(0, -1));
    else return;
    event.preventDefault();
  };

  const shown = values.slice(0, CHIPS_MAX);
  return html`<div class="field picker">
    <label for=${id}>${label}</label>
    <div class="control chips" aria-invalid=${error ? "true" : undefined}>
      ${shown.map(
        (value) => html`<span class="chip" key=${value}>
          ${labelOf(value)}
          <button type="button" aria-label="Remove ${labelOf(value)}" onClick=${() => remove(value)}>
            <${Icon} name="close" />
          </button>
        </span>`,
      )}
      ${values.length > CHIPS_MAX && html`<span class="chip more-chips">and ${values.length - CHIPS_MAX} more</span>`}
      ${!full &&
      html`<input
        ref=${input}
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck=${false}
        maxlength="128"
        id=${id}
        name=${name}
        placeholder=${placeholder}
        value=${text}
        aria-expanded=${String(open)}
        aria-controls="${id}-list"
        aria-activedescendant=${open && choices?.[active] ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        aria-invalid=${error ? "true" : undefined}
        aria-describedby=${error || hint ? `${id}-note` : undefined}
        onInput=${(/** @type {InputEvent} */ event) => {
          setText(/** @type {HTMLInputElement} */ (event.currentTarget).value);
          setOpen(true);
          takeFirst.current = false;
        }}
        onClick=${() => setOpen(true)}
        onKeyDown=${onKeyDown}
        onBlur=${() => {
          if (free) takeTyped();
          setOpen(false);
          setText("");
        }}
      />`}
    </div>
    <ul class="choices" id="${id}-list" role="listbox" aria-label=${label} ref=${list} hidden=${!open}>
      ${choices?.length === 0 && html`<li class="none" role="presentation">${text ? "Nothing found" : "Nothing (else) to choose"}</li>`}
      ${choices?.map(
        (choice, index) => html`<li
          key=${choice.value}
          id="${id}-${index}"
          role="option"
          aria-selected=${String(index === active)}
          onPointerDown=${(/** @type {PointerEvent} */ event) => event.preventDefault()}
          onMouseDown=${(/** @type {MouseEvent} */ event) => event.preventDefault()}
          onClick=${() => choose(choice)}
        >
          <span>${choice.label}</span>${choice.detail && html`<span class="muted number">${choice.detail}</span>`}
        </li>`,
      )}
    </ul>
    ${error ? html`<p class="note error" id="${id}-note">${error}</p>` : hint ? html`<p class="note" id="${id}-note">${hint}</p>` : null}
  </div>`;
}

/**
 * What has the typed text in it, first what begins with it.
 * @template T
 * @param {T[]} list
 * @param {string} typed
 * @param {(each: T) => string} nameOf
 * @returns {T[]}
 */
export function bestFirst(list, typed, nameOf) {
  const wanted = typed.toLowerCase();
  const begins = (/** @type {T} */ each) => nameOf(each).toLowerCase().startsWith(wanted);
  const found = list.filter((each) => nameOf(each).toLowerCase().includes(wanted));
  return [...found.filter(begins), ...found.filter((each) => !begins(each))];
}
