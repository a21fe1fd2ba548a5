/**
 * Draws okq beside other queues.
 *
 * @module
 */
import type { Machine } from "../machine.ts";
import { svg, text } from "../svg.ts";

/** Of the measure `rivals`. */
export interface RivalsRecord {
  /** When, in ISO 8601. */
  at: string;
  machine: Machine;
  /** Server, client, and events per second: push, consume, cycle. */
  rows: string[][];
}

const WIDTH = 900;
const MARGIN = 16;
const LABELS = 240;
const PANEL = 210;
/** The longest bar of a panel; its figure stands behind it. */
const BAR = 140;
const ROW = 24;
const HEAD = 72;
const FOOT = 40;
const GROUP = 30;
const PANELS = ["push", "pop and acknowledge", "whole cycle"];

const STYLE = `
.bar { fill: #afb8c1 }
.okq { fill: #0969da }
@media (prefers-color-scheme: dark) {
  .bar { fill: #656c76 }
  .okq { fill: #4493f8 }
}`;

export function chart({ rows, machine, at }: RivalsRecord): string {
  const max = PANELS.map((_, i) => Math.max(...rows.map((row) => valueOf(row, i))));
  const parts: string[] = [text(MARGIN, 28, "title", "Events a second, 32-byte contents")];
  PANELS.forEach((title, i) => parts.push(text(LABELS + i * PANEL, 58, "head", title)));
  let y = HEAD;
  for (const [client, members] of Map.groupBy(rows, ([, client]) => client)) {
    parts.push(text(MARGIN, y + 18, "group", client));
    y += GROUP;
    for (const row of members) {
      parts.push(...bars(row, y, max));
      y += ROW;
    }
  }
  const note = `${machine.cpu}, ${machine.cores} cores shared by client, server and Redis; Redis ${machine.redis}, ` +
    `Deno ${machine.deno}, okq ${machine.okq}; ${at.slice(0, 10)}`;
  parts.push(text(MARGIN, y + 24, "note", note));
  const label = "Events a second of okq beside other queues";
  return svg({ width: WIDTH, height: y + FOOT, label, style: STYLE }, parts);
}

function bars(row: string[], y: number, max: number[]): string[] {
  const [server, , ...figures] = row;
  const parts = [text(MARGIN + 12, y + 14, "", server.replace(/^direct/, "script on Redis"))];
  PANELS.forEach((_, i) => {
    const x = LABELS + i * PANEL;
    const width = Math.max(1, valueOf(row, i) / max[i] * BAR).toFixed(1);
    const cssClass = server.startsWith("okq") ? "okq" : "bar";
    parts.push(`<rect class="${cssClass}" x="${x}" y="${y + 2}" width="${width}" height="16" rx="2"/>`);
    parts.push(text(x + Number(width) + 6, y + 14, "", figures[i]));
  });
  return parts;
}

function valueOf(row: string[], panel: number): number {
  return Number(row[2 + panel].replaceAll(",", ""));
}
