// What can be done with one thing of many, behind a button of three dots. Arrow keys move, Esc closes.

import { html, useEffect, useId, useRef } from "../lib/ui.js";
import { Icon } from "./icon.js";

/** @typedef {{label: string, short?: string, icon: string, danger?: boolean, onClick: () => void}} Action  `short`: where it stands beside others. */

const GAP_PX = 4;

/**
 * @param {object} props
 * @param {string} props.label  Of the button, e.g. "What to do with Cart 7".
 * @param {Action[]} props.actions
 */
export function ActionMenu({ label, actions }) {
  const id = useId();
  const menu = useRef(/** @type {HTMLElement | null} */ (null));
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));

  // What scrolls away from its button would point at another one.
  useEffect(() => {
    const hide = () => menu.current?.hidePopover();
    addEventListener("scroll", hide, { passive: true });
    addEventListener("resize", hide);
    return () => {
      removeEventListener("scroll", hide);
      removeEventListener("resize", hide);
    };
  }, []);

  /** @param {ToggleEvent} event */
  const place = (event) => {
    const [box, at] = [menu.current, button.current?.getBoundingClientRect()];
    if (event.newState !== "open" || !box || !at) return;
    const above = at.bottom + box.offsetHeight + GAP_PX > innerHeight;
    box.style.top = `${Math.max(GAP_PX, above ? at.top - box.offsetHeight - GAP_PX : at.bottom + GAP_PX)}px`;
    box.style.left = `${Math.max(GAP_PX, at.right - box.offsetWidth)}px`;
    items()[0]?.focus();
  };

  const items = () => [.../** @type {NodeListOf<HTMLElement>} */ (menu.current?.querySelectorAll("[role='menuitem']") ?? [])];

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const all = items();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    /** @type {Record<string, number>} */
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    if (to[event.key] === undefined) return;
    event.preventDefault();
    all.at(to[event.key] % all.length)?.focus();
  };

  return html`<button type="button" class="icon-button" ref=${button} popovertarget=${id} aria-haspopup="menu" aria-label=${label} title=${label}><${Icon} name="menu" /></button>
    <div class="menu action-menu" id=${id} popover role="menu" aria-label=${label} ref=${menu} onToggle=${place} onKeyDown=${onKeyDown}>
      ${actions.map(
        (action) => html`<button
          type="button"
          key=${action.label}
          class="menu-item"
          role="menuitem"
          tabindex="-1"
          data-danger=${action.danger ? "" : undefined}
          onClick=${() => {
            menu.current?.hidePopover();
            action.onClick();
          }}
        >
          <${Icon} name=${action.icon} />${action.label}
        </button>`,
      )}
    </div>`;
}
