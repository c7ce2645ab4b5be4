// What stands around every screen: the navigation at the side, or at the bottom of a phone.

import { session } from "../lib/session.js";
import { html } from "../lib/ui.js";
import { ACCOUNT_MENU_ID, AccountMenu } from "./account_menu.js";
import { Icon, Mark } from "./icon.js";

const ITEMS = [
  { section: "", hash: "#/", icon: "dashboard", label: "Dashboard" },
  { section: "products", hash: "#/products", icon: "products", label: "Products" },
  { section: "orders", hash: "#/orders", icon: "orders", label: "Orders" },
  { section: "carts", hash: "#/carts", icon: "carts", label: "Carts" },
  { section: "devices", hash: "#/devices", icon: "devices", label: "Devices" },
];

/**
 * @param {{section: string, children: any}} props  `section` is the first segment of the route.
 */
export function Shell({ section, children }) {
  const user = session.value.user;
  const skip = (/** @type {Event} */ event) => {
    event.preventDefault();
    document.querySelector("main")?.focus();
  };
  return html`<div class="shell">
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="topbar">
      <a class="brand" href="#/"><${Mark} />Cartwright</a>
      <button type="button" class="icon-button" popovertarget=${ACCOUNT_MENU_ID} aria-label="Account"><${Icon} name="person" /></button>
    </header>
    <nav class="sidebar" aria-label="Main">
      <a class="brand" href="#/"><${Mark} />Cartwright</a>
      <ul>
        ${ITEMS.map(
          (item) => html`<li key=${item.section}>
            <a href=${item.hash} aria-current=${item.section === section ? "page" : undefined}>
              <${Icon} name=${item.icon} /><span>${item.label}</span>
            </a>
          </li>`,
        )}
      </ul>
      <button type="button" class="account" popovertarget=${ACCOUNT_MENU_ID}>
        <${Icon} name="person" /><span>${user?.name || user?.username}</span><${Icon} name="menu" />
      </button>
    </nav>
    <${AccountMenu} />
    <main id="main" tabindex="-1">${children}</main>
  </div>`;
}
