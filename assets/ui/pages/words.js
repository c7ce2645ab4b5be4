// What shoppers type: words of one meaning, and searches that found nothing.

import { CatalogueTabs } from "../components/catalogue_tabs.js";
import { Select, ListField } from "../components/field.js";
import { Empty, Failed, Page, Skeleton } from "../components/page.js";
import { RecordPanel } from "../components/record_panel.js";
import { SearchBox } from "../components/search_box.js";
import { ApiError, get } from "../lib/api.js";
import { ago, count, counted, exactly } from "../lib/format.js";
import { formOf } from "../lib/form.js";
import { moveBetweenRows } from "../lib/keyboard.js";
import { useFresh, useResource } from "../lib/resource.js";
import { link, navigate, route } from "../lib/router.js";
import { html, useState } from "../lib/ui.js";

/** @import { Synonyms } from "../lib/types.js" */
/** @import { FieldsProps, RecordKind } from "../components/record_panel.js" */

const GROUPS_MAX = 1_000;
const WORDS_MAX = 16;
const SEARCHES_MAX = 100;
const DAYS = [
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "90", label: "Last 90 days" },
];

/** @typedef {{query: string, count: number, last_at: string, results: number}} Unfound */

/** @type {RecordKind} */
const KIND = {
  path: "/synonyms",
  noun: "group",
  form: formOf({ words: { label: "Words", kind: "list", required: true, empty: [] } }),
  name: (group) => group.words.join(", "),
  deletion: "A search for one of these words finds only that word again.",
  async find(id, signal) {
    const record = (await loadGroups(signal)).find((group) => String(group.id) === String(id));
    if (!record) throw new ApiError(404, { detail: "This group does not exist (any more)." });
    return { record, etag: `"${record.version}"` };
  },
};

/** @param {{record: string | null}} props  The id of the group that is open, or "new". */
export function WordsPage({ record }) {
  const { query } = route.value;
  const groups = useResource(loadGroups, []);
  const { fresh, mark } = useFresh();
  const [wanted, setWanted] = useState("");
  const { data, error } = groups;
  const shown = data?.filter(({ words }) => words.some((word) => word.toLowerCase().includes(wanted.toLowerCase())));

  return html`<${Page}
    title="Search words"
    actions=${html`<a class="button primary" data-key="n" href="#/products/words/new">New group</a>`}
  >
    <${CatalogueTabs} current="words" />
    <div class="words-grid">
      <section aria-labelledby="groups">
        <header class="section-header"><h2 id="groups">Words of one meaning</h2>${data && data.length > 0 && html`<span class="muted number">${counted(data.length, "group")}</span>`}</header>
        ${data && data.length > 0 && html`<div class="toolbar"><${SearchBox} label="Search these words" value=${wanted} onSearch=${setWanted} /></div>`}
        ${error && !data
          ? html`<${Failed} error=${error} onRetry=${groups.reload} />`
          : !data
            ? html`<${Skeleton} lines=${8} />`
            : data.length === 0
              ? html`<${Empty} icon="words" title="No groups yet">
                  <p>“Soda” and “soft drink” are one thing to shoppers: put them into a group, and a search for one finds the other.</p>
                  <a class="button primary" href="#/products/words/new">New group</a>
                <//>`
              : shown?.length === 0
                ? html`<${Empty} icon="search" title="No group has “${wanted}”"><a class="button" href=${newGroup(wanted)}>Make one with it</a><//>`
                : html`<${Groups} groups=${shown ?? []} open=${record} fresh=${fresh} />`}
      </section>
      <${UnfoundCard} days=${DAYS.some(({ value }) => value === query.days) ? query.days : "30"} groups=${data ?? []} />
    </div>
    ${record &&
    html`<${RecordPanel}
      key=${`${record} ${query.word ?? ""}`}
      id=${record === "new" ? null : record}
      kind=${KIND}
      initial=${query.word ? { words: [query.word] } : {}}
      fields=${(/** @type {FieldsProps} */ { list }) =>
        html`<${ListField}
          ...${list("words")}
          maxlength="64"
          spellcheck=${false}
          hint="Words or phrases, each with Enter: 2 to ${WORDS_MAX}. A search for one of them finds all of them, from the next search on."
        />`}
      onClose=${() => navigate(link("/products/words", { days: query.days }))}
      onChanged=${(/** @type {number} */ id) => {
        navigate(link("/products/words", { days: query.days }));
        mark(id);
        groups.reload();
      }}
    />`}
  <//>`;
}

/**
 * @param {AbortSignal} [signal]
 * @returns {Promise<Synonyms[]>} By their first words.
 */
async function loadGroups(signal) {
  const { data } = await get("/synonyms", { query: { limit: GROUPS_MAX }, signal });
  return data.sort((/** @type {Synonyms} */ a, /** @type {Synonyms} */ b) => a.words[0].localeCompare(b.words[0]));
}

/** @param {string} word */
function newGroup(word) {
  return link("/products/words/new", { word });
}

/** @param {{groups: Synonyms[], open: string | null, fresh: Set<number>}} props */
function Groups({ groups, open, fresh }) {
  return html`<table class="rows word-groups" onKeyDown=${moveBetweenRows}>
    <thead class="visually-hidden"><tr><th scope="col">Words</th></tr></thead>
    <tbody>
      ${groups.map(
        ({ id, words }) => html`<tr key=${id} data-group-id=${id} data-open=${open === String(id) ? "" : undefined} data-changed=${fresh.has(id) ? "" : undefined}>
          <td>
            <a class="cover" data-row href="#/products/words/${id}" aria-label=${words.join(", ")}>
              ${words.map((word) => html`<span class="chip plain" key=${word}>${word}</span>`)}
            </a>
          </td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/** @param {{days: string, groups: Synonyms[]}} props */
function UnfoundCard({ days, groups }) {
  const unfound = useResource(
    (signal) => get("/reports/searches", { query: { days, limit: SEARCHES_MAX }, signal }).then(({ data }) => /** @type {Unfound[]} */ (data).slice(0, SEARCHES_MAX)),
    [days],
  );
  const { data, error } = unfound;
  const known = new Map(groups.flatMap((group) => group.words.map((word) => [word.toLowerCase(), group.id])));
  return html`<section class="card flush unfound" aria-labelledby="unfound">
    <header class="card-header">
      <h2 id="unfound">Found nothing</h2>
      <${Select} aria-label="How far back" value=${days} onValue=${(/** @type {string} */ value) => navigate(link("/products/words", { days: value === "30" ? null : value }), { replace: true })} options=${DAYS} />
    </header>
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${unfound.reload} />`
      : !data
        ? html`<div class="sessions-waiting"><${Skeleton} lines=${5} /></div>`
        : data.length === 0
          ? html`<${Empty} icon="check" title="Every search found something"><p>What shoppers look for in vain is listed here.</p><//>`
          : html`<ul aria-busy=${String(unfound.loading)}>
              ${data.map((search) => {
                const group = known.get(search.query.toLowerCase());
                return html`<li key=${search.query} data-query=${search.query}>
                  <div>
                    <strong>${search.query}</strong>
                    <span class="detail"><span class="number">${count(search.count)}</span> ${search.count === 1 ? "time" : "times"}, last <time datetime=${search.last_at} title=${exactly(search.last_at)}>${ago(search.last_at)}</time></span>
                  </div>
                  ${group
                    ? html`<a class="muted" href="#/products/words/${group}">In a group</a>`
                    : html`<a class="button quiet" href=${newGroup(search.query)} aria-label="Make a synonym of ${search.query}">Make synonym</a>`}
                </li>`;
              })}
            </ul>`}
  </section>`;
}
