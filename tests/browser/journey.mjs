// A journey through the administration in a real browser, against a running shop:
//
//   node tests/browser/journey.mjs BASE_URL ADMIN_USER ADMIN_PASSWORD DEVICE_KEY OUT_DIR [CHROMIUM]
//
// Signs in, edits a product, scans through the device API and watches the cart change without a
// reload, takes an order to the till, looks after the fleet, its alerts and its firmware, keeps the catalogue, imports a price list and takes it back,
// runs a promotion, walks through the store map, looks after people and settings, and keeps
// pictures of every screen in OUT_DIR. Each step waits for a condition. Prints one line per check and a summary; exits with 1 if a check failed.

import { checks, describeFailures, summary } from "./support/checks.mjs";
import { openBrowser } from "./support/browser.mjs";
import { ShopApi } from "./support/api.mjs";
import {
  accessSteps,
  conflictSteps,
  editSteps,
  floorSteps,
  keyboardSteps,
  orderSteps,
  renewalSteps,
  searchSteps,
  signInSteps,
  signOutSteps,
} from "./support/steps.mjs";
import { accountSteps, auditSteps, peopleSteps, promotionSteps, settingsSteps } from "./support/administration_steps.mjs";
import { barcodeSteps, filterSteps, goodsSteps, importSteps, lookupSteps, wordsSteps } from "./support/catalogue_steps.mjs";
import { alertSteps, cartActSteps, enrolSteps, firmwareSteps, fleetSteps, keySteps, trolleySteps } from "./support/fleet_steps.mjs";
import { closureSteps, mapFileSteps, mapSteps, walkSteps } from "./support/map_steps.mjs";
import { pictureSteps } from "./support/pictures.mjs";

const [baseUrl, username, password, deviceKey, outDir, chromium = "/usr/bin/chromium"] = process.argv.slice(2);
if (!outDir) {
  console.error("usage: node tests/browser/journey.mjs BASE_URL ADMIN_USER ADMIN_PASSWORD DEVICE_KEY OUT_DIR [CHROMIUM]");
  process.exit(2);
}

const api = await ShopApi.signIn(baseUrl.replace(/\/$/, ""), username, password, deviceKey);
const browser = await openBrowser(chromium, api.baseUrl);
/** @type {import("./support/steps.mjs").Journey} */
const journey = { api, browser, username, password, outDir };
describeFailures((group) => browser.describe(`${outDir}/failed-${group.replaceAll(" ", "-")}.png`));

try {
  await checks("sign in", () => signInSteps(journey));
  await checks("search", () => searchSteps(journey));
  await checks("edit a product", () => editSteps(journey));
  await checks("two people edit", () => conflictSteps(journey));
  await checks("narrow the list", () => filterSteps(journey));
  await checks("all that a product has", () => goodsSteps(journey));
  await checks("import a price list", () => importSteps(journey));
  await checks("loose goods", () => lookupSteps(journey));
  await checks("search words", () => wordsSteps(journey));
  await checks("barcode rules", () => barcodeSteps(journey));
  await checks("scan into a cart", () => floorSteps(journey));
  await checks("pay at the till", () => orderSteps(journey));
  await checks("add a trolley by its key", () => keySteps(journey));
  await checks("add a trolley by a pairing code", () => enrolSteps(journey));
  await checks("see who needs somebody", () => fleetSteps(journey));
  await checks("look after one trolley", () => trolleySteps(journey));
  await checks("help with a cart", () => cartActSteps(journey));
  await checks("clear an alert", () => alertSteps(journey));
  await checks("hand out firmware", () => firmwareSteps(journey));
  await checks("run a promotion", () => promotionSteps(journey));
  await checks("look at the store map", () => mapSteps(journey));
  await checks("report a blocked aisle", () => closureSteps(journey));
  await checks("try a walk", () => walkSteps(journey));
  await checks("replace the map", () => mapFileSteps(journey));
  await checks("lock somebody out", () => peopleSteps(journey));
  await checks("change a setting", () => settingsSteps(journey));
  await checks("find it in the audit log", () => auditSteps(journey));
  await checks("sign out elsewhere", () => accountSteps(journey));
  await checks("keyboard", () => keyboardSteps(journey));
  await checks("pictures", () => pictureSteps(journey));
  await checks("access", () => accessSteps(journey));
  await checks("renewal", () => renewalSteps(journey));
  await checks("sign out", () => signOutSteps(journey));
} finally {
  await browser.close();
}
process.exit(summary());
