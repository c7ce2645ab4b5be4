// The administration of the shop: decides which screen stands, and starts what all screens share.

import { Empty } from "./components/page.js";
import { Shell } from "./components/shell.js";
import { Shortcuts } from "./components/shortcuts.js";
import { Toasts } from "./components/toasts.js";
import { keepFocus } from "./lib/focus.js";
import { listenForKeys } from "./lib/keyboard.js";
import { startLive, stopLive, useLive } from "./lib/live.js";
import { useOpenAlerts } from "./lib/open_alerts.js";
import { loadNames, rememberDevice } from "./lib/people.js";
import { route } from "./lib/router.js";
import { isAdmin, isStaff, session, startSession } from "./lib/session.js";
import { html, render, useEffect, useRef } from "./lib/ui.js";
import { AccountPage } from "./pages/account.js";
import { AlertsPage } from "./pages/alerts.js";
import { AuditPage } from "./pages/audit.js";
import { BarcodeRulesPage } from "./pages/barcode_rules.js";
import { CartsPage } from "./pages/carts.js";
import { DashboardPage } from "./pages/dashboard.js";
import { DevicesPage } from "./pages/devices.js";
import { FirmwarePage } from "./pages/firmware.js";
import { ImportPage } from "./pages/import.js";
import { LookupPage } from "./pages/lookup.js";
import { MapPage } from "./pages/map.js";
import { OrderPage } from "./pages/order.js";
import { OrdersPage } from "./pages/orders.js";
import { PeoplePage } from "./pages/people.js";
import { ProductsPage } from "./pages/products.js";
import { PromotionsPage } from "./pages/promotions.js";
import { SettingsPage } from "./pages/settings.js";
import { SetupPage } from "./pages/setup.js";
import { SignInPage } from "./pages/sign_in.js";
import { NotStaffPage, UnreachablePage } from "./pages/standstill.js";
import { WordsPage } from "./pages/words.js";

function App() {
  const { phase, user } = session.value;
  if (phase === "starting") return html`<div class="starting" role="status"><span class="visually-hidden">Loading…</span></div>`;
  if (phase === "unreachable") return html`<${UnreachablePage} onRetry=${startSession} />`;
  if (phase === "setup") return html`<${SetupPage} token=${route.value.query.token ?? ""} />`;
  if (phase === "signed-out") return html`<${SignInPage} />`;
  if (!isStaff(user)) return html`<${NotStaffPage} />`;
  return html`<${Screens} />`;
}

function Screens() {
  const [section = "", record = null, part = null] = route.value.path;
  const beside = section === "orders" || (section === "products" && CATALOGUE_SCREENS.includes(record ?? ""));
  const first = useRef(true);

  useEffect(() => {
    loadNames();
    startLive();
    return stopLive;
  }, []);

  useOpenAlerts();
  useLive("device", ({ device_id: id, device }) => rememberDevice(id, device));

  // A new screen starts at its top, for the eyes and for those who listen.
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    const main = document.querySelector("main");
    // A screen that has put the focus somewhere itself keeps it.
    if (main?.contains(document.activeElement)) return;
    /** @type {HTMLElement | null | undefined} */ (main?.querySelector("h1"))?.focus({ preventScroll: true });
  }, [section, beside && record]);

  return html`<${Shell} section=${LISTED_UNDER[section] ?? section}>${screen(section, record, part)}<//><${Shortcuts} />`;
}

/** Sections that have no entry of their own in the navigation. @type {Record<string, string>} */
const LISTED_UNDER = { setup: "", lookup: "products" };

/** What stands below the products and is no product. */
const CATALOGUE_SCREENS = ["import", "words", "codes"];

/**
 * @param {string} section
 * @param {string | null} record
 * @param {string | null} part
 */
function screen(section, record, part) {
  switch (section) {
    case "":
    case "setup":
      return html`<${DashboardPage} />`;
    case "products":
      if (record === "import") return html`<${ImportPage} />`;
      if (record === "words") return html`<${WordsPage} record=${part} />`;
      if (record === "codes") return html`<${BarcodeRulesPage} />`;
      return html`<${ProductsPage} record=${record} />`;
    case "lookup":
      return html`<${LookupPage} />`;
    case "orders":
      return record ? html`<${OrderPage} key=${record} id=${record} />` : html`<${OrdersPage} />`;
    case "carts":
      return html`<${CartsPage} />`;
    case "devices":
      return html`<${DevicesPage} record=${record} />`;
    case "alerts":
      return html`<${AlertsPage} />`;
    case "firmware":
      return html`<${FirmwarePage} />`;
    case "map":
      return html`<${MapPage} part=${record} />`;
    case "promotions":
      return html`<${PromotionsPage} record=${record} />`;
    case "account":
      return html`<${AccountPage} />`;
    case "people":
    case "settings":
    case "audit":
      return isAdmin(session.value.user) ? administration(section, record) : html`<${NotAdmin} />`;
    default:
      return html`<${Empty} icon="search" title="There is no such page"><a class="button" href="#/">To the dashboard</a><//>`;
  }
}

/**
 * @param {"people" | "settings" | "audit"} section
 * @param {string | null} record
 */
function administration(section, record) {
  if (section === "people") return html`<${PeoplePage} record=${record} />`;
  return section === "settings" ? html`<${SettingsPage} />` : html`<${AuditPage} />`;
}

function NotAdmin() {
  return html`<${Empty} icon="lock" title="For administrators">
    <p>Your account may look after products, promotions, orders and carts, but not this.</p>
    <a class="button" href="#/">To the dashboard</a>
  <//>`;
}

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
render(html`<${App} /><${Toasts} />`, app);
listenForKeys();
keepFocus();
startSession();
