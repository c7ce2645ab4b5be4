// The fleet: what needs somebody now, and every trolley with how it is.

import { AddTrolley } from "../components/add_trolley.js";
import { BoardDocs } from "../components/board_docs.js";
import { Button } from "../components/button.js";
import { Select } from "../components/field.js";
import { FleetNeeds } from "../components/fleet_needs.js";
import { FleetList } from "../components/fleet_rows.js";
import { Empty, Failed, LiveBadge, Page } from "../components/page.js";
import { SearchBox } from "../components/search_box.js";
import { TrolleyPanel } from "../components/trolley_panel.js";
import { count, counted } from "../lib/format.js";
import { countStates, inOrder, matching, SORTS, STATE_LABELS, STATES } from "../lib/fleet.js";
import { useFleet } from "../lib/fleet_data.js";
import { link, navigate, route } from "../lib/router.js";
import { isAdmin, session } from "../lib/session.js";
import { html, useMemo, useState } from "../lib/ui.js";

/** @import { Device } from "../lib/types.js" */

const SORT_OPTIONS = Object.entries(SORTS).map(([value, { label }]) => ({ value, label }));

/** @param {{record: string | null}} props  The id of the trolley that is open. */
export function DevicesPage({ record }) {
  const { devices, now } = useFleet();
  const [adding, setAdding] = useState(false);
  const admin = isAdmin(session.value.user);
  const { state, sort, query: search } = route.value.query;
  const { data, error } = devices;
  const shown = useMemo(() => data && inOrder(matching(data, { state, search }), sort), [data, state, search, sort]);
  const add = () => setAdding(true);

  /** @param {Record<string, string | undefined>} change */
  const here = (change = {}, id = /** @type {string | number | null} */ (null)) =>
    link(id === null ? "/devices" : `/devices/${id}`, { state, sort, query: search, ...change });

  return html`<${Page}
    title="Fleet"
    note=${html`<${LiveBadge} />`}
    actions=${admin && html`<${Button} kind="primary" icon="plus" data-key="n" onClick=${add}>Add a trolley<//>`}
  >
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${devices.reload} />`
      : data?.length === 0
        ? html`<${Empty} icon="fleet" title="No trolleys yet">
            <p>
              A trolley has a board that scans for it.
              ${admin ? " Add one: it enrols with a pairing code, and its scans appear under Carts." : " An administrator can add one."}
            </p>
            ${admin && html`<${Button} kind="primary" icon="plus" onClick=${add}>Add a trolley<//>`}
          <//>`
        : html`<${FleetNeeds} devices=${data} href=${(/** @type {number} */ id) => here({}, id)} />
            <${States} devices=${data} state=${state} href=${here} />
            <div class="toolbar">
              <${SearchBox} label="Search trolleys" value=${search ?? ""} onSearch=${(/** @type {string} */ text) => navigate(here({ query: text }), { replace: true })} onDown=${focusFirstRow} />
              <${Select}
                value=${SORTS[sort] ? sort : "need"}
                options=${SORT_OPTIONS}
                aria-label="Sorted by"
                onValue=${(/** @type {string} */ value) => navigate(here({ sort: value === "need" ? "" : value }), { replace: true })}
              />
            </div>
            ${shown?.length === 0
              ? html`<${Empty} icon="fleet" title=${search ? `No trolley fits “${search}”` : `None is ${STATE_LABELS[/** @type {keyof typeof STATE_LABELS} */ (state)]?.toLowerCase() ?? state}`}>
                  <a class="button" href=${here({ state: "", query: "" })}>Show all trolleys</a>
                <//>`
              : html`<${FleetList} devices=${shown} now=${now} open=${record} href=${(/** @type {number} */ id) => here({}, id)} />
                  ${shown && html`<p class="pager">${counted(shown.length, "trolley", "trolleys")}</p>`}`}`}
    ${admin && data && html`<${BoardDocs} />`}
    ${record && html`<${TrolleyPanel} key=${record} id=${record} known=${data?.find(({ id }) => String(id) === record)} now=${now} onChanged=${devices.reload} onClose=${() => navigate(here({ tab: "" }))} />`}
    ${adding && html`<${AddTrolley} devices=${data ?? []} onAdded=${devices.reload} onClose=${() => setAdding(false)} />`}
  <//>`;
}

function focusFirstRow() {
  /** @type {HTMLElement | null} */ (document.querySelector("[data-row]"))?.focus();
}

/**
 * @param {{devices?: Device[], state?: string, href: (change: Record<string, string | undefined>) => string}} props
 */
function States({ devices, state, href }) {
  const counts = devices && countStates(devices);
  const shown = counts && counts.revoked > 0 ? /** @type {const} */ ([...STATES, "revoked"]) : STATES;
  const all = counts && (devices?.length ?? 0) - counts.revoked;
  return html`<nav class="tabs" aria-label="Trolleys by state">
    <a href=${href({ state: "" })} aria-current=${state ? undefined : "page"}>All${all !== undefined && html` <span class="tab-count number">${count(all)}</span>`}</a>
    ${shown.map(
      (each) => html`<a key=${each} href=${href({ state: each })} aria-current=${each === state ? "page" : undefined}>
        <span class="dot" data-state=${each}></span>${STATE_LABELS[each]}${counts && html` <span class="tab-count number">${count(counts[each])}</span>`}
      </a>`,
    )}
  </nav>`;
}
