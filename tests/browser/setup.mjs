// The first visit to a shop that has no administrator yet, in a real browser:
//
//   node tests/browser/setup.mjs BASE_URL SETUP_TOKEN ADMIN_USER ADMIN_PASSWORD OUT_DIR [CHROMIUM]
//
// Makes the administrator through the form, refused first and accepted then. Keeps pictures in OUT_DIR.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openBrowser } from "./support/browser.mjs";
import { checks, equals, holds, summary } from "./support/checks.mjs";

const [givenUrl, token, username, password, outDir, chromium = "/usr/bin/chromium"] = process.argv.slice(2);
if (!outDir) {
  console.error("usage: node tests/browser/setup.mjs BASE_URL SETUP_TOKEN ADMIN_USER ADMIN_PASSWORD OUT_DIR [CHROMIUM]");
  process.exit(2);
}
const baseUrl = givenUrl.replace(/\/$/, "");
const browser = await openBrowser(chromium, baseUrl);

/** @param {string} givenToken */
async function fill(givenToken) {
  const { page } = browser;
  await page.getByLabel("Setup token").fill(givenToken);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
}

await checks("first visit", async () => {
  const { page, complaints } = browser;
  await mkdir(outDir, { recursive: true });
  await page.goto(`${baseUrl}/setup`);
  const heading = page.getByRole("heading", { level: 1, name: "Set up your shop" });
  await holds("/setup leads to the form", () => heading.waitFor());
  await page.screenshot({ path: join(outDir, "setup.png") });

  for (const status of [400, 401, 403]) browser.expectRefusal(`${status} POST /api/v1/setup`);
  await fill(`${token}-wrong`);
  await holds("a wrong token is refused", () => page.getByRole("alert").locator(".problem").waitFor());
  await holds("and the form stays", () => heading.waitFor());

  await fill(token);
  await holds("the right one leads to the dashboard", () => page.getByRole("heading", { level: 1, name: "Dashboard" }).waitFor());
  await page.waitForFunction(() => !document.querySelector(".skeleton, .skeleton-row"));
  await page.screenshot({ path: join(outDir, "first-dashboard.png") });
  await page.reload();
  await holds("the session outlives a reload", () => page.getByRole("heading", { level: 1, name: "Dashboard" }).waitFor());
  await equals("the browser had nothing to complain about", complaints, []);
});

await browser.close();
process.exit(summary());
