// Accounts: who may do what, and who may not sign in.

import { Button } from "../components/button.js";
import { Select } from "../components/field.js";
import { Empty, Failed, Page, SkeletonRows } from "../components/page.js";
import { PersonFields } from "../components/person_fields.js";
import { RecordPanel } from "../components/record_panel.js";
import { SearchBox } from "../components/search_box.js";
import { get } from "../lib/api.js";
import { ago, count, counted, exactly } from "../lib/format.js";
import { moveBetweenRows } from "../lib/keyboard.js";
import { useLive } from "../lib/live.js";
import { loadNames } from "../lib/people.js";
import { personForm, roleLabel, ROLES } from "../lib/person_form.js";
import { useFresh, useNow, useResource } from "../lib/resource.js";
import { link, navigate, route } from "../lib/router.js";
import { session } from "../lib/session.js";
import { html, useRef } from "../lib/ui.js";

/** @import { User } from "../lib/types.js" */

const PAGE_MAX = 1_000;
const PEOPLE_MAX = 5_000;
const SHOWN_MAX = 200;
const COLUMNS = 4;
const CLOCK_MS = 30_000;

/** @type {import("../components/record_panel.js").RecordKind} */
const KIND = {
  path: "/users",
  noun: "account",
  form: personForm,
  name: (person) => person.name || person.username,
  deletion: "They are signed out everywhere and their cart is emptied. Their orders stay. This cannot be undone; to lock them out for a while, switch “May sign in” off instead.",
};

/** @param {{record: string | null}} props  The id of the account that is open, or "new". */
export function PeoplePage({ record }) {
  const { query = "", role = "" } = route.value.query;
  const now = useNow(CLOCK_MS);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const people = useResource(loadPeople, []);
  const { fresh, mark } = useFresh();
  useLive("resync", people.reload);

  const here = (/** @type {string | number | null} */ id) => link(id ? `/people/${id}` : "/people", { query, role });
  /** @param {{query?: string, role?: string}} change */
  const refine = (change) => navigate(link(record ? `/people/${record}` : "/people", { query, role, ...change }), { replace: true });

  const { data, error } = people;
  const found = data?.filter((person) => (!role || person.role === role) && matches(person, query));
  return html`<${Page}
    title="People"
    note=${data && html`<span class="number">${count(data.length)}</span>`}
    actions=${html`<a class="button primary" data-key="n" href=${here("new")}>Add account</a>`}
  >
    <div class="toolbar">
      <${SearchBox}
        label="Search people"
        value=${query}
        onSearch=${(/** @type {string} */ text) => refine({ query: text })}
        onDown=${() => /** @type {HTMLElement | null | undefined} */ (list.current?.querySelector("[data-row]"))?.focus()}
      />
      <${Select}
        aria-label="Role"
        value=${role}
        onValue=${(/** @type {string} */ value) => refine({ role: value })}
        options=${[{ value: "", label: "All roles" }, ...ROLES]}
      />
    </div>
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${people.reload} />`
      : found?.length === 0
        ? html`<${Empty} icon="people" title=${query ? `Nobody found for “${query}”` : "Nobody with this role"}>
            <p>The search looks at names, usernames, e-mail addresses and mobile numbers.</p>
            <${Button} onClick=${() => refine({ query: "", role: "" })}>Show everybody<//>
          <//>`
        : html`<div ref=${list}>
            <table class="rows" aria-busy=${String(!found)} onKeyDown=${moveBetweenRows}>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col" class="wide">E-mail or mobile</th>
                  <th scope="col">Role</th>
                  <th scope="col" class="wide">Last sign-in</th>
                </tr>
              </thead>
              <tbody>
                ${found
                  ? found
                      .slice(0, SHOWN_MAX)
                      .map((person) => html`<${Row} key=${person.id} person=${person} now=${now} href=${here(person.id)} open=${record === String(person.id)} changed=${fresh.has(person.id)} />`)
                  : html`<${SkeletonRows} columns=${COLUMNS} rows=${10} />`}
              </tbody>
            </table>
            ${found &&
            html`<p class="pager">
              ${found.length > SHOWN_MAX ? `The first ${SHOWN_MAX} of ${counted(found.length, "account")}: search for the others` : counted(found.length, "account")}
            </p>`}
          </div>`}
    ${record &&
    html`<${RecordPanel}
      key=${record}
      id=${record === "new" ? null : record}
      kind=${KIND}
      fields=${(/** @type {import("../components/record_panel.js").FieldsProps} */ props) => html`<${PersonFields} ...${props} />`}
      onClose=${() => navigate(here(null))}
      onChanged=${(/** @type {number} */ id, /** @type {User | null} */ saved) => {
        navigate(here(null));
        mark(id);
        people.reload();
        loadNames();
        // What is shown of oneself follows; whoever took their own rights meets the server's answer.
        const { user, phase } = session.peek();
        if (saved && user?.id === id) session.value = { phase, user: { ...user, ...saved } };
      }}
    />`}
  <//>`;
}

/** @param {AbortSignal} signal */
async function loadPeople(signal) {
  /** @type {User[]} */
  let all = [];
  for (;;) {
    const { data, total } = await get("/users", { query: { limit: PAGE_MAX, offset: all.length }, signal });
    all = [...all, ...data];
    if (data.length === 0 || all.length >= Math.min(total ?? 0, PEOPLE_MAX)) break;
  }
  const rank = (/** @type {User} */ { role }) => ["admin", "staff", "customer"].indexOf(role);
  return all.sort((a, b) => rank(a) - rank(b) || called(a).localeCompare(called(b)));
}

/** @param {User} person */
function called({ name, username }) {
  return name || username;
}

/**
 * @param {User} person
 * @param {string} query
 */
function matches({ name, username, email, mobile_number: mobile }, query) {
  const text = [name, username, email, mobile].join(" ").toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** @param {{person: User, now: number, href: string, open: boolean, changed: boolean}} props */
function Row({ person, now, href, open, changed }) {
  const own = person.id === session.value.user?.id;
  const seen = person.last_login ? ago(person.last_login, now) : "Never";
  return html`<tr data-person-id=${person.id} data-open=${open ? "" : undefined} data-changed=${changed ? "" : undefined}>
    <td>
      <a class="cover strong" data-row href=${href}>${called(person)}</a>
      ${own && html` <span class="badge">You</span>`}
      ${person.disabled && html` <span class="badge danger">Disabled</span>`}
      ${person.name && html`<span class="beside wide">${person.username}</span>`}
      <span class="under">${[person.name && person.username, person.email ?? person.mobile_number].filter(Boolean).join(" · ")}</span>
    </td>
    <td class="wide"><span class="clip">${person.email ?? person.mobile_number ?? html`<span class="muted">–</span>`}</span></td>
    <td><span class=${person.role === "admin" ? "badge accent" : "badge"}>${person.role === "admin" ? "Admin" : roleLabel(person.role)}</span></td>
    <td class="wide number" title=${person.last_login ? exactly(person.last_login) : undefined}>${seen}</td>
  </tr>`;
}
