// A stranger reads the API's manual in a real browser, wide and narrow, light and dark:
//
//   node tests/browser/manual.mjs BASE_URL OUT_DIR [CHROMIUM]
//
// Every operation of the document is there and opens, the filter finds routes by their codes, both
// downloads are what they say, and the command to copy works.

import { mkdir } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { checks, equals, holds, summary } from "./support/checks.mjs";
import { openBrowser } from "./support/browser.mjs";

const [baseUrl, outDir, chromium = "/usr/bin/chromium"] = process.argv.slice(2);
if (!outDir) {
  console.error("usage: node tests/browser/manual.mjs BASE_URL OUT_DIR [CHROMIUM]");
  process.exit(2);
}
await mkdir(outDir, { recursive: true });
const api = await (await fetch(`${baseUrl}/openapi.json`)).json();
const operations = Object.values(api.paths).flatMap((item) => Object.values(item));
const browser = await openBrowser(chromium, baseUrl);

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

async function readSteps() {
  const { page } = browser;
  await page.goto(`${baseUrl}/docs`);
  await holds("the routes appear", () => page.locator(".route").first().waitFor());
  const ids = await page.locator(".route").evaluateAll((all) => all.map((it) => it.id).sort());
  await equals("every operation is there", ids, operations.map((it) => it.operationId).sort());
  await equals("every operation opens and says what it answers", await page.evaluate(async () => {
    const silent = [];
    for (const route of document.querySelectorAll(".route")) {
      route.open = true;
      await new Promise((resolve) => setTimeout(resolve));
      if (!route.querySelector(".status.ok") || !route.querySelector(".codes code") || !route.querySelector("pre")) silent.push(route.id);
      route.open = false;
    }
    return silent;
  }), []);

  await page.keyboard.press("/");
  await page.keyboard.type("out-of-stock");
  await holds("a code leads to the routes that answer it", () => page.locator("#checkOut").waitFor());
  await equals("and to no other", await page.locator("#findHealth").isVisible(), false);
  await page.keyboard.press("Escape");
  await holds("Esc shows all again", () => page.locator("#findHealth").waitFor());

  const command = await page.evaluate(async () => {
    const route = document.getElementById("searchProducts");
    route.open = true;
    await new Promise((resolve) => setTimeout(resolve));
    return [...route.querySelectorAll("pre")].map((it) => it.textContent).find((it) => it.startsWith("curl"));
  });
  const answer = execFileSync("bash", ["-c", `${command} --silent --fail`], { env: { ...process.env, TOKEN: "" } });
  await equals("the command to copy works", Array.isArray(JSON.parse(answer).results), true);

  for (const [name, path, member] of [["OpenAPI", "/openapi.json", "openapi"], ["Postman", "/docs/postman.json", "item"]]) {
    const link = page.getByRole("link", { name, exact: true });
    await equals(`${name} leads to its file`, await link.getAttribute("href"), path);
    const file = await (await page.request.get(`${baseUrl}${path}`)).json();
    await equals(`and ${path} is one`, member in file, true);
  }
}

async function pictureSteps() {
  const wide = { width: 1280, height: 800 };
  const narrow = { width: 390, height: 844 };
  for (const [look, options] of Object.entries({
    "wide-light": { viewport: wide },
    "wide-dark": { viewport: wide, colorScheme: "dark" },
    "narrow-light": { viewport: narrow, hasTouch: true },
    "narrow-dark": { viewport: narrow, hasTouch: true, colorScheme: "dark" },
  })) {
    const page = await browser.openPage(options);
    await page.goto(`${baseUrl}/docs`);
    await page.locator(".route").first().waitFor();
    await page.screenshot({ path: join(outDir, `docs-${look}.png`) });
    await page.goto(`${baseUrl}/docs#createProduct`);
    await holds(`an address opens its route, ${look}`, () => page.locator("#createProduct[open] .codes").first().waitFor());
    await page.screenshot({ path: join(outDir, `docs-route-${look}.png`) });
    await equals(`nothing scrolls sideways, ${look}`, await sideways(page), 0);
    await page.context().close();
  }
}

try {
  await checks("read the manual", readSteps);
  await checks("pictures of the manual", pictureSteps);
  await checks("complaints", () => equals("the browser had nothing to complain about", browser.complaints, []));
} finally {
  await browser.close();
}
process.exit(summary());
