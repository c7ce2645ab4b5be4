// The icons: 16 by 16, drawn with one stroke in the colour of the text beside them.

import { html } from "../lib/ui.js";

/** @type {Record<string, string>} */
const PATHS = {
  dashboard: "M2.5 2.5H7v5H2.5zM9 2.5h4.5v3H9zM9 7.5h4.5v6H9zM2.5 9.5H7v4H2.5z",
  products: "M2.5 5.2 8 2.3l5.5 2.9v5.6L8 13.7l-5.5-2.9zM2.5 5.2 8 8l5.5-2.8M8 8v5.7",
  orders: "M3.5 2.5h9v11l-1.5-1-1.5 1-1.5-1-1.5 1-1.5-1-1.5 1zM6 5.5h4M6 8.5h4",
  carts: "M1.5 2.5h1.7l1.7 7.5h7l1.6-5.5H4M6 13.2h.01M11 13.2h.01",
  devices: "M4.5 4.5h7v7h-7zM6.5 1.5v3M9.5 1.5v3M6.5 11.5v3M9.5 11.5v3M1.5 6.5h3M1.5 9.5h3M11.5 6.5h3M11.5 9.5h3",
  promotions: "M8.3 2.5h5.2v5.2l-6 6L2.3 8.5zM10.8 5.2h.01",
  map: "M2.5 4l3.7-1.5L9.8 4l3.7-1.5V12l-3.7 1.5L6.2 12l-3.7 1.5zM6.2 2.5V12M9.8 4v9.5",
  pin: "M8 14s4.5-4.2 4.5-7.5a4.5 4.5 0 0 0-9 0C3.5 9.8 8 14 8 14zM8 8a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
  route: "M4 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM12 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM5.5 12h5a2 2 0 0 0 0-4h-5a2 2 0 0 1 0-4h5",
  blocked: "M8 13.7A5.7 5.7 0 1 0 8 2.3a5.7 5.7 0 0 0 0 11.4zM4 4l8 8",
  minus: "M3.5 8h9",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  people: "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c.3-2.4 2-3.8 4.5-3.8s4.2 1.4 4.5 3.8M10.5 2.8a2.5 2.5 0 0 1 0 4.4M12.2 10.2c1.4.6 2.1 1.7 2.3 3.3",
  settings: "M2 4.5h6.5M12 4.5h2M2 11.5h2M7.5 11.5H14M10.2 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM5.8 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
  audit: "M8 4.5V8l2.3 1.5M2.6 6.5A5.7 5.7 0 1 1 2.4 9M2.4 3v3.5h3.5",
  more: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  download: "M8 2.5v7.5M4.8 7l3.2 3.2L11.2 7M2.5 13.5h11",
  upload: "M8 10.5V2.8M4.8 5.8L8 2.6l3.2 3.2M2.5 13.5h11",
  down: "M3.5 6L8 10.5L12.5 6",
  up: "M3.5 10L8 5.5L12.5 10",
  picture: "M2.5 3h11v10h-11zM2.5 11l3.2-3.2 2.6 2.4 2.2-2.2 3 3M5.8 6.3h.01",
  filter: "M2 4h12M4.5 8h7M7 12h2",
  undo: "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.5 4L3 6.5 5.5 9",
  barcode: "M2.5 3.5v9M5 3.5v9M7 3.5v9M9.5 3.5v9M11.5 3.5v9M13.5 3.5v9",
  words: "M2.5 3.5h11v7h-6l-3 2.5v-2.5h-2zM5.5 7h5",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  shield: "M8 2l5 1.8v3.9c0 3-2 5.2-5 6.3-3-1.1-5-3.3-5-6.3V3.8z",
  book: "M8 4C6.5 3 4.5 2.7 2.5 3v9.5c2-.3 4 0 5.5 1 1.5-1 3.5-1.3 5.5-1V3c-2-.3-4 0-5.5 1zM8 4v9.5",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2",
  plus: "M8 3.5v9M3.5 8h9",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3.5 8.5l3 3 6-7",
  left: "M10 3.5L5.5 8l4.5 4.5",
  right: "M6 3.5L10.5 8L6 12.5",
  sun: "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1",
  moon: "M13.5 9.5A5.8 5.8 0 0 1 6.5 2.5a5.8 5.8 0 1 0 7 7z",
  system: "M2.5 3.5h11v7h-11zM6 13.5h4M8 10.5v3",
  out: "M6.5 2.5h-3a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h3M10.5 5l3 3-3 3M13.5 8H6.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  print: "M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7z",
  warning: "M8 2.5l6 11H2zM8 6.5v3.5M8 11.8v.01",
  trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9",
  person: "M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8zM2.8 13.6c.5-2.4 2.6-3.6 5.2-3.6s4.7 1.2 5.2 3.6",
  keyboard: "M1.5 4h13v8h-13zM4 6.5h.01M6.5 6.5h.01M9 6.5h.01M11.5 6.5h.01M5 9.5h6",
  menu: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
};

/**
 * @param {{name: string}} props  Decorative: the text beside it, or an `aria-label`, says it.
 */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

/** The mark of the product: a wheel. */
export function Mark() {
  return html`<svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
    <rect width="24" height="24" rx="6" />
    <circle cx="12" cy="12" r="7" />
    <path d="M12 5v14M5.9 8.5l12.2 7M5.9 15.5l12.2-7" />
    <circle class="hub" cx="12" cy="12" r="2.2" />
  </svg>`;
}
