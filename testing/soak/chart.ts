/**
 * Draws the series of a soak.
 *
 * @module
 */
import { quarters } from "../stats.ts";
import { svg, text } from "../svg.ts";
import type { SoakResult } from "./run.ts";

const WIDTH = 880;
const MARGIN = 16;
const COLUMNS = 2;
const PANEL = { width: (WIDTH - MARGIN) / COLUMNS - MARGIN, height: 120 };
const ROW_HEIGHT = 190;
const HEAD = 52;
const FOOT = 24;
/** Height of the scale, relative to the highest value. */
const HEADROOM = 1.15;

const STYLE = `
.curve { fill: none; stroke: #0969da; stroke-width: 1.5 }
.axis { fill: none; stroke: #afb8c1 }
@media (prefers-color-scheme: dark) {
  .curve { stroke: #4493f8 }
  .axis { stroke: #656c76 }
}`;

/** @param note the line at the bottom */
export function chart({ store, minutes, times, series }: SoakResult, note: string): string {
  const title = `${minutes} minutes of load on the ${store} store`;
  const parts = [text(MARGIN, 28, "title", title)];
  for (const [i, { name, unit, values }] of series.entries()) {
    const x = MARGIN + (i % COLUMNS) * (PANEL.width + MARGIN);
    const y = HEAD + Math.floor(i / COLUMNS) * ROW_HEIGHT;
    parts.push(...panel(x, y, times, values));
    const { second, last } = quarters(values);
    const medians = `${amount(second)} in the second quarter, ${amount(last)} in the last`;
    parts.push(text(x, y + 12, "head", unit ? `${name}, ${unit}` : name), text(x, y + 28, "note", medians));
  }
  const height = HEAD + Math.ceil(series.length / COLUMNS) * ROW_HEIGHT + FOOT;
  parts.push(text(MARGIN, height - 12, "note", note));
  return svg({ width: WIDTH, height, label: title, style: STYLE }, parts);
}

/** A curve on a scale that starts at 0. */
function panel(x: number, y: number, times: number[], values: number[]): string[] {
  const top = y + 38;
  const bottom = top + PANEL.height;
  const max = Math.max(...values, 1) * HEADROOM;
  const end = times.at(-1) ?? 1;
  const points = values.map((value, i) =>
    `${(x + times[i] / end * PANEL.width).toFixed(1)},${(bottom - value / max * PANEL.height).toFixed(1)}`
  );
  return [
    `<path class="axis" d="M${x.toFixed(0)} ${top} V${bottom} H${(x + PANEL.width).toFixed(0)}"/>`,
    `<polyline class="curve" points="${points.join(" ")}"/>`,
    text(x + 4, top + 10, "note", amount(max)),
  ];
}

function amount(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1);
}
