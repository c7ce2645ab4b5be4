// Screens where nothing can be done yet: not staff, or no appliance.

import { Button } from "../components/button.js";
import { Mark } from "../components/icon.js";
import { session, signOut } from "../lib/session.js";
import { tellFailed } from "../lib/toast.js";
import { html } from "../lib/ui.js";

export function NotStaffPage() {
  const user = session.value.user;
  return html`<main class="gate">
    <${Mark} />
    <h1>This is the staff’s side of the shop</h1>
    <p>
      You are signed in as <strong>${user?.name || user?.username}</strong>, a shopper’s account. Your cart and your orders are in the
      shop’s app. If you work here, ask an administrator to make your account a staff account.
    </p>
    <div class="gate-actions">
      <${Button} kind="primary" onClick=${() => signOut().catch(tellFailed)}>Sign in as somebody else<//>
      <a class="button quiet" href="/">To the shop</a>
    </div>
  </main>`;
}

/** @param {{onRetry: () => void}} props */
export function UnreachablePage({ onRetry }) {
  return html`<main class="gate" role="alert">
    <${Mark} />
    <h1>The appliance does not answer</h1>
    <p>Check that Cartwright is running and that this device is on the shop’s network.</p>
    <div class="gate-actions"><${Button} kind="primary" onClick=${onRetry}>Try again<//></div>
  </main>`;
}
