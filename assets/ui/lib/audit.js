// Entries of the audit log in words.

/** @import { AuditEntry } from "./types.js" */

/** What can be filtered for: the beginning of an action. */
export const ACTION_KINDS = [
  { value: "", label: "Everything" },
  { value: "session.", label: "Sign-ins" },
  { value: "session.sign-in-failed", label: "Failed sign-ins" },
  { value: "user.", label: "People" },
  { value: "settings.", label: "Settings" },
  { value: "product.", label: "Products" },
  { value: "synonym.", label: "Search words" },
  { value: "barcode-rules.", label: "Barcode rules" },
  { value: "promotion.", label: "Promotions" },
  { value: "order.", label: "Orders" },
  { value: "cart.", label: "Carts" },
  { value: "device.", label: "Trolleys" },
  { value: "alert.", label: "Alerts" },
  { value: "firmware.", label: "Firmware" },
  { value: "map.", label: "Store map" },
  { value: "closure.", label: "Blocked aisles" },
  { value: "backup.", label: "Backups" },
];

/** `*` is the target. @type {Record<string, string>} */
const WORDS = {
  "session.sign-in": "signed in",
  "session.sign-out": "signed out",
  "session.sign-in-failed": "failed to sign in to *",
  "session.reuse": "presented a spent token: the session was ended",
  "session.end": "ended a session",
  "session.end-all": "signed out everywhere",
  "user.sign-up": "signed up",
  "user.set-up": "set up the shop",
  "user.change-password": "changed their password",
  "user.token": "made a token for *",
  "user.export": "exported the people",
  "user.import": "imported people",
  "device.rotate-key": "gave * another key",
  "device.revoke": "took the key from *",
  "device.disconnect": "disconnected the shopper from *",
  "device.enroll": "enrolled the board of *",
  "device.tare": "let bags be put into *",
  "pairing-code.create": "made a pairing code",
  "pairing-code.delete": "took a pairing code back",
  "cart.move": "moved * to another trolley",
  "cart.empty": "emptied *",
  "cart.take-over": "took * over",
  "cart.put-aside": "put * aside",
  "alert.clear": "cleared *",
  "firmware.halt": "halted *",
  "map.replace": "replaced the store map",
  "closure.create": "reported an aisle as blocked",
  "closure.delete": "cleared an aisle",
  "product.price": "changed the price of *, as scheduled",
  "product.stock": "booked stock of *",
  "category.rename": "renamed a category",
  "barcode-rules.replace": "changed the barcode rules",
  "settings.update": "changed the settings",
  "backup.create": "made a backup",
  "audit.prune": "removed old entries of this log",
  "demo.load": "loaded the demo shop",
};

/** @type {Record<string, string>} */
const VERBS = { create: "added *", update: "changed *", delete: "deleted *", import: "imported *", export: "exported *", restore: "restored *", verify: "verified *" };

/** @type {Record<string, string>} */
const NOUNS = { user: "account", device: "device", map: "store map", settings: "settings", synonym: "search words" };

/** Where a thing is shown. @type {Record<string, string>} */
const SCREENS = { product: "#/products/", promotion: "#/promotions/", order: "#/orders/", user: "#/people/", device: "#/devices/", synonym: "#/products/words/" };

/** Who acts without an account. @type {Record<string, string>} */
const ACTORS = { cli: "Command line", system: "Cartwright", anonymous: "Somebody" };

/**
 * What names are known of things that an entry only has the id of.
 * @typedef {(kind: string, id: number) => string | null} NameOf
 */

/** @param {AuditEntry} entry */
export function actorText({ actor, actor_name: name }) {
  if (name) return name;
  const id = actor.startsWith("user:") ? actor.slice(5) : "";
  return ACTORS[actor] ?? (id ? `Account ${id}` : actor);
}

/**
 * What happened, around its target: "changed ", the target, "".
 * @param {AuditEntry} entry
 * @param {NameOf} nameOf
 * @returns {{before: string, target: {text: string, href: string | null} | null, after: string}}
 */
export function actionText(entry, nameOf) {
  const [kind, verb = ""] = entry.action.split(".");
  const words = WORDS[entry.action] ?? VERBS[verb] ?? `${entry.action.replaceAll(/[.-]/g, " ")} *`;
  const [before, after] = words.split("*");
  const times = Number(entry.after?.failed) > 1 ? `, ${entry.after?.failed} times` : "";
  return { before, after: (after ?? "") + times, target: after === undefined ? null : target(entry, kind, nameOf) };
}

/**
 * @param {AuditEntry} entry
 * @param {string} kind
 * @param {NameOf} nameOf
 */
function target({ target: text, before, after, action }, kind, nameOf) {
  const [what, id] = text.split(":");
  const noun = NOUNS[what] ?? (what || kind).replaceAll("-", " ");
  if (!id && action === "session.sign-in-failed") return { text: "an account that does not exist", href: null };
  if (!id) return { text: `${noun}${/\.(im|ex)port$/.test(action) ? "s" : ""}`, href: null };
  const name = nameIn(after) ?? nameIn(before) ?? nameOf(what, Number(id));
  const gone = action.endsWith(".delete");
  return { text: name ? `${noun} “${name}”` : `${noun} ${id}`, href: !gone && SCREENS[what] ? SCREENS[what] + id : null };
}

/** @param {Record<string, any> | null} members */
function nameIn(members) {
  const name = members?.name ?? members?.username ?? members?.number ?? (Array.isArray(members?.words) ? members.words.join(", ") : null);
  return typeof name === "string" && name ? name : null;
}

/** Members that only number the change. */
const SILENT = new Set(["version", "created_at", "updated_at"]);

/**
 * What changed, member by member.
 * @param {AuditEntry} entry
 * @returns {{name: string, before: string | null, after: string | null}[]} `null`: was not, or is not, there.
 */
export function differences({ before, after }) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names
    .filter((name) => !SILENT.has(name))
    .map((name) => ({ name, before: shown(before, name), after: shown(after, name) }))
    .filter((each) => each.before !== each.after);
}

/**
 * @param {Record<string, any> | null} members
 * @param {string} name
 */
function shown(members, name) {
  if (!members || !(name in members)) return null;
  const value = members[name];
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}
