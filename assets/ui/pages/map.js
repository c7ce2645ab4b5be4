// The store map: the floor plan with its aisles, a walk to try, what is wrong with the map, and
// another map in its place.

import { MapEmpty } from "../components/map_empty.js";
import { MapFloor } from "../components/map_floor.js";
import { MapReplace } from "../components/map_replace.js";
import { MapReport } from "../components/map_report.js";
import { MapWalk } from "../components/map_walk.js";
import { Empty, Failed, Page, Skeleton } from "../components/page.js";
import { Icon } from "../components/icon.js";
import { address, ApiError, get } from "../lib/api.js";
import { findingWords } from "../lib/map_findings.js";
import { useLive } from "../lib/live.js";
import { useResource, useThrottled } from "../lib/resource.js";
import { atlasOf } from "../lib/store_map.js";
import { html, useEffect, useRef } from "../lib/ui.js";

/** @import { Closure, MapReport as Report, StoreMap } from "../lib/types.js" */
/** @import { Atlas } from "../lib/store_map.js" */
/** @import { Resource } from "../lib/resource.js" */

/** What is blocked until a moment clears itself without news. */
const CLOSURES_MS = 30_000;
const RELOAD_MS = 1_000;

const TABS = [
  { part: "", hash: "#/map", label: "Floor plan" },
  { part: "walk", hash: "#/map/walk", label: "Try a walk" },
  { part: "findings", hash: "#/map/findings", label: "Findings" },
  { part: "replace", hash: "#/map/replace", label: "Replace the map" },
];

/** @typedef {{map: StoreMap, atlas: Atlas, etag: string | null}} Loaded */

/** @param {{part: string | null}} props */
export function MapPage({ part }) {
  const loaded = useResource(loadMap, []);
  const closures = useResource(loadClosures, []);
  const findings = useResource(loadFindings, [loaded.data?.etag]);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || closures.reload(), CLOSURES_MS);
    return () => clearInterval(timer);
  }, []);

  const { data, error } = loaded;
  const refresh = useThrottled(() => reload(), RELOAD_MS);
  useLive("map", refresh);
  useLive("closure", useThrottled(closures.reload, RELOAD_MS));
  useLive("resync", refresh);
  const reload = () => {
    loaded.reload();
    closures.reload();
    findings.reload();
  };
  return html`<${Page}
    title="Store map"
    note=${data ? html`<span class="map-name">${data.map.name}</span>` : undefined}
    actions=${data &&
    html`<a class="button" href=${address("/map")} download="map.json" aria-label="Download JSON"><${Icon} name="download" /><span><span class="spare">Download </span>JSON</span></a>
      <a class="button" href=${address("/map/geojson")} download="map.geojson" aria-label="Download GeoJSON"><${Icon} name="download" /><span><span class="spare">Download </span>GeoJSON</span></a>`}
  >
    ${error && data === undefined
      ? html`<${Failed} error=${error} onRetry=${reload} />`
      : data === undefined
        ? html`<${Skeleton} lines=${9} />`
        : data === null
          ? html`<${MapEmpty} onSaved=${reload} />`
          : html`<${Tabs} part=${part ?? ""} report=${findings.data} /><${Part} part=${part ?? ""} loaded=${data} closures=${closures} findings=${findings} onReload=${reload} />`}
  <//>`;
}

/**
 * @param {{part: string, loaded: Loaded, closures: Resource<Closure[]>, findings: Resource<Report>, onReload: () => void}} props
 */
function Part({ part, loaded, closures, findings, onReload }) {
  const { atlas, map, etag } = loaded;
  const blocked = closures.data ?? [];
  // The picture shows what is blocked: another list is another picture.
  const pictureKey = JSON.stringify([etag, blocked.map(({ id }) => id)]);
  switch (part) {
    case "":
      return html`<${MapFloor} atlas=${atlas} pictureKey=${pictureKey} closures=${closures} />`;
    case "walk":
      return html`<${MapWalk} atlas=${atlas} pictureKey=${pictureKey} closures=${blocked} />`;
    case "findings":
      return html`<${FindingsPart} atlas=${atlas} pictureKey=${pictureKey} findings=${findings} />`;
    case "replace":
      return html`<${MapReplace} present=${{ map, etag }} onSaved=${onReload} onStale=${onReload} />`;
    default:
      return html`<${Empty} icon="map" title="There is no such page"><a class="button" href="#/map">To the floor plan</a><//>`;
  }
}

/** @param {{atlas: Atlas, pictureKey: string, findings: Resource<Report>}} props */
function FindingsPart({ atlas, pictureKey, findings: { data, error, reload } }) {
  if (error && !data) return html`<${Failed} error=${error} onRetry=${reload} />`;
  if (!data) return html`<${Skeleton} lines=${9} />`;
  if (data.findings.length === 0) {
    return html`<${Empty} icon="check" title="Nothing is wrong with this map"><p>Every shelf can be reached, every product that is sold has a place, and from everywhere there is a way to a checkout.</p><//>`;
  }
  return html`<p class="summary" role="status">${findingWords(data)} in the map in use.</p>
    <${MapReport} report=${data} atlas=${atlas} pictureKey=${pictureKey} />`;
}

/** @param {{part: string, report?: Report}} props */
function Tabs({ part, report }) {
  const many = report ? report.errors + report.warnings : 0;
  const nav = useRef(/** @type {HTMLElement | null} */ (null));
  // On a phone the row is wider than the screen.
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [part]);
  return html`<nav class="tabs" aria-label="Store map" ref=${nav}>
    ${TABS.map(
      ({ part: id, hash, label }) => html`<a key=${id} href=${hash} aria-current=${id === part ? "page" : undefined}>
        ${label}${id === "findings" && many > 0 && html` <span class="tab-count number">${many}</span>`}
      </a>`,
    )}
  </nav>`;
}

/** @param {AbortSignal} signal @returns {Promise<Loaded | null>} */
async function loadMap(signal) {
  try {
    const { data, etag } = await get("/map", { signal });
    return { map: data, atlas: atlasOf(data), etag };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** @param {AbortSignal} signal @returns {Promise<Closure[]>} */
async function loadClosures(signal) {
  return (await get("/map/closures", { signal })).data;
}

/** @param {AbortSignal} signal @returns {Promise<Report>} */
async function loadFindings(signal) {
  return (await get("/map/findings", { signal })).data;
}
