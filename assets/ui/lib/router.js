// Client-side routing by the address fragment: `#/products/12?query=milk`. What a screen shows
// (search, filter, page, open record) is in the address, so that back, reload and links work.

import { signal } from "./ui.js";

/**
 * @typedef {object} Route
 * @property {string[]} path  Segments, decoded; empty for the first screen.
 * @property {Record<string, string>} query
 */

/**
 * @param {string} hash
 * @returns {Route}
 */
export function parseHash(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decode), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** @param {string} segment */
function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * The fragment of a route; empty query values are left out.
 * @param {string} path  E.g. `/products/12`.
 * @param {Record<string, string | number | null | undefined>} [query]
 * @returns {string}
 */
export function link(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#${path}${text ? `?${text}` : ""}`;
}

/** @type {import("../../vendor/signals.js").Signal<Route>} */
export const route = signal(parseHash(location.hash));

addEventListener("hashchange", () => {
  route.value = parseHash(location.hash);
});

/**
 * Goes to a route. `replace` leaves no step in the history, for a search that is being typed.
 * @param {string} hash  From `link`.
 * @param {{replace?: boolean}} [options]
 */
export function navigate(hash, { replace = false } = {}) {
  if (hash === location.hash) return;
  if (replace) {
    history.replaceState(null, "", hash);
    route.value = parseHash(hash);
  } else {
    location.hash = hash;
  }
}
