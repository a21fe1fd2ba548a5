/**
 * Results for people.
 *
 * @module
 */
import type { Result } from "./run.ts";

const HEAD = [
  ...["scenario", "faults", "pushed", "delivered", "redelivered", "dead", "lost", "doubled", "reborn", "unknown"],
  ...["stall ms", "resumed ms", "told ms", "unordered", "MiB", "files"],
];

const WIDTHS = [17, 6, 7, 9, 11, 6, 4, 7, 6, 7, 8, 10, 7, 9, 15, 12];

/** The names of the columns. */
export function head(): string {
  return row(HEAD);
}

/** The figures of a run. */
export function line(name: string, { figures, faults, stalled, resumed, told, unordered, usage }: Result): string {
  const change = (of: "memory" | "files") =>
    usage.map(({ before, after }) => `${before[of]}→${after[of]}`).join(" ") || "-";
  const { pushed, delivered, redelivered, dead, lost, doubled, reborn, unknown } = figures;
  return row([
    name,
    ...[faults, pushed, delivered, redelivered, dead, lost, doubled, reborn, unknown],
    ...[stalled, resumed, told].map(Math.round),
    unordered,
    change("memory"),
    change("files"),
  ].map(String));
}

function row(cells: string[]): string {
  return cells.map((cell, i) => i === 0 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i])).join("  ");
}
