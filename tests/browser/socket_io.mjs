// Live promotions, with the real Socket.IO client:
//
//   node tests/browser/socket_io.mjs BASE_URL STAFF_USER STAFF_PASSWORD
//
// Shoppers listen over both transports, by cookie and by token; staff start a promotion and every
// one of them hears of it, once; strangers are refused; who signs out is disconnected.

import { randomBytes } from "node:crypto";
import { io } from "socket.io-client";
import { ShopApi } from "./support/api.mjs";
import { checks, equals, holds, summary } from "./support/checks.mjs";

const [givenUrl, staffName, staffPassword] = process.argv.slice(2);
if (!staffPassword) {
  console.error("usage: node tests/browser/socket_io.mjs BASE_URL STAFF_USER STAFF_PASSWORD");
  process.exit(2);
}
const baseUrl = givenUrl.replace(/\/$/, "");
const PATIENCE_MS = 10_000;
const staff = await ShopApi.signIn(baseUrl, staffName, staffPassword, "");

/** A new customer, signed in. */
async function newShopper() {
  const shopper = new ShopApi(baseUrl, "");
  const username = `live-${randomBytes(6).toString("hex")}`;
  shopper.token = (await shopper.call("POST", "/auth/signup", { username, password: "a walk past the promotions" })).access_token;
  return shopper;
}

/**
 * @param {string[]} transports
 * @param {"cookie" | "token" | "header" | "nothing"} by
 * @param {string} [token]
 */
function client(transports, by, token) {
  const credentials = {
    cookie: { extraHeaders: { cookie: `access_token_cookie=${token}` } },
    token: { auth: { token } },
    header: { extraHeaders: { authorization: `Bearer ${token}` } },
    nothing: {},
  };
  const socket = io(`${baseUrl}/promotions`, { transports, forceNew: true, reconnection: false, withCredentials: true, ...credentials[by] });
  socket.heard = [];
  socket.on("promotion", (data) => socket.heard.push(data));
  return socket;
}

/** The arguments of the first of these events. */
function first(socket, ...names) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`none of ${names} within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    for (const name of names) {
      socket.once(name, (...given) => {
        clearTimeout(late);
        resolve([name, ...given]);
      });
    }
  });
}

async function connected(socket) {
  const [name, error] = await first(socket, "connect", "connect_error");
  if (name !== "connect") throw new Error(`refused: ${error.message}`);
  return socket;
}

async function refused(socket) {
  const [name, error] = await first(socket, "connect", "connect_error");
  socket.disconnect();
  if (name !== "connect_error") throw new Error("was let in");
  if (!error.message) throw new Error("no word of why");
  return error.message;
}

/** Waits until a condition holds. */
async function eventually(condition) {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const TRANSPORTS = { websocket: ["websocket"], polling: ["polling"], upgraded: ["polling", "websocket"] };

await checks("a promotion starts", async () => {
  const shopper = await newShopper();
  const { token } = shopper;
  const sockets = [];
  for (const [name, transports] of Object.entries(TRANSPORTS)) {
    for (const by of ["cookie", "token", "header"]) {
      sockets.push(await holds(`a shopper listens by ${by} over ${name}`, () => connected(client(transports, by, token))));
    }
  }
  const message = `Everything must go, ${randomBytes(4).toString("hex")}`;
  const [product] = await staff.scannable();
  const promotion = { name: "Live", kind: "percent", value: 10, scope: "product", product_ids: [product.id], message };
  const { id } = await holds("staff start a promotion", () => staff.call("POST", "/promotions", promotion));
  await holds("everyone hears of it", () => eventually(() => sockets.every((socket) => socket.heard.length > 0)));
  await equals("once, and in these words", sockets.map((socket) => socket.heard), sockets.map(() => [{ message }]));
  const ends = sockets.map((socket) => first(socket, "disconnect"));
  await shopper.call("POST", "/auth/logout");
  const reasons = await holds("who signs out is disconnected", () => Promise.all(ends));
  await equals("by the server", reasons.map(([, reason]) => reason), sockets.map(() => "io server disconnect"));
  await holds("the promotion is taken back", () => staff.call("DELETE", `/promotions/${id}`));
  for (const transports of Object.values(TRANSPORTS)) {
    await holds(`the ended session is refused over ${transports}`, () => refused(client(transports, "token", token)));
  }
});

await checks("strangers", async () => {
  for (const [name, transports] of Object.entries(TRANSPORTS)) {
    await holds(`nobody listens without a session over ${name}`, () => refused(client(transports, "nothing")));
    await holds(`nor with a foreign token over ${name}`, () => refused(client(transports, "token", "eyJhbGciOiJub25lIn0.e30.")));
    await holds(`nor with one in the cookie over ${name}`, () => refused(client(transports, "cookie", "stolen")));
  }
  const other = io(`${baseUrl}/admin`, { transports: ["websocket"], forceNew: true, reconnection: false });
  await equals("there is no other namespace", await refused(other), "Invalid namespace");
});

process.exit(summary());
