// The frame of a screen, and what stands in it when there is nothing to show: not yet, not any,
// not today.

import { counted } from "../lib/format.js";
import { liveState } from "../lib/live.js";
import { html, useEffect } from "../lib/ui.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/**
 * @param {object} props
 * @param {string} props.title
 * @param {any} [props.note]  A short fact beside the title.
 * @param {any} [props.actions]
 * @param {{href: string, label: string}} [props.back]  The list that this screen belongs to.
 * @param {any} props.children
 */
export function Page({ title, note, actions, back, children }) {
  useEffect(() => {
    document.title = `${title} · Cartwright`;
  }, [title]);
  return html`<div class="page">
    ${back && html`<a class="back" href=${back.href}><${Icon} name="left" />${back.label}</a>`}
    <header class="page-header">
      <h1 tabindex="-1">${title}</h1>
      ${note && html`<div class="page-note">${note}</div>`}
      ${actions && html`<div class="page-actions">${actions}</div>`}
    </header>
    ${children}
  </div>`;
}

/** Whether this screen moves by itself. */
export function LiveBadge() {
  const live = liveState.value === "live";
  return html`<span class="live" data-state=${liveState.value} role="status">${live ? "Live" : "Reconnecting…"}</span>`;
}

/**
 * @param {{icon: string, title: string, children?: any}} props  `children` says what to do about it.
 */
export function Empty({ icon, title, children }) {
  return html`<div class="empty">
    <${Icon} name=${icon} />
    <h2>${title}</h2>
    ${children}
  </div>`;
}

/** @param {{error: Error, onRetry: () => void}} props */
export function Failed({ error, onRetry }) {
  return html`<div role="alert">
    <${Empty} icon="warning" title="This could not be loaded">
      <p>${error.message}</p>
      <${Button} onClick=${onRetry}>Try again<//>
    <//>
  </div>`;
}

/**
 * Grey lines where text will be.
 * @param {{lines?: number}} props
 */
export function Skeleton({ lines = 3 }) {
  return html`<div class="skeleton" aria-hidden="true">${Array.from({ length: lines }, (_, line) => html`<span key=${line}></span>`)}</div>`;
}

/**
 * Rows of a table that is still loading.
 * @param {{columns: number, rows?: number}} props
 */
export function SkeletonRows({ columns, rows = 10 }) {
  return Array.from(
    { length: rows },
    (_, row) => html`<tr class="skeleton-row" key=${`waiting-${row}`} aria-hidden="true">
      ${Array.from({ length: columns }, (_, column) => html`<td key=${column}><span></span></td>`)}
    </tr>`,
  );
}

/**
 * @param {{page: number, pageSize: number, total: number, unit: string, units?: string, href: (page: number) => string}} props
 */
export function Pager({ page, pageSize, total, unit, units, href }) {
  const last = Math.max(1, Math.ceil(total / pageSize));
  if (last === 1) return html`<p class="pager">${counted(total, unit, units)}</p>`;
  const from = (page - 1) * pageSize + 1;
  return html`<nav class="pager" aria-label="Pages">
    <span class="number">${from}–${Math.min(total, page * pageSize)} of ${counted(total, unit, units)}</span>
    <${PageLink} to=${page > 1 ? href(page - 1) : null} label="Previous page" icon="left" />
    <${PageLink} to=${page < last ? href(page + 1) : null} label="Next page" icon="right" />
  </nav>`;
}

/** @param {{to: string | null, label: string, icon: string}} props */
function PageLink({ to, label, icon }) {
  return to
    ? html`<a class="icon-button" href=${to} aria-label=${label}><${Icon} name=${icon} /></a>`
    : html`<span class="icon-button" role="link" aria-disabled="true" aria-label=${label}><${Icon} name=${icon} /></span>`;
}
