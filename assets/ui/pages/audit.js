// The audit log: who did what, when and from where, newest first.

import { Select, TextField } from "../components/field.js";
import { Icon } from "../components/icon.js";
import { Empty, Failed, Page, Pager, Skeleton } from "../components/page.js";
import { address, get } from "../lib/api.js";
import { ACTION_KINDS, actionText, actorText, differences } from "../lib/audit.js";
import { capitalised, exactly, when } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { accountName, devices } from "../lib/people.js";
import { askProductNames, knownProductName } from "../lib/product_names.js";
import { useResource } from "../lib/resource.js";
import { link, navigate, route } from "../lib/router.js";
import { html, useEffect, useRef, useState } from "../lib/ui.js";

/** @import { AuditEntry } from "../lib/types.js" */

const PAGE_SIZE = 50;
const PAUSE_MS = 300;

/** @typedef {{action: string, actor: string, target: string, from: string, to: string, page: number}} Filter */

export function AuditPage() {
  const filter = readFilter(route.value.query);
  const entries = useResource((signal) => loadEntries(filter, signal), Object.values(filter));
  useLive("resync", entries.reload);

  const { data, error } = entries;
  const filtered = [filter.action, filter.actor, filter.target, filter.from, filter.to].some(Boolean);
  return html`<${Page}
    title="Audit"
    actions=${html`<a class="button" href=${address("/audit/export")} download="audit.ndjson"><${Icon} name="download" /><span>Export</span></a>`}
  >
    <${Filters} filter=${filter} />
    ${error
      ? html`<${Failed} error=${error} onRetry=${entries.reload} />`
      : data?.items.length === 0
        ? html`<${Empty} icon="audit" title=${filtered ? "Nothing like that happened" : "Nothing has happened yet"}>
            ${filtered && html`<a class="button" href="#/audit">Show everything</a>`}
          <//>`
        : !data
          ? html`<div aria-busy="true"><${Skeleton} lines=${12} /></div>`
          : html`<ol class="audit" aria-busy=${String(entries.loading)}>
                ${data.items.map((entry) => html`<${Entry} key=${entry.seq} entry=${entry} />`)}
              </ol>
              <${Pager} page=${filter.page} pageSize=${PAGE_SIZE} total=${data.total} unit="entry" units="entries"
                href=${(/** @type {number} */ page) => hashFor({ ...filter, page })} />`}
  <//>`;
}

/**
 * @param {Record<string, string>} query
 * @returns {Filter}
 */
function readFilter({ action = "", actor = "", target = "", from = "", to = "", page = "1" }) {
  return { action, actor, target, from, to, page: Math.max(1, Number.parseInt(page, 10) || 1) };
}

/** @param {Filter} filter */
function hashFor({ page, ...filter }) {
  return link("/audit", { ...filter, page: page > 1 ? page : null });
}

/** Products that the log said are gone: they have no name to ask for. @type {Set<string>} */
const gone = new Set();

/**
 * @param {Filter} filter
 * @param {AbortSignal} signal
 */
async function loadEntries({ action, actor, target, from, to, page }, signal) {
  const query = { action, actor, target, from: dayStart(from, 0), to: dayStart(to, 1), limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE };
  const { data, total } = await get("/audit", { query, signal });
  const items = /** @type {AuditEntry[]} */ (data);
  for (const entry of items) if (entry.action === "product.delete") gone.add(entry.target);
  const changed = items.filter(({ action, target }) => action === "product.update" && !gone.has(target)).map((entry) => Number(entry.target.split(":")[1]));
  askProductNames(changed);
  return { items, total: total ?? items.length };
}

/**
 * @param {string} kind
 * @param {number} id
 */
function nameOf(kind, id) {
  if (kind === "user") return accountName(id);
  if (kind === "device") return devices.value.get(id)?.name ?? null;
  return kind === "product" ? knownProductName(id) : null;
}

/**
 * The first moment of a day here, or of one some days later.
 * @param {string} text  `2026-11-20`.
 * @param {number} daysLater
 */
function dayStart(text, daysLater) {
  const [year, month, day] = text.split("-").map(Number);
  const date = new Date(year, month - 1, day + daysLater);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}

/** @param {{filter: Filter}} props */
function Filters({ filter }) {
  const [drafts, setDrafts] = useState({ actor: filter.actor, target: filter.target });
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => setDrafts({ actor: filter.actor, target: filter.target }), [filter.actor, filter.target]);

  /** @param {Partial<Filter>} change */
  const refine = (change) => {
    clearTimeout(timer.current);
    navigate(hashFor({ ...readFilter(route.peek().query), page: 1, ...change }), { replace: true });
  };
  /** @param {Partial<Filter>} change */
  const typed = (change) => {
    setDrafts((before) => ({ ...before, ...change }));
    clearTimeout(timer.current);
    timer.current = setTimeout(() => refine(Object.fromEntries(Object.entries(change).map(([name, text]) => [name, String(text).trim()]))), PAUSE_MS);
  };

  return html`<form class="filters" role="search" aria-label="Filter the audit log" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <div class="field">
      <label for="audit-action">What</label>
      <${Select}
        id="audit-action"
        value=${filter.action}
        onValue=${(/** @type {string} */ action) => refine({ action })}
        options=${ACTION_KINDS.some(({ value }) => value === filter.action) ? ACTION_KINDS : [...ACTION_KINDS, { value: filter.action, label: filter.action }]}
      />
    </div>
    <${TextField} label="Who" name="actor" value=${drafts.actor} onValue=${(/** @type {string} */ actor) => typed({ actor })}
      placeholder="Username or cli" autocapitalize="none" spellcheck=${false} data-search maxlength="64" />
    <${TextField} label="To what" name="target" value=${drafts.target} onValue=${(/** @type {string} */ target) => typed({ target })}
      placeholder="product, product:12" autocapitalize="none" spellcheck=${false} maxlength="64" />
    <${TextField} label="From" name="from" type="date" value=${filter.from} max=${filter.to || undefined} onValue=${(/** @type {string} */ from) => refine({ from })} />
    <${TextField} label="To" name="to" type="date" value=${filter.to} min=${filter.from || undefined} onValue=${(/** @type {string} */ to) => refine({ to })} />
  </form>`;
}

/** @param {{entry: AuditEntry}} props */
function Entry({ entry }) {
  const { before, target, after } = actionText(entry, nameOf);
  const changes = differences(entry);
  const line = html`
    <time datetime=${entry.at} title=${exactly(entry.at)}>${when(entry.at)}</time>
    <span class="what">
      <strong>${actorText(entry)}</strong> ${before}${target && (target.href ? html`<a href=${target.href}>${target.text}</a>` : target.text)}${after}
    </span>
    <span class="from number">${entry.from === "local" ? "this machine" : entry.from}</span>
  `;
  if (changes.length === 0) return html`<li data-seq=${entry.seq}><div class="audit-line">${line}</div></li>`;
  return html`<li data-seq=${entry.seq}>
    <details>
      <summary class="audit-line">${line}<${Icon} name="down" /></summary>
      <table class="diff">
        <thead>
          <tr>
            <th scope="col">Field</th>
            ${entry.before && html`<th scope="col">Before</th>`}
            ${entry.after && html`<th scope="col">${entry.before ? "After" : "Value"}</th>`}
          </tr>
        </thead>
        <tbody>
          ${changes.map(
            (change) => html`<tr key=${change.name}>
              <th scope="row">${capitalised(change.name)}</th>
              ${entry.before && html`<td><${Value} text=${change.before} gone /></td>`}
              ${entry.after && html`<td><${Value} text=${change.after} /></td>`}
            </tr>`,
          )}
        </tbody>
      </table>
      <p class="note">Entry ${entry.seq} · <span class="mono">${entry.action}</span> · <span class="mono">${entry.hash.slice(0, 16)}…</span></p>
    </details>
  </li>`;
}

/** @param {{text: string | null, gone?: boolean}} props */
function Value({ text, gone = false }) {
  if (text === null) return html`<span class="muted">–</span>`;
  return text.includes("\n") ? html`<pre>${text}</pre>` : html`<span class=${gone ? "was" : undefined}>${text}</span>`;
}
