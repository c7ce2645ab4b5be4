// Runs the collection that the shop serves, as a reader of /docs would: from top to bottom, with
// nothing set but the address and two tokens.
//
// node run.mjs MODULES BASE_URL: TOKEN_ADMIN and TOKEN_USER come from the environment.

import { createRequire } from "node:module";

const [modules, baseUrl] = process.argv.slice(2);
const newman = createRequire(`${modules}/`)("newman");

/** What has to work on the demo store, and not only be answered as documented. */
const MUST_SUCCEED = [
  "POST auth/signup", "POST auth/login", "POST auth/refresh", "POST auth/change-password", "POST auth/logout",
  "GET users", "POST users", "GET products", "POST products", "PATCH products/:id", "DELETE products/:id",
  "GET products/search", "GET products/barcode/:code", "POST products/import", "GET products/export",
  "POST devices", "POST devices/:id/rotate", "POST cart/esp32/add_item", "POST cart/esp32/events",
  "POST cart/esp32/checkout", "GET cart/esp32/cart", "POST cart/connect", "POST cart/disconnect",
  "GET cart/:user_id", "POST cart/:user_id/items", "POST checkout", "POST orders", "GET orders/:id",
  "PATCH orders/:id", "GET promotions", "POST promotions", "PATCH promotions/:id", "DELETE promotions/:id",
  "GET auth/sessions", "POST auth/verify_mobile", "GET user/profile", "POST user/checklist/add", "GET audit", "GET settings",
  "POST cart/shortest_path", "GET map", "GET health", "GET reports/dashboard",
];

const collection = await (await fetch(`${baseUrl}/docs/postman.json`)).json();
const paths = new Map(collection.item.flatMap(({ name: folder, item }) => item.map((it) => [it, folder])));
const key = ({ request }) => `${request.method} ${request.url.path.join("/")}`;
const known = new Set([...paths].filter(([, folder]) => folder !== "older names").map(([it]) => key(it)));

const summary = await new Promise((resolve, reject) => {
  const envVar = Object.entries({ BASE_URL: baseUrl, TOKEN_ADMIN: process.env.TOKEN_ADMIN, TOKEN_USER: process.env.TOKEN_USER })
    .map(([name, value]) => ({ key: name, value }));
  newman.run({ collection, envVar, reporters: [], timeoutRequest: 30_000 }, (error, result) => (error ? reject(error) : resolve(result)));
});

const complaints = MUST_SUCCEED.filter((it) => !known.has(it)).map((it) => `${it} is not in the collection`);
for (const { error, source } of summary.run.failures) complaints.push(`${source?.name}: ${error.message}`);
const items = collection.item.flatMap(({ item }) => item);
const refused = [];
for (const [index, { response, requestError }] of summary.run.executions.entries()) {
  const name = key(items[index]);
  if (requestError || !response) complaints.push(`${name} was not answered`);
  else if (response.code >= 300) {
    refused.push(`${response.code} ${name}`);
    if (MUST_SUCCEED.includes(name)) complaints.push(`${name}: ${response.code} ${response.text().slice(0, 300)}`);
  }
}
console.log(`${summary.run.executions.length} requests, ${summary.run.executions.length - refused.length} fulfilled; refused as documented: ${refused.join(", ")}`);
for (const complaint of complaints) console.error(`- ${complaint}`);
process.exit(complaints.length === 0 ? 0 : 1);
