// The categories as a tree of links, each with how many products it has. Arrow keys move and open.

import { lineage } from "../lib/categories.js";
import { count, counted } from "../lib/format.js";
import { html, useRef, useState } from "../lib/ui.js";
import { Icon } from "./icon.js";

/** @import { Branch } from "../lib/categories.js" */

/**
 * @param {object} props
 * @param {Branch[]} props.tree
 * @param {string} props.chosen  A path, or nothing for all.
 * @param {number | null} props.total  Products of all categories, and of none.
 * @param {(path: string) => string} props.href
 */
export function CategoryTree({ tree, chosen, total, href }) {
  const [toggled, setToggled] = useState(/** @type {Record<string, boolean>} */ ({}));
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const above = lineage(chosen);
  const isOpen = (/** @type {string} */ path) => toggled[path] ?? above.includes(path);
  const toggle = (/** @type {string} */ path, /** @type {boolean} */ open) => setToggled((before) => ({ ...before, [path]: open }));

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const link = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-path]"));
    if (!link || event.altKey || event.ctrlKey || event.metaKey) return;
    const path = link.dataset.path ?? "";
    const links = [.../** @type {NodeListOf<HTMLElement>} */ (box.current?.querySelectorAll("a[data-path]") ?? [])];
    const at = links.indexOf(link);
    if (event.key === "ArrowDown") links[at + 1]?.focus();
    else if (event.key === "ArrowUp") links[at - 1]?.focus();
    else if (event.key === "ArrowRight" && link.dataset.inner !== undefined && !isOpen(path)) toggle(path, true);
    else if (event.key === "ArrowLeft" && link.dataset.inner !== undefined && isOpen(path)) toggle(path, false);
    else if (event.key === "ArrowLeft") links.find((other) => other.dataset.path === path.split("/").slice(0, -1).join("/"))?.focus();
    else return;
    event.preventDefault();
  };

  return html`<div class="tree" ref=${box} onKeyDown=${onKeyDown}>
    <div class="branch">
      <a href=${href("")} data-path="" aria-current=${chosen === "" ? "true" : undefined}>
        <span class="clip">All categories</span>${total !== null && html`<span class="number">${count(total)}</span>`}
      </a>
    </div>
    <${Level} branches=${tree} chosen=${chosen} isOpen=${isOpen} onToggle=${toggle} href=${href} />
  </div>`;
}

/**
 * @param {{branches: Branch[], chosen: string, isOpen: (path: string) => boolean, onToggle: (path: string, open: boolean) => void, href: (path: string) => string}} props
 */
function Level({ branches, chosen, isOpen, onToggle, href }) {
  return html`<ul>
    ${branches.map(({ name, path, total, children }) => {
      const open = isOpen(path);
      const inner = children.length > 0;
      return html`<li key=${path}>
        <div class="branch">
          ${inner
            ? html`<button type="button" aria-expanded=${String(open)} aria-label="${open ? "Hide" : "Show"} what is in ${name}" onClick=${() => onToggle(path, !open)}>
                <${Icon} name="right" />
              </button>`
            : null}
          <a href=${href(path)} aria-label="${name}, ${counted(total, "product")}" data-path=${path} data-inner=${inner ? "" : undefined} aria-current=${path === chosen ? "true" : undefined} title=${name.length > 18 ? name : undefined}>
            <span class="clip">${name}</span><span class="number">${count(total)}</span>
          </a>
        </div>
        ${inner && open && html`<${Level} branches=${children} chosen=${chosen} isOpen=${isOpen} onToggle=${onToggle} href=${href} />`}
      </li>`;
    })}
  </ul>`;
}
