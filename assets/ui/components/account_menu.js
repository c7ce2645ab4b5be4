// The menu of the signed-in person: colours, keys, the way out.

import { capitalised } from "../lib/format.js";
import { helpOpen } from "../lib/keyboard.js";
import { recall, remember } from "../lib/memory.js";
import { session, signOut } from "../lib/session.js";
import { tellFailed } from "../lib/toast.js";
import { html, signal, useEffect, useRef } from "../lib/ui.js";
import { Segmented } from "./button.js";
import { Icon } from "./icon.js";

export const ACCOUNT_MENU_ID = "account-menu";

const theme = signal(recall("theme") ?? "system");

/** @param {string} choice */
function chooseTheme(choice) {
  theme.value = choice;
  remember("theme", choice === "system" ? null : choice);
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}

export function AccountMenu() {
  const menu = useRef(/** @type {HTMLElement | null} */ (null));
  const user = session.value.user;

  useEffect(() => {
    const hide = () => menu.current?.hidePopover();
    addEventListener("hashchange", hide);
    return () => removeEventListener("hashchange", hide);
  }, []);

  return html`<div class="menu" id=${ACCOUNT_MENU_ID} popover ref=${menu} role="dialog" aria-label="Account">
    <div class="menu-person">
      <strong>${user?.name || user?.username}</strong>
      <span>${capitalised(user?.role ?? "")}</span>
    </div>
    <div class="menu-theme">
      <${Segmented}
        label="Colours"
        value=${theme.value}
        onChange=${chooseTheme}
        options=${[
          { value: "light", label: "Light", icon: "sun" },
          { value: "dark", label: "Dark", icon: "moon" },
          { value: "system", label: "Auto", icon: "system" },
        ]}
      />
    </div>
    <a class="menu-item" href="#/account" onClick=${() => menu.current?.hidePopover()}><${Icon} name="person" />Your account</a>
    <button
      type="button"
      class="menu-item keys"
      onClick=${() => {
        menu.current?.hidePopover();
        helpOpen.value = true;
      }}
    >
      <${Icon} name="keyboard" />Keyboard shortcuts<kbd aria-hidden="true">?</kbd>
    </button>
    <button type="button" class="menu-item" onClick=${() => signOut().catch(tellFailed)}><${Icon} name="out" />Sign out</button>
  </div>`;
}
