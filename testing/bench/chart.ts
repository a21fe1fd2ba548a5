/**
 * The chart of README.md: okq beside other queues, as SVG that can be read on light and on dark ground.
 *
 * @module
 */
import { grouped, type Row } from "./measure.ts";
import type { Result } from "./results.ts";
import { svg, text } from "../svg.ts";

const WIDTH = 880;
const MARGIN = 16;
const LABELS = 220;
const PANEL = 210;
/** Of a panel, what the longest bar takes; the figure stands behind it. */
const BAR = 140;
const ROW = 24;
const HEAD = 72;
const FOOT = 40;
const GROUP = 30;
const PANELS: [field: string, title: string][] = [
  ["push", "push"],
  ["consume", "pop and acknowledge"],
  ["cycle", "whole cycle"],
];

const STYLE = `
.bar { fill: #afb8c1 }
.okq { fill: #0969da }
@media (prefers-color-scheme: dark) {
  .bar { fill: #656c76 }
  .okq { fill: #4493f8 }
}`;

/** Draws the results of the measure "rivals". */
export function chart({ rows, machine, at }: Result): string {
  const measured = rows.filter((row) => typeof row.cycle === "number");
  const groups = Map.groupBy(
    measured,
    ({ asked }) => `${asked}`.startsWith("itself") ? "through its own client" : `${asked}`,
  );
  const most = PANELS.map(([field]) => Math.max(...measured.map((row) => Number(row[field]))));
  const parts: string[] = [text(MARGIN, 28, "title", "Events a second, 32-byte contents")];
  PANELS.forEach(([, title], i) => parts.push(text(LABELS + i * PANEL, 58, "head", title)));
  let y = HEAD;
  for (const [asked, members] of groups) {
    parts.push(text(MARGIN, y + 18, "group", asked));
    y += GROUP;
    for (const row of members) {
      parts.push(...bars(row, y, most));
      y += ROW;
    }
  }
  const when = `${machine.cpu}, ${machine.cores} cores shared by client, server and Redis; Redis ${machine.redis}, ` +
    `Deno ${machine.deno}, okq ${machine.okq}; ${at.slice(0, 10)}`;
  parts.push(text(MARGIN, y + 24, "note", when));
  const height = y + FOOT;
  return svg({ width: WIDTH, height, label: "Events a second of okq beside other queues", style: STYLE }, parts);
}

function bars(row: Row, y: number, most: number[]): string[] {
  const name = `${row.server}`;
  const label = name === "direct" ? "script on Redis directly" : name;
  const parts = [text(MARGIN + 12, y + 14, "", label)];
  PANELS.forEach(([field], i) => {
    const value = Number(row[field]);
    const x = LABELS + i * PANEL;
    const width = Math.max(1, value / most[i] * BAR).toFixed(1);
    const kind = name.startsWith("okq") ? "okq" : "bar";
    parts.push(`<rect class="${kind}" x="${x}" y="${y + 2}" width="${width}" height="16" rx="2"/>`);
    parts.push(text(x + Number(width) + 6, y + 14, "", grouped(value)));
  });
  return parts;
}
