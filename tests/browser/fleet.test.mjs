// What can be said about the fleet's screens without a browser: `node --test tests/browser/`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { alertWords, confidenceWord, differenceText, sentence, withAlert } from "../../assets/ui/lib/alerts.js";
import { cartState, countCarts } from "../../assets/ui/lib/carts.js";
import { deviceForm } from "../../assets/ui/lib/device_form.js";
import { caution, countHolders, imageProblem, nextRing, progress, progressWords, refusedFields, versionIn, versionsOf } from "../../assets/ui/lib/firmware.js";
import {
  countdown,
  countStates,
  enrolledBy,
  freeTrolleys,
  inOrder,
  isCalling,
  macText,
  matching,
  needOf,
  needWords,
  signalBars,
  stateWords,
  withCarts,
  withDevice,
} from "../../assets/ui/lib/fleet.js";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const minutesAgo = (minutes) => new Date(NOW - minutes * 60_000).toISOString();

/** A trolley that is well, but for what is said of it. */
function trolley(id, facts = {}) {
  return {
    id,
    name: `Cart ${id}`,
    cart_code: `K${1000 + id}`,
    revoked: false,
    state: "online",
    last_seen: minutesAgo(0),
    user_id: null,
    battery_pct: 80,
    rssi: -55,
    firmware: "1.4.0",
    mac: `24:6F:28:00:00:${id}`,
    chip: "ESP32",
    items: 0,
    total: 0,
    currency: "EUR",
    open_alerts: 0,
    ...facts,
  };
}
const ids = (list) => list.map(({ id }) => id);

test("a trolley says how it is", () => {
  assert.equal(stateWords(trolley(1), NOW), "Online");
  assert.equal(stateWords(trolley(1, { state: "offline", last_seen: minutesAgo(24) }), NOW), "Offline, 24 min ago");
  assert.equal(stateWords(trolley(1, { state: "asleep", last_seen: minutesAgo(125) }), NOW), "Asleep, 2 h ago");
  assert.equal(stateWords(trolley(1, { state: "new", last_seen: null }), NOW), "Never seen");
  assert.equal(stateWords(trolley(1, { revoked: true }), NOW), "Revoked");
  assert.deepEqual(countStates([trolley(1), trolley(2, { state: "new" }), trolley(3, { state: "offline", revoked: true })]), { online: 1, asleep: 0, offline: 0, new: 1, revoked: 1 });
});

test("who needs somebody most comes first", () => {
  const fleet = [
    trolley(10),
    trolley(2),
    trolley(3, { state: "asleep" }),
    trolley(4, { state: "new", last_seen: null }),
    trolley(5, { rssi: -88 }),
    trolley(6, { state: "offline", last_seen: minutesAgo(600) }),
    trolley(16, { state: "offline", last_seen: minutesAgo(5) }),
    trolley(7, { battery_pct: 19 }),
    trolley(8, { open_alerts: 1 }),
    trolley(18, { open_alerts: 3 }),
    trolley(9, { battery_pct: 9 }),
    trolley(19, { battery_pct: 4 }),
    trolley(11, { state: "offline", items: 2, total: 5 }),
    trolley(12, { state: "offline", items: 1, total: 43.2 }),
    trolley(13, { revoked: true, state: "offline", items: 3, total: 99 }),
  ];
  assert.deepEqual(ids(inOrder(fleet, "need")), [12, 11, 19, 9, 18, 8, 7, 16, 6, 5, 2, 10, 3, 4, 13]);
  assert.deepEqual(ids(inOrder(fleet, "nonsense")), ids(inOrder(fleet, undefined)), "by need if it is no order");
  assert.deepEqual(ids(inOrder(fleet, "name")).slice(0, 3), [2, 3, 4], "as people count");
  assert.deepEqual(ids(inOrder(fleet, "battery")).slice(0, 3), [19, 9, 7]);
  assert.deepEqual(ids(inOrder(fleet, "value")).slice(0, 3), [13, 12, 11]);
  assert.equal(ids(inOrder(fleet, "seen")).at(-1), 4);
  assert.deepEqual(ids(fleet.filter(isCalling)).sort((a, b) => a - b), [7, 8, 9, 11, 12, 18, 19]);
});

test("a battery at the limits, unknown or of a trolley that is off", () => {
  assert.deepEqual([20, 19, 10, 9, 0, null].map((battery_pct) => needOf(trolley(1, { battery_pct }))), ["none", "battery-low", "battery-low", "battery-dying", "battery-dying", "none"]);
  assert.equal(needOf(trolley(1, { state: "asleep", battery_pct: 3 })), "asleep");
  assert.equal(needOf(trolley(1, { state: "offline", battery_pct: 3 })), "offline");
});

test("a need is said in words", () => {
  assert.match(needWords(trolley(7, { state: "offline", items: 4, total: 43.2 })), /^is offline with .*43[.,]20.* in it$/);
  assert.equal(needWords(trolley(3, { battery_pct: 8.6 })), "has 9 % battery left");
  assert.equal(needWords(trolley(3, { open_alerts: 1 })), "has 1 open alert");
  assert.equal(needWords(trolley(3, { open_alerts: 2 })), "has 2 open alerts");
  assert.equal(needWords(trolley(3)), "");
});

test("a signal has as many bars as a phone shows", () => {
  assert.deepEqual([-40, -60, -61, -70, -71, -80, -81, -90, -91, null, undefined].map(signalBars), [4, 4, 3, 3, 2, 2, 1, 1, 0, null, null]);
});

test("a filter and a search leave what fits", () => {
  const fleet = [trolley(1), trolley(2, { state: "asleep" }), trolley(3, { revoked: true }), trolley(4, { firmware: "1.3.2" })];
  assert.deepEqual(ids(matching(fleet, {})), [1, 2, 4], "revoked ones stay away");
  assert.deepEqual(ids(matching(fleet, { state: "revoked" })), [3]);
  assert.deepEqual(ids(matching(fleet, { state: "asleep" })), [2]);
  assert.deepEqual(ids(matching(fleet, { search: " cart 4 " })), [4]);
  assert.deepEqual(ids(matching(fleet, { search: "k1002" })), [2], "by cart code");
  assert.deepEqual(ids(matching(fleet, { search: "1.3.2" })), [4], "by firmware");
  assert.deepEqual(ids(matching(fleet, { search: "cart 3" })), [3], "but can be found");
});

test("a cart moves to a trolley that is free, those that answer first", () => {
  const fleet = [trolley(1), trolley(2, { user_id: 5 }), trolley(3, { items: 1 }), trolley(4, { state: "offline" }), trolley(5, { revoked: true }), trolley(6), trolley(7, { state: "asleep" })];
  assert.deepEqual(ids(freeTrolleys(fleet, 6)), [1, 7, 4]);
});

test("news change one trolley of the list", () => {
  const fleet = [trolley(1), trolley(2)];
  assert.deepEqual(ids(withDevice(fleet, 3, trolley(3))), [1, 2, 3]);
  assert.equal(withDevice(fleet, 2, trolley(2, { state: "offline" }))[1].state, "offline");
  assert.deepEqual(ids(withDevice(fleet, 1, null)), [2]);
  const carts = new Map([[50, { id: 50, device_id: 2, user_id: 9, item_count: 3, total: 7.5, currency: "EUR" }], [51, null]]);
  assert.deepEqual(withCarts(fleet, carts)[1], { ...fleet[1], items: 3, total: 7.5, user_id: 9 });
  assert.equal(withCarts(fleet, new Map([[52, { id: 52, device_id: null }]])), fleet, "a cart without a trolley changes nothing");
});

test("a trolley that enrolled is known by the code that let it in", () => {
  const entry = (id, code) => ({ target: `device:${id}`, after: { pairing_code: code, mac: null } });
  assert.equal(enrolledBy([], 7), null, "taken back, or its time is up");
  assert.equal(enrolledBy([entry(3, 6), entry(4, 8)], 7), null, "others came by other codes");
  assert.equal(enrolledBy([entry(3, 6), entry(12, 7)], 7), 12, "a board without a MAC too");
  assert.equal(enrolledBy([{ target: "device:3", after: null }], 7), null);
});

test("a MAC is shown and searched as it is printed on boards", () => {
  assert.equal(macText("246F28001122"), "24:6F:28:00:11:22");
  assert.deepEqual([macText(null), macText("24-6F"), macText("")], ["", "24-6F", ""]);
  const fleet = [trolley(1, { mac: "246F28001122" }), trolley(2, { mac: null })];
  for (const search of ["24:6f:28", "246F28001122"]) assert.deepEqual(matching(fleet, { search }).map(({ id }) => id), [1], search);
});

test("time counts down to nothing and no further", () => {
  assert.deepEqual([600_000, 61_000, 59_001, 1, 0, -5_000].map(countdown), ["10:00", "1:01", "1:00", "0:01", "0:00", "0:00"]);
});

test("an alert says what was noticed and how sure it is, and blames nobody", () => {
  const kinds = ["unscanned-item", "item-missing", "swapped-item", "weight-mismatch", "offline-with-basket", "battery-low", "firmware-failed"];
  for (const kind of kinds) assert.doesNotMatch(alertWords(kind), /theft|thie|steal|stole|fraud|cheat|suspic/i, kind);
  assert.equal(new Set(kinds.map(alertWords)).size, kinds.length);
  assert.equal(alertWords("door-open"), "Door open.", "a kind of a later version");
  const word = (confidence, kind = "unscanned-item") => confidenceWord({ kind, confidence });
  assert.deepEqual([0.95, 0.87, 0.55, 0.2].map((share) => word(share)), ["Very probably", "Probably", "Perhaps", "Hard to say"]);
  assert.equal(word(1, "battery-low"), "", "what is known needs no such word");
  const difference = (weight_g, detail = "") => differenceText({ weight_g, detail });
  assert.match(difference(752), /^\+0[.,]752 kg$/);
  assert.match(difference(-480), /^−0[.,]48 kg$/);
  assert.deepEqual([difference(0), difference(null)], ["", ""]);
  assert.equal(difference(2900, "The scale reads 2900 g more than the list explains"), "", "not said twice");
  assert.deepEqual([sentence("9 % left"), sentence("Really?"), sentence("")], ["9 % left.", "Really?", ""]);
});

test("a list of alerts follows the news", () => {
  const alert = (id, at, state = "open") => ({ id, at, state, cleared_at: null });
  const list = [alert(2, minutesAgo(1)), alert(1, minutesAgo(5))];
  assert.deepEqual(ids(withAlert(list, alert(3, minutesAgo(0)), "open")), [3, 2, 1]);
  assert.deepEqual(ids(withAlert(list, alert(1, minutesAgo(0)), "open")), [1, 2], "refreshed, not doubled");
  assert.deepEqual(ids(withAlert(list, alert(2, minutesAgo(1), "cleared"), "open")), [1]);
  assert.deepEqual(ids(withAlert([], { ...alert(2, minutesAgo(9), "cleared"), cleared_at: minutesAgo(0) }, "cleared")), [2]);
});

test("firmware goes from one trolley to all, and says how it goes", () => {
  assert.deepEqual(["none", "one", "tenth", "all"].map(nextRing), ["one", "tenth", "all", null]);
  const holders = ["healthy", "healthy", "installed", "offered", "waiting", "rolled-back"].map((state, index) => ({ device_id: index, state }));
  const counts = countHolders(holders);
  assert.deepEqual(counts, { waiting: 1, offered: 1, installed: 1, healthy: 2, rolled_back: 1 });
  assert.equal(progressWords(counts), "2 healthy, 1 installed, 1 offered, 1 waiting, 1 rolled back");
  assert.deepEqual(progress({ waiting: 0, offered: 0, installed: 0, healthy: 3, rolled_back: 0 }), [{ state: "healthy", label: "healthy", many: 3 }]);
  assert.match(caution({ healthy: 5, rolled_back: 1 }), /^1 trolley went back to what it had/);
  assert.match(caution({ healthy: 0, rolled_back: 0 }), /^No trolley has said yet/);
  assert.equal(caution({ healthy: 1, rolled_back: 0 }), "");
  assert.deepEqual(versionsOf([trolley(1), trolley(2), trolley(3, { firmware: "1.3.2" }), trolley(4, { firmware: null }), trolley(5, { revoked: true })]), [
    { version: "1.4.0", many: 2 },
    { version: "1.3.2", many: 1 },
  ]);
});

test("a file that is no image is refused before it is sent", () => {
  const file = (size) => ({ name: "cart.bin", size });
  assert.equal(imageProblem(file(1_000), 0xe9), "");
  assert.match(imageProblem(file(0), undefined), /is empty/);
  assert.match(imageProblem(file(1_000), 0x7f), /no firmware image/);
  assert.match(imageProblem(file(8 * 1024 * 1024 + 1), 0xe9), /larger than 8 MiB/);
  assert.equal(imageProblem(file(8 * 1024 * 1024), 0xe9), "");
});

test("a refused upload is said at its field", () => {
  const refusal = (code, status = 409, fields = {}) => refusedFields({ status, code, message: "No.", fields });
  assert.deepEqual(refusal("version-exists"), { version: "No." });
  assert.deepEqual(refusal("not-an-image", 400), { file: "No." });
  assert.deepEqual(refusal("body-too-large", 413), { file: "No." });
  assert.deepEqual(refusal("too-many-images"), {}, "about none of them");
  assert.deepEqual(refusal("invalid-input", 400, { notes: "Too long." }), { notes: "Too long." });
});

test("a version is taken from the file's name", () => {
  assert.deepEqual(
    ["cart-1.4.0.bin", "cart_v2.0.1.bin", "firmware-1.5.0-beta.2.bin", "firmware.bin", "esp32s3.bin", "1.4.bin"].map(versionIn),
    ["1.4.0", "2.0.1", "1.5.0-beta.2", "", "", "1.4"],
  );
});

test("a trolley's profile goes through the form as it came", () => {
  const { toForm, toRequest, changedFields } = deviceForm;
  const base = toForm({ name: "Cart 7", weight_unit: "g", heartbeat_s: 10, dedupe_ms: 7_000, signed_only: false });
  assert.equal(base.dedupe_ms, "7");
  const form = { ...base, dedupe_ms: "1,5", signed_only: true };
  assert.deepEqual(toRequest(form, changedFields(form, base), 0), { body: { dedupe_ms: 1_500, signed_only: true }, errors: {} });
  for (const wrong of ["", "soon", "-1", "61"]) assert.ok(toRequest({ ...base, dedupe_ms: wrong }, ["dedupe_ms"], 0).errors.dedupe_ms, wrong);
  for (const wrong of ["0", "1.5", "86401", ""]) assert.ok(toRequest({ ...base, heartbeat_s: wrong }, ["heartbeat_s"], 0).errors.heartbeat_s, wrong);
});

test("carts are counted by how long nobody touched them", () => {
  assert.equal(cartState({}), "active");
  assert.deepEqual(countCarts([{ state: "idle" }, { state: "abandoned" }, { state: "idle" }, { state: "active" }]), { active: 1, idle: 2, abandoned: 1 });
});
