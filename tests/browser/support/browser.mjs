// The browser, and what it must never see: script errors, breaches of the content security policy,
// requests to other addresses, refusals that no step provoked.

import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WAIT_MS = 15_000;

/** Not being signed in is found out by asking. */
const USUAL_REFUSALS = ["401 GET /api/v1/auth/check", "401 POST /api/v1/auth/refresh"];

/**
 * @param {string} executablePath
 * @param {string} baseUrl
 */
export async function openBrowser(executablePath, baseUrl) {
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  /** @type {string[]} */
  const complaints = [];
  /** @type {Set<string>} */
  const expected = new Set(USUAL_REFUSALS);

  /** A fresh profile with one page. */
  async function openPage(options = {}) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      colorScheme: "light",
      locale: "en-GB",
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    page.on("pageerror", (error) => complaints.push(`script error: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      // Failed requests are judged below, with their method.
      if (message.type() !== "error" || message.text().startsWith("Failed to load resource")) return;
      complaints.push(`console: ${message.text()}`);
    });
    page.on("response", (response) => {
      if (response.status() < 400) return;
      const refusal = `${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`;
      if (!expected.has(refusal)) complaints.push(`refused: ${refusal}`);
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${baseUrl}/`) && !url.startsWith("data:") && !url.startsWith("blob:")) complaints.push(`request elsewhere: ${url}`);
    });
    return page;
  }

  const page = await openPage();
  return {
    openPage,
    page,
    /**
     * The page as it stands, in a picture and in words.
     * @param {string} picture  The file.
     */
    async describe(picture) {
      await page.screenshot({ path: picture });
      return page.evaluate(() => {
        const front = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.querySelector("main") ?? document.body;
        const fields = [...front.querySelectorAll("input, select, textarea")].map(({ name, type, value, disabled }) => `${name || type}=${type === "password" ? value.length : value}${disabled ? " (disabled)" : ""}`);
        const focus = document.activeElement?.outerHTML.slice(0, 200);
        return `at ${location.hash}, focus in ${focus}\nfields: ${fields.join(", ").slice(0, 600)}\n${front.innerText.slice(0, 1200)}`;
      });
    },
    complaints,
    /** A step provokes this refusal on purpose, e.g. `412 PATCH /api/v1/products/3`. */
    expectRefusal: (/** @type {string} */ refusal) => expected.add(refusal),
    close: () => browser.close(),
  };
}
