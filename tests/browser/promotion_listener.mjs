// Hears one promotion, as a shopper's page does that keeps its session in a cookie:
//
//   node tests/browser/promotion_listener.mjs BASE_URL COOKIE_HEADER
//
// Prints "connected" or "refused", then what the first event `promotion` carries. Ends with 1
// when it is refused or nothing comes in time.

import { io } from "socket.io-client";

const PATIENCE_MS = 20_000;
const [baseUrl, cookie] = process.argv.slice(2);
const socket = io(`${baseUrl}/promotions`, {
  transports: ["websocket"],
  reconnection: false,
  withCredentials: true,
  extraHeaders: cookie ? { cookie } : {},
});

function end(line, code) {
  console.log(line);
  socket.disconnect();
  process.exit(code);
}

setTimeout(() => end("nothing came", 1), PATIENCE_MS);
socket.on("connect", () => console.log("connected"));
socket.on("connect_error", () => end("refused", 1));
socket.on("promotion", (data) => end(JSON.stringify(data), 0));
