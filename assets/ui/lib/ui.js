// The one door to the vendored libraries. Everything else in the interface imports from here, so
// that a library can be replaced or updated in one place.

import { h } from "../../vendor/preact.js";
import htm from "../../vendor/htm.js";

export { Fragment, render } from "../../vendor/preact.js";
export { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "../../vendor/preact-hooks.js";
export { batch, computed, effect, signal, useComputed, useSignal } from "../../vendor/signals.js";

/**
 * Markup as a tagged template: `html\`<p>${text}</p>\``. Values are always escaped.
 * @type {(strings: TemplateStringsArray, ...values: any[]) => any}
 */
export const html = htm.bind(h);

/**
 * Joins class names, leaving out what is falsy.
 * @param {...(string | false | null | undefined)} names
 * @returns {string}
 */
export function classes(...names) {
  return names.filter(Boolean).join(" ");
}
