// No map yet: what one is for, and how to come by one.

import { html } from "../lib/ui.js";
import { Icon } from "./icon.js";
import { MapReplace } from "./map_replace.js";

const PARTS = [
  { icon: "route", title: "Ways and nodes", text: "Where people walk: nodes in metres and the ways between them, one-way, narrow or open for some hours if they are." },
  { icon: "pin", title: "Locations", text: "Where goods stand: each has an id such as A3-07, which products name as their location." },
  { icon: "dashboard", title: "Sections", text: "What an area is called: “Dairy”, “Bakery”. Directions speak of them." },
];

/** @param {{onSaved: () => void}} props */
export function MapEmpty({ onSaved }) {
  return html`<div class="map-empty">
    <p class="map-lead">With a map of the store, every shopping list becomes the shortest walk past all its goods to a checkout, with directions on phones and trolleys.</p>
    <ul class="map-parts">
      ${PARTS.map(({ icon, title, text }) => html`<li key=${title}><${Icon} name=${icon} /><div><h2>${title}</h2><p>${text}</p></div></li>`)}
    </ul>
    <${MapReplace} present=${null} onSaved=${onSaved} onStale=${onSaved} />
  </div>`;
}
