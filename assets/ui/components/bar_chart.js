// A bar chart of one value a day, drawn to the width it gets. The same numbers are in a table for
// those who listen; arrow keys, pointer and touch read single days.

import { classes, html, useEffect, useRef, useState } from "../lib/ui.js";

/** @typedef {{key: string, label: string, shortLabel: string, value: number}} Bar */

const HEIGHT = 320;
const TOP = 8;
const BOTTOM = 24;
const AXIS = 56;
const BAR_WIDTH_MAX = 32;
const LABEL_WIDTH = 64;
const TICKS_MAX = 5;

/**
 * @param {object} props
 * @param {string} props.label  What the values are, e.g. "Revenue by day".
 * @param {Bar[]} props.bars
 * @param {(value: number) => string} props.axisFormat
 * @param {(value: number) => string} props.format
 * @param {number | null} props.active  The index of the bar that is being read.
 * @param {(index: number | null) => void} props.onActive
 */
export function BarChart({ label, bars, axisFormat, format, active, onActive }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [width, setWidth] = useState(0);

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") onActive(null);
    else if (step) onActive(Math.min(bars.length - 1, Math.max(0, (active ?? bars.length - (step > 0 ? 1 : 0)) + step)));
    else return;
    event.preventDefault();
  };

  return html`<div
    class="chart"
    ref=${box}
    role="group"
    tabindex="0"
    aria-label="${label}. The left and right arrow keys read single days."
    onKeyDown=${onKeyDown}
    onPointerLeave=${() => onActive(null)}
    onBlur=${() => onActive(null)}
  >
    ${width > 0 && html`<${Drawing} width=${width} bars=${bars} axisFormat=${axisFormat} active=${active} onActive=${onActive} />`}
    <table class="visually-hidden">
      <caption>${label}</caption>
      <tbody>
        ${bars.map((bar) => html`<tr key=${bar.key}><th scope="row">${bar.label}</th><td>${format(bar.value)}</td></tr>`)}
      </tbody>
    </table>
  </div>`;
}

/**
 * @param {{width: number, bars: Bar[], axisFormat: (value: number) => string, active: number | null, onActive: (index: number | null) => void}} props
 */
function Drawing({ width, bars, axisFormat, active, onActive }) {
  const highest = Math.max(0, ...bars.map((bar) => bar.value));
  const step = niceStep(highest);
  const ticks = Math.max(1, Math.ceil(highest / step));
  const top = ticks * step;
  const plotWidth = width - AXIS;
  const plotHeight = HEIGHT - TOP - BOTTOM;
  const band = plotWidth / Math.max(1, bars.length);
  const barWidth = Math.max(2, Math.min(BAR_WIDTH_MAX, Math.round(band * 0.6)));
  const every = Math.max(1, Math.ceil(LABEL_WIDTH / band));
  const y = (/** @type {number} */ value) => TOP + plotHeight * (1 - value / top);
  const last = bars.length - 1;

  return html`<svg width=${width} height=${HEIGHT} viewBox="0 0 ${width} ${HEIGHT}" aria-hidden="true">
    ${Array.from({ length: ticks + 1 }, (_, tick) => tick * step).map(
      (value) => html`<g key=${`tick-${value}`}>
        <line class=${classes("grid", value === 0 && "base")} x1=${AXIS} x2=${width} y1=${Math.round(y(value)) + 0.5} y2=${Math.round(y(value)) + 0.5} />
        <text class="tick" x=${AXIS - 12} y=${Math.round(y(value)) + 4} text-anchor="end">${axisFormat(value)}</text>
      </g>`,
    )}
    ${bars.map((bar, index) => {
      const left = AXIS + band * index;
      const barTop = bar.value > 0 ? Math.min(y(bar.value), y(0) - 2) : y(0);
      return html`<g key=${bar.key}>
        <path
          class=${classes("bar", index === last && "today", index === active && "active")}
          d=${roundedBar(left + (band - barWidth) / 2, barTop, barWidth, y(0) - barTop)}
        />
        ${(last - index) % every === 0 &&
        html`<text class="tick" x=${left + band / 2} y=${HEIGHT - 6} text-anchor=${index === last && band < LABEL_WIDTH ? "end" : "middle"}
          dx=${index === last && band < LABEL_WIDTH ? band / 2 : 0}>${bar.shortLabel}</text>`}
        <rect class="touch" x=${left} y="0" width=${band} height=${HEIGHT} onPointerEnter=${() => onActive(index)} onPointerDown=${() => onActive(index)} />
      </g>`;
    })}
  </svg>`;
}

/**
 * A bar with a rounded top, standing on its base line.
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
function roundedBar(x, y, width, height) {
  const radius = Math.min(3, width / 2, height);
  return `M${x} ${y + height}V${y + radius}Q${x} ${y} ${x + radius} ${y}H${x + width - radius}Q${x + width} ${y} ${x + width} ${y + radius}V${y + height}Z`;
}

/**
 * The distance of the grid's lines: a round whole number, so that about four lines stand.
 * @param {number} highest  The highest value.
 */
function niceStep(highest) {
  const rough = Math.max(1, highest / TICKS_MAX);
  const unit = 10 ** Math.floor(Math.log10(rough));
  return unit * ([1, 2, 5].find((factor) => factor * unit >= rough) ?? 10);
}
