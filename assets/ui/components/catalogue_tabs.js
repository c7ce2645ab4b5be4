// The screens of the catalogue, beside each other.

import { html, useEffect, useRef } from "../lib/ui.js";

const TABS = [
  { id: "products", hash: "#/products", label: "All products" },
  { id: "lookup", hash: "#/lookup", label: "Loose goods" },
  { id: "import", hash: "#/products/import", label: "Import and export" },
  { id: "words", hash: "#/products/words", label: "Search words" },
  { id: "codes", hash: "#/products/codes", label: "Barcode rules" },
];

/** @param {{current: string}} props */
export function CatalogueTabs({ current }) {
  const nav = useRef(/** @type {HTMLElement | null} */ (null));
  // On a phone the row is wider than the screen.
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current]);
  return html`<nav class="tabs" aria-label="Catalogue" ref=${nav}>
    ${TABS.map(({ id, hash, label }) => html`<a key=${id} href=${hash} aria-current=${id === current ? "page" : undefined}>${label}</a>`)}
  </nav>`;
}
