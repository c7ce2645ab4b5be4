// What stands around every screen: the navigation at the side, or at the bottom of a phone, where
// what has no room is behind "More".

import { count, counted } from "../lib/format.js";
import { openAlerts } from "../lib/open_alerts.js";
import { screensFor } from "../lib/screens.js";
import { session } from "../lib/session.js";
import { html, useEffect, useRef } from "../lib/ui.js";
import { ACCOUNT_MENU_ID, AccountMenu } from "./account_menu.js";
import { Icon, Mark } from "./icon.js";

/** @import { Screen } from "../lib/screens.js" */

const MORE_MENU_ID = "more-menu";

/**
 * @param {{section: string, children: any}} props  `section` is the first segment of the route.
 */
export function Shell({ section, children }) {
  const user = session.value.user;
  const screens = screensFor(user);
  const behind = screens.filter((screen) => !screen.first);
  const administration = screens.filter((screen) => screen.admin);
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
      <div class="sidebar-lists">
        <${Links} screens=${screens.filter((screen) => !screen.admin)} section=${section}>
          <li class="more">
            <button
              type="button"
              popovertarget=${MORE_MENU_ID}
              aria-haspopup="true"
              data-current=${behind.some((screen) => screen.section === section) ? "" : undefined}
            >
              <${Icon} name="more" /><span>More</span><${OpenAlerts} />
            </button>
          </li>
        <//>
        ${administration.length > 0 &&
        html`<div class="sidebar-group">
          <h2 id="administration">Administration</h2>
          <${Links} screens=${administration} section=${section} labelledby="administration" />
        </div>`}
      </div>
      <button type="button" class="account" popovertarget=${ACCOUNT_MENU_ID}>
        <${Icon} name="person" /><span>${user?.name || user?.username}</span><${Icon} name="menu" />
      </button>
    </nav>
    <${MoreMenu} screens=${behind} section=${section} />
    <${AccountMenu} />
    <main id="main" tabindex="-1">${children}</main>
  </div>`;
}

const ALERTS_SHOWN_MAX = 99;

/** How many alerts are open; nothing while there are none. */
function OpenAlerts() {
  const many = openAlerts.value;
  if (many === 0) return null;
  return html`<span class="nav-count"><span aria-hidden="true">${many > ALERTS_SHOWN_MAX ? `${ALERTS_SHOWN_MAX}+` : count(many)}</span><span class="visually-hidden">${counted(many, "open alert")}</span></span>`;
}

/** @param {{screens: Screen[], section: string, labelledby?: string, children?: any}} props */
function Links({ screens, section, labelledby, children }) {
  return html`<ul aria-labelledby=${labelledby}>
    ${screens.map(
      (screen) => html`<li key=${screen.section} class=${screen.first ? undefined : "behind"}>
        <a href=${screen.hash} aria-current=${screen.section === section ? "page" : undefined}>
          <${Icon} name=${screen.icon} /><span>${screen.label}</span>${screen.counted && html`<${OpenAlerts} />`}
        </a>
      </li>`,
    )}
    ${children}
  </ul>`;
}

/**
 * On a phone: the screens that the bar has no room for.
 * @param {{screens: Screen[], section: string}} props
 */
function MoreMenu({ screens, section }) {
  const menu = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const hide = () => menu.current?.hidePopover();
    addEventListener("hashchange", hide);
    return () => removeEventListener("hashchange", hide);
  }, []);
  return html`<nav class="menu more-menu" id=${MORE_MENU_ID} popover ref=${menu} aria-label="More screens">
    ${screens.map(
      (screen) => html`<a key=${screen.section} class="menu-item" href=${screen.hash} aria-current=${screen.section === section ? "page" : undefined}
        onClick=${() => menu.current?.hidePopover()}>
        <${Icon} name=${screen.icon} />${screen.label}${screen.counted && html`<${OpenAlerts} />`}
      </a>`,
    )}
  </nav>`;
}
