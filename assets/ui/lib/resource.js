// Loading data for a screen: the latest request wins, earlier ones are cancelled, and what was
// shown stays on screen while fresh data is on its way.

import { useCallback, useEffect, useRef, useState } from "./ui.js";

/**
 * @template T
 * @typedef {object} Resource
 * @property {T | undefined} data
 * @property {Error | null} error
 * @property {boolean} loading
 * @property {() => void} reload
 * @property {(change: (data: T) => T) => void} change  Replaces what is shown without asking the server.
 */

/**
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {unknown[]} keys  Loads again when one of them changes.
 * @returns {Resource<T>}
 */
export function useResource(load, keys) {
  const [state, setState] = useState(/** @type {{data?: T, error: Error | null, loading: boolean}} */ ({ error: null, loading: true }));
  const running = useRef(/** @type {AbortController | null} */ (null));
  const latestLoad = useRef(load);
  latestLoad.current = load;

  const reload = useCallback(() => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setState((shown) => ({ ...shown, loading: true }));
    latestLoad.current(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ data, error: null, loading: false });
      },
      (error) => {
        if (!controller.signal.aborted) setState((shown) => ({ ...shown, error, loading: false }));
      },
    );
  }, []);

  const change = useCallback((/** @type {(data: T) => T} */ update) => {
    setState((shown) => (shown.data === undefined ? shown : { ...shown, data: update(shown.data) }));
  }, []);

  useEffect(() => {
    reload();
    return () => running.current?.abort();
  }, keys);

  return { data: state.data, error: state.error, loading: state.loading, reload, change };
}

/**
 * A version of `work` that runs at most once per `intervalMs`: at once, then once more at the end
 * if it was asked for again meanwhile. For reloads behind a stream of events.
 * @param {() => void} work
 * @param {number} intervalMs
 * @returns {() => void}
 */
export function useThrottled(work, intervalMs) {
  const latest = useRef(work);
  latest.current = work;
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const again = useRef(false);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    if (timer.current !== undefined) {
      again.current = true;
      return;
    }
    const rest = () => {
      timer.current = undefined;
      if (!again.current) return;
      again.current = false;
      latest.current();
      timer.current = setTimeout(rest, intervalMs);
    };
    latest.current();
    timer.current = setTimeout(rest, intervalMs);
  }, [intervalMs]);
}

const FRESH_MS = 2_400;

/**
 * What changed a moment ago, to be shown in a calm colour for a short while.
 * @template {number | string} K
 * @returns {{fresh: Set<K>, mark: (key: K) => void}}
 */
export function useFresh() {
  const [fresh, setFresh] = useState(/** @type {Set<K>} */ (new Set()));
  const timers = useRef(/** @type {Map<K, ReturnType<typeof setTimeout>>} */ (new Map()));
  useEffect(() => () => timers.current.forEach((timer) => clearTimeout(timer)), []);
  const mark = useCallback((/** @type {K} */ key) => {
    clearTimeout(timers.current.get(key));
    setFresh((before) => new Set(before).add(key));
    timers.current.set(
      key,
      setTimeout(() => {
        timers.current.delete(key);
        setFresh((before) => {
          const after = new Set(before);
          after.delete(key);
          return after;
        });
      }, FRESH_MS),
    );
  }, []);
  return { fresh, mark };
}

/**
 * The current time, drawn anew now and then, for "5 min ago".
 * @param {number} everyMs
 * @returns {number} Milliseconds.
 */
export function useNow(everyMs) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
