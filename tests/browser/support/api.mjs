// The shop's public API as the tests use it, beside the browser: to know what the screens must
// show, and to be the device on a trolley.

import { randomBytes } from "node:crypto";

export class ShopApi {
  /** Signs in; the token lives as long as one journey. */
  static async signIn(baseUrl, username, password, deviceKey) {
    const api = new ShopApi(baseUrl, deviceKey);
    api.token = (await api.call("POST", "/auth/login", { username, password })).access_token;
    return api;
  }

  constructor(baseUrl, deviceKey) {
    this.baseUrl = baseUrl;
    this.deviceKey = deviceKey;
    this.token = "";
    // A new life of the device: its events are counted from 1 and each is applied once.
    this.bootId = `journey-${randomBytes(6).toString("hex")}`;
    this.seq = 0;
  }

  /** Calls the API as the administrator; throws on a refusal. */
  async call(method, path, body) {
    const response = await fetch(`${this.baseUrl}/api/v1${path}`, {
      method,
      headers: { "Content-Type": "application/json", ...(this.token && { Authorization: `Bearer ${this.token}` }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }

  /** Sends one event of the trolley's device. */
  async device(path, body = {}) {
    this.seq += 1;
    const response = await fetch(`${this.baseUrl}/cart/esp32/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-API-Key": this.deviceKey },
      body: JSON.stringify({ ...body, boot_id: this.bootId, seq: this.seq }),
    });
    const answer = await response.json();
    if (!response.ok || answer.success !== true) throw new Error(`the device's ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  }

  product(id) {
    return this.call("GET", `/products/${id}`);
  }

  /** Two products that can be scanned, in stock, for any age. */
  async scannable() {
    const products = await this.call("GET", "/products?limit=200&sort=name");
    const found = products.filter((each) => each.active && each.unit === "each" && each.barcodes.length > 0 && each.stock > 20 && !each.min_age);
    if (found.length < 2) throw new Error("the shop needs two products that have barcodes, are sold by the piece and are in stock");
    return found.slice(0, 2);
  }
}
