// Who is signed in, and what the first screen must be.

import { ApiError, call, get, onSessionEnd } from "./api.js";
import { navigate } from "./router.js";
import { signal } from "./ui.js";
import { learnZone } from "./zone.js";

/** @import { User } from "./types.js" */

/**
 * - `starting`: not known yet
 * - `unreachable`: the appliance does not answer
 * - `setup`: no administrator exists yet
 * - `signed-out`
 * - `signed-in`: with `user`
 * @typedef {{phase: "starting" | "unreachable" | "setup" | "signed-out" | "signed-in", user: User | null}} Session
 */

/** @type {import("../../vendor/signals.js").Signal<Session>} */
export const session = signal({ phase: "starting", user: null });

/** The store's currency, for amounts that come without one. */
export const storeCurrency = signal("EUR");

/** @param {User} user */
function enter(user) {
  session.value = { phase: "signed-in", user };
  const health = get("/health");
  health.then(
    ({ data }) => {
      if (data?.currency) storeCurrency.value = data.currency;
    },
    () => {},
  );
  learnZone(health.then(({ data }) => data?.time_zone ?? (isAdmin(user) ? get("/settings").then((settings) => settings.data.time_zone) : null)));
}

function leave() {
  if (session.peek().phase === "signed-in") session.value = { phase: "signed-out", user: null };
}

onSessionEnd(leave);

/** Finds out who is here. Never throws: the outcome is the phase. */
export async function startSession() {
  session.value = { phase: "starting", user: null };
  try {
    const { data } = await get("/auth/check");
    enter(data.user);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) {
      session.value = { phase: "unreachable", user: null };
      return;
    }
    const setupNeeded = await get("/setup", { anonymous: true }).then(({ data }) => Boolean(data?.needed), () => false);
    session.value = { phase: setupNeeded ? "setup" : "signed-out", user: null };
  }
}

/**
 * @param {string} name  A username or an e-mail address.
 * @param {string} password
 */
export async function signIn(name, password) {
  const body = name.includes("@") ? { email: name, password } : { username: name, password };
  const { data } = await call("POST", "/auth/login", { body, anonymous: true });
  enter(data.user);
}

/**
 * Makes the first administrator and signs them in.
 * @param {{token: string, username: string, password: string}} account
 */
export async function setUp(account) {
  const { data } = await call("POST", "/setup", { body: account, anonymous: true });
  enter(data.user);
}

export async function signOut() {
  try {
    await call("POST", "/auth/logout", { anonymous: true });
  } catch (error) {
    // 401 means the session had ended before: the outcome is the same.
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
  session.value = { phase: "signed-out", user: null };
  // Whoever signs in next starts at the beginning; a session that merely ended comes back to its screen.
  navigate("#/", { replace: true });
}

/** @param {User | null} user */
export function isStaff(user) {
  return user?.role === "admin" || user?.role === "staff";
}

/** @param {User | null} user */
export function isAdmin(user) {
  return user?.role === "admin";
}
