// Counting what passed. A check that fails ends its group, not the journey: the groups after it
// still tell what they see.

import assert from "node:assert/strict";

let passed = 0;
let failed = 0;
let group = "";
/** @type {(group: string) => Promise<string>} */
let describe = async () => "";

/**
 * What is said of a failure beside its message: a failure on another machine is seen by its output alone.
 * @param {(group: string) => Promise<string>} look
 */
export function describeFailures(look) {
  describe = look;
}

/**
 * Runs a group of checks.
 * @param {string} name
 * @param {() => Promise<void>} steps
 */
export async function checks(name, steps) {
  group = name;
  try {
    await steps();
  } catch (error) {
    failed += 1;
    console.error(`FAILED ${name}: ${error instanceof Error ? error.message : error}`);
    console.error(await describe(name).catch((reason) => `(nothing to see: ${reason.message})`));
  }
}

/**
 * Waits for a condition of the page or the API and counts it.
 * @template T
 * @param {string} what  What holds, as a sentence.
 * @param {() => Promise<T>} wait  Throws when it does not hold in time.
 * @returns {Promise<T>}
 */
export async function holds(what, wait) {
  let outcome;
  try {
    outcome = await wait();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}`);
  }
  passed += 1;
  console.log(`ok ${group}: ${what}`);
  return outcome;
}

/**
 * @param {string} what
 * @param {unknown} actual
 * @param {unknown} expected
 */
export function equals(what, actual, expected) {
  return holds(what, async () => assert.deepEqual(actual, expected));
}

/** @returns {number} The exit code. */
export function summary() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed ? 1 : 0;
}
