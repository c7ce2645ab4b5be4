// A plan that can be moved and zoomed: by drag, wheel and two fingers, by buttons, and by keys with
// a cross in the middle that points as the pointer does.

import { built } from "../lib/picture.js";
import { fit, pan, pointAt, viewBox, zoom } from "../lib/map_view.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { Icon } from "./icon.js";

/** @import { Bounds, Pane, View } from "../lib/map_view.js" */
/** @import { Shape } from "../lib/picture.js" */

const STEP_PX = 48;
const STEP_FACTOR = 1.4;
const WHEEL_SPEED = 0.0016;
const DRAG_PX = 4;
/** How near a press must be. */
const MOUSE_PX = 12;
const FINGER_PX = 22;
/** Below this many pixels per metre the shelves are no more than dust. */
const FAR_SCALE = 22;

/** @typedef {{x: number, y: number}} Point  Metres, `y` upwards. */

/**
 * @param {object} props
 * @param {Shape | null} props.picture
 * @param {Bounds} props.bounds  Of the picture.
 * @param {string} props.label
 * @param {(seen: {view: View, pane: Pane}) => any} props.marks  What is drawn above the picture.
 * @param {(point: Point, withinM: number) => void} props.onPress
 * @param {(point: Point | null, withinM: number) => void} [props.onPoint]  The pointer, or the cross, is there now.
 * @param {any} [props.caption]  What is below the pointer.
 * @param {{bounds: Bounds} | null} [props.goTo]  Another object moves the view there.
 * @param {boolean} [props.busy]
 */
export function Plan({ picture, bounds, label, marks, onPress, onPoint, caption, goTo, busy = false }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const base = useRef(/** @type {SVGGElement | null} */ (null));
  const [pane, setPane] = useState(/** @type {Pane | null} */ (null));
  const [moved, setMoved] = useState(/** @type {View | null} */ (null));
  /** @type {{current: Map<number, {x: number, y: number}>}} */
  const pointers = useRef(new Map());
  const dragged = useRef(false);

  const whole = pane && fit(bounds, pane);
  const view = moved ?? whole;
  // What the listeners below see is what stands now.
  const now = useRef({ view, pane, bounds });
  now.current = { view, pane, bounds };

  useLayoutEffect(() => {
    const element = /** @type {HTMLElement} */ (box.current);
    const measure = () => setPane({ width: Math.max(1, element.clientWidth), height: Math.max(1, element.clientHeight) });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    base.current?.replaceChildren(...(picture?.children ?? []).flatMap((child) => (typeof child === "string" ? [] : [built(child)])));
  }, [picture]);

  useEffect(() => setMoved(null), [bounds.minX, bounds.minY, bounds.maxX, bounds.maxY]);
  useEffect(() => {
    if (!goTo || !pane) return;
    box.current?.scrollIntoView({ block: "nearest" });
    const target = fit(goTo.bounds, pane);
    setMoved({ ...target, scale: Math.min(target.scale, Math.max(fit(bounds, pane).scale * 2.5, 24)) });
  }, [goTo, pane === null]);

  /** @param {number} factor @param {{x: number, y: number}} [at] */
  const zoomBy = (factor, at) => {
    const { view: from, pane: size, bounds: all } = now.current;
    if (from && size) setMoved(zoom(from, factor, size, all, at));
  };
  /** @param {number} dx @param {number} dy */
  const panBy = (dx, dy) => {
    const { view: from, bounds: all } = now.current;
    if (!from) return null;
    const next = pan(from, dx, dy, all);
    setMoved(next);
    return next;
  };

  // A wheel is heard before the page scrolls, which Preact's listeners leave to the browser.
  useEffect(() => {
    const element = /** @type {HTMLElement} */ (box.current);
    const onWheel = (/** @type {WheelEvent} */ event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 20 : 1;
      const frame = element.getBoundingClientRect();
      zoomBy(Math.exp(-event.deltaY * lines * WHEEL_SPEED * (event.ctrlKey ? 4 : 1)), { x: event.clientX - frame.left, y: event.clientY - frame.top });
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  /** @param {PointerEvent | MouseEvent} event */
  const inPane = (event) => {
    const frame = /** @type {HTMLElement} */ (box.current).getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  };
  /** @param {{x: number, y: number}} at @param {View | null} from @returns {Point | null} */
  const onPlan = (at, from = view) => {
    if (!from || !pane) return null;
    const { x, y } = pointAt(from, pane, at);
    return { x, y: -y };
  };
  const middle = pane && { x: pane.width / 2, y: pane.height / 2 };

  /** @param {PointerEvent} event */
  const onPointerDown = (event) => {
    if (event.button !== 0) return;
    if (pointers.current.size === 0) dragged.current = false;
    pointers.current.set(event.pointerId, inPane(event));
  };

  /** @param {PointerEvent} event */
  const onPointerMove = (event) => {
    const at = inPane(event);
    const before = pointers.current.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch" && view) onPoint?.(onPlan(at), MOUSE_PX / view.scale);
      return;
    }
    if (!dragged.current && Math.hypot(at.x - before.x, at.y - before.y) < DRAG_PX) return;
    if (!dragged.current) {
      dragged.current = true;
      for (const id of pointers.current.keys()) /** @type {HTMLElement} */ (box.current).setPointerCapture(id);
    }
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    pointers.current.set(event.pointerId, at);
    if (!other) return void panBy(at.x - before.x, at.y - before.y);
    const grown = Math.hypot(at.x - other.x, at.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
    zoomBy(grown, { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
  };

  /** @param {PointerEvent} event */
  const onPointerEnd = (event) => void pointers.current.delete(event.pointerId);

  /** @param {PointerEvent} event */
  const onClick = (event) => {
    const point = dragged.current ? null : onPlan(inPane(event));
    if (point && view) onPress(point, (event.pointerType === "touch" ? FINGER_PX : MOUSE_PX) / view.scale);
  };

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || !view || !middle) return;
    const step = { ArrowLeft: [STEP_PX, 0], ArrowRight: [-STEP_PX, 0], ArrowUp: [0, STEP_PX], ArrowDown: [0, -STEP_PX] }[event.key];
    if (step) {
      const next = panBy(step[0] / (event.shiftKey ? 6 : 1), step[1] / (event.shiftKey ? 6 : 1));
      onPoint?.(onPlan(middle, next), MOUSE_PX / view.scale);
    } else if (event.key === "+" || event.key === "=") zoomBy(STEP_FACTOR);
    else if (event.key === "-") zoomBy(1 / STEP_FACTOR);
    else if (event.key === "0") setMoved(null);
    else if (event.key === "Enter" || event.key === " ") {
      const point = onPlan(middle);
      if (point) onPress(point, FINGER_PX / view.scale);
    } else return;
    event.preventDefault();
  };

  const zoomedIn = Boolean(whole && view && view.scale > whole.scale * 1.01);
  return html`<div class="plan" aria-busy=${String(busy)}>
    <div
      ref=${box}
      class="plan-pane"
      role="application"
      tabindex="0"
      aria-label=${label}
      aria-roledescription="floor plan"
      aria-keyshortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown + - 0 Enter"
      data-zoomed=${zoomedIn ? "" : undefined}
      data-far=${view && view.scale < FAR_SCALE ? "" : undefined}
      onPointerDown=${onPointerDown}
      onPointerMove=${onPointerMove}
      onPointerUp=${onPointerEnd}
      onPointerCancel=${onPointerEnd}
      onPointerLeave=${(/** @type {PointerEvent} */ event) => {
        if (!dragged.current) onPointerEnd(event);
        onPoint?.(null, 0);
      }}
      onClick=${onClick}
      onKeyDown=${onKeyDown}
      onBlur=${() => onPoint?.(null, 0)}
    >
      <svg style=${{ "--px": view ? String(1 / view.scale) : "1" }} width=${pane?.width ?? 0} height=${pane?.height ?? 0} viewBox=${view && pane ? viewBox(view, pane) : undefined} aria-hidden="true">
        <g class="plan-picture" ref=${base}></g>
        ${view && pane && marks({ view, pane })}
      </svg>
      <span class="plan-cross" aria-hidden="true"></span>
    </div>
    <div class="plan-zoom" role="group" aria-label="Zoom">
      <button type="button" class="icon-button" aria-label="Zoom in" onClick=${() => zoomBy(STEP_FACTOR)}><${Icon} name="plus" /></button>
      <button type="button" class="icon-button" aria-label="Zoom out" onClick=${() => zoomBy(1 / STEP_FACTOR)}><${Icon} name="minus" /></button>
      <button type="button" class="icon-button" aria-label="Show all" onClick=${() => setMoved(null)}><${Icon} name="fit" /></button>
    </div>
    <p class="plan-caption" role="status">${caption}</p>
  </div>`;
}
