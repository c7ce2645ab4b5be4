// The public HTTP API as the screens use it: JSON in and out, cookies as the credential, problems
// as one error type. A call that meets an ended access token renews it once and is sent again.

import { recall, remember } from "./memory.js";

const PREFIX = "/api/v1";
const TIMEOUT_MS = 20_000;
/** For what goes through a large part of the catalogue. */
export const LONG_MS = 10 * 60_000;

/** @type {Record<number, string>} */
const FALLBACK_DETAIL = {
  0: "The appliance does not answer. Check that it is running and that this device is on its network.",
  403: "Your account may not do this.",
  404: "This does not exist (any more).",
  413: "This file is too large.",
  429: "Too many attempts. Wait a moment and try again.",
  503: "The appliance is busy. Try again in a moment.",
};

/** A refusal by the appliance, or (status 0) no answer at all. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{detail?: string, title?: string, code?: string, errors?: {field: string, message: string}[]} & Record<string, any>} problem
   */
  constructor(status, problem = {}) {
    super(problem.detail || FALLBACK_DETAIL[status] || problem.title || `The request failed (${status}).`);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "";
    this.errors = problem.errors ?? [];
    /** The whole answer: some refusals are reports. */
    this.data = problem;
  }

  /**
   * Messages by field; an element of a list (`barcodes[0]`) counts for its list, a member of a row
   * (`packs[1].quantity`) names the row.
   * @returns {Record<string, string>}
   */
  get fields() {
    /** @type {Record<string, string>} */
    const messages = {};
    for (const { field, message } of this.errors) {
      const name = field.split(/[.[]/, 1)[0];
      const row = /\[(\d+)\]\./.exec(field)?.[1];
      messages[name] ??= row === undefined ? message : `Row ${Number(row) + 1}: ${message}`;
    }
    return messages;
  }
}

/**
 * @typedef {object} CallOptions
 * @property {Record<string, unknown>} [query]  Empty values are left out.
 * @property {unknown} [body]  Sent as JSON.
 * @property {Blob} [file]  Sent as it is, however long it takes.
 * @property {(sent: number) => void} [onProgress]  How much of the file has arrived, from 0 to 1.
 * @property {string | null} [etag]  The version this change is based on (`If-Match`).
 * @property {string} [idempotencyKey]  Lets a repeated creation be recognised as the same one.
 * @property {AbortSignal} [signal]
 * @property {number} [timeoutMs]
 * @property {boolean} [text]  The answer is a text and no JSON.
 * @property {boolean} [anonymous]  A route whose 401 is an answer about the request, not the session.
 */

/**
 * @template T
 * @typedef {{data: T, etag: string | null, total: number | null}} Answer
 */

/** @type {() => void} */
let sessionEnded = () => {};

/**
 * Names the function that is called when the session can no longer be renewed.
 * @param {() => void} callback
 */
export function onSessionEnd(callback) {
  sessionEnded = callback;
}

/**
 * Calls the API.
 * @param {string} method
 * @param {string} path  Below the prefix, e.g. `/products/12`.
 * @param {CallOptions} [options]
 * @returns {Promise<Answer<any>>}
 * @throws {ApiError}
 */
export async function call(method, path, options = {}) {
  const sentAt = Date.now();
  let response = await send(method, path, options);
  if (response.status === 401 && !options.anonymous) {
    if (await renewSession(sentAt)) response = await send(method, path, options);
    if (response.status === 401) sessionEnded();
  }
  return read(response, options.text);
}

/** @type {(path: string, options?: CallOptions) => Promise<Answer<any>>} */
export const get = (path, options) => call("GET", path, options);

/** A key for `Idempotency-Key`. `crypto.randomUUID` is missing on plain-HTTP addresses. */
export function newIdempotencyKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} path
 * @returns {string} The address of an API resource for links and event streams.
 */
export function address(path) {
  return PREFIX + path;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {CallOptions} options
 */
async function send(method, path, { query, body, file, text, onProgress, etag, idempotencyKey, signal, timeoutMs = TIMEOUT_MS }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: text ? "*/*" : "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (etag) headers["If-Match"] = etag;
  if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
  if (file) return sendFile(method, PREFIX + path + queryString(query), headers, file, { onProgress, signal });
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await fetch(PREFIX + path + queryString(query), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0);
  }
}

/**
 * The old request object is the one that tells how far an upload has come.
 * @param {string} method
 * @param {string} url
 * @param {Record<string, string>} headers
 * @param {Blob} file
 * @param {Pick<CallOptions, "onProgress" | "signal">} options
 * @returns {Promise<Response>}
 */
function sendFile(method, url, headers, file, { onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total ? loaded / total : 0);
    request.onload = () => {
      const received = request.getAllResponseHeaders().trim().split(/[\r\n]+/).map((line) => /** @type {[string, string]} */ ([line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
      resolve(new Response(request.responseText || null, { status: request.status, headers: received.filter(([name]) => name) }));
    };
    request.onerror = () => reject(new ApiError(0));
    request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    if (signal?.aborted) request.abort();
    else request.send(file);
  });
}

/** @param {Record<string, unknown>} [query] */
function queryString(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

/**
 * @param {Response} response
 * @param {boolean} [asText]
 */
async function read(response, asText = false) {
  const text = await response.text().catch(() => "");
  if (asText && response.ok) return { data: text, etag: response.headers.get("ETag"), total: null };
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    if (response.ok) throw new ApiError(response.status, { detail: "The appliance gave an answer that is not JSON." });
  }
  if (!response.ok) throw new ApiError(response.status, data ?? {});
  const total = response.headers.get("X-Total-Count");
  return { data, etag: response.headers.get("ETag"), total: total === null ? null : Number(total) };
}

/** @type {Promise<boolean> | null} */
let renewal = null;

/**
 * Renews the access token, once for all calls that wait, and once for all tabs of the browser.
 * @param {number} since  When the refused request was sent.
 * @returns {Promise<boolean>} Whether sending again can help.
 */
function renewSession(since) {
  renewal ??= exclusively(async () => {
    if (Number(recall("renewed-at")) > since) return true;
    const response = await send("POST", "/auth/refresh", {});
    if (response.status >= 500) await read(response);
    if (response.ok) remember("renewed-at", String(Date.now()));
    return response.ok;
  }).finally(() => {
    renewal = null;
  });
  return renewal;
}

/**
 * Runs one tab at a time where the browser can (locks need a secure context).
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
function exclusively(work) {
  return navigator.locks ? navigator.locks.request("cartwright.renew", work) : work();
}
