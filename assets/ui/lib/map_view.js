// What part of a plan is seen: a point in the middle and a scale. Coordinates are those of the
// picture (metres, `y` downwards); sizes of the pane are in pixels. Pure.

/** @typedef {{x: number, y: number, scale: number}} View  `scale` in pixels per metre. */
/** @typedef {{minX: number, minY: number, maxX: number, maxY: number}} Bounds */
/** @typedef {{width: number, height: number}} Pane */

const PADDING_PX = 20;
const SCALE_MAX = 160;
/** A point or a single line has no size of its own. */
const SIZE_MIN_M = 4;

/**
 * @param {Bounds} bounds
 * @param {Pane} pane
 * @returns {View} All of it.
 */
export function fit({ minX, minY, maxX, maxY }, pane) {
  const [width, height] = [Math.max(maxX - minX, SIZE_MIN_M), Math.max(maxY - minY, SIZE_MIN_M)];
  const scale = Math.min((pane.width - 2 * PADDING_PX) / width, (pane.height - 2 * PADDING_PX) / height, SCALE_MAX);
  return { x: (minX + maxX) / 2, y: (minY + maxY) / 2, scale: Math.max(scale, 0.01) };
}

/**
 * Zooms and keeps a point of the pane where it is.
 * @param {View} view
 * @param {number} factor
 * @param {Pane} pane
 * @param {Bounds} bounds  Of the whole: zooming out ends a little beyond it.
 * @param {{x: number, y: number}} [at]  Pixels from the top left; the middle if left out.
 * @returns {View}
 */
export function zoom(view, factor, pane, bounds, at = { x: pane.width / 2, y: pane.height / 2 }) {
  const least = Math.min(fit(bounds, pane).scale * 0.7, SCALE_MAX);
  const scale = Math.min(SCALE_MAX, Math.max(least, view.scale * factor));
  const [dx, dy] = [at.x - pane.width / 2, at.y - pane.height / 2];
  return keepInSight({ x: view.x + dx / view.scale - dx / scale, y: view.y + dy / view.scale - dy / scale, scale }, bounds);
}

/**
 * @param {View} view
 * @param {number} dx  Pixels that the plan moves to the right.
 * @param {number} dy
 * @param {Bounds} bounds
 * @returns {View}
 */
export function pan(view, dx, dy, bounds) {
  return keepInSight({ ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale }, bounds);
}

/** The middle stays on the plan. @param {View} view @param {Bounds} bounds */
function keepInSight(view, { minX, minY, maxX, maxY }) {
  return { ...view, x: Math.min(maxX, Math.max(minX, view.x)), y: Math.min(maxY, Math.max(minY, view.y)) };
}

/** For the attribute `viewBox`. @param {View} view @param {Pane} pane */
export function viewBox({ x, y, scale }, { width, height }) {
  return [x - width / 2 / scale, y - height / 2 / scale, width / scale, height / scale].map((each) => Number(each.toFixed(4))).join(" ");
}

/**
 * The point of the plan below a point of the pane.
 * @param {View} view
 * @param {Pane} pane
 * @param {{x: number, y: number}} at
 */
export function pointAt(view, pane, at) {
  return { x: view.x + (at.x - pane.width / 2) / view.scale, y: view.y + (at.y - pane.height / 2) / view.scale };
}

/** @param {{x: number, y: number}[]} points @returns {Bounds} */
export function boundsOf(points) {
  const bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  for (const { x, y } of points) {
    bounds.minX = Math.min(bounds.minX, x);
    bounds.minY = Math.min(bounds.minY, y);
    bounds.maxX = Math.max(bounds.maxX, x);
    bounds.maxY = Math.max(bounds.maxY, y);
  }
  return Number.isFinite(bounds.minX) ? bounds : { minX: 0, minY: 0, maxX: 1, maxY: 1 };
}
