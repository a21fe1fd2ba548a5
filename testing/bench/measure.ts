/**
 * A measure, and how its figures are written.
 *
 * @module
 */
import { median, round } from "../stats.ts";
import type { LoadClient } from "./load/load_client.ts";

export interface Context {
  client: LoadClient;
  rounds: number;
  /** For the measure `against`. */
  base?: URL;
  note(text: string): void;
  /** Reports a bar that okq does not reach: the program fails in the end. */
  missed(text: string): void;
}

export interface Measure {
  name: string;
  /** Also the heading of its section in README.md. */
  title: string;
  columns: string[];
  /** Takes minutes; runs only if it is named. */
  slow?: boolean;
  /** The rows of the table. */
  run(context: Context): Promise<string[][]>;
}

/** `12,345` */
export function grouped(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

export function figure(rounds: number[]): string {
  return grouped(round(median(rounds)));
}

/** The median of the rounds' own ratios, which cancels what slows the machine for a while. */
export function medianRatio(rounds: number[], base: number[]): number {
  return round(median(rounds.map((value, i) => value / base[i])));
}

/** {@linkcode medianRatio}, and the lowest and highest. */
export function ratio(rounds: number[], base: number[]): string {
  const ratios = rounds.map((value, i) => value / base[i]);
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)].map((value) => value.toFixed(2));
  return `**${medianRatio(rounds, base).toFixed(2)}**${low === high ? "" : ` (${low}–${high})`}`;
}

export function figureAndRatio(rounds: number[], base: number[]): string {
  return rounds === base ? figure(rounds) : `${figure(rounds)} ${ratio(rounds, base)}`;
}

export function markdownTable(columns: string[], rows: string[][]): string {
  const widths = columns.map((_, i) => Math.max(3, ...[columns, ...rows].map((cells) => cells[i].length)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(columns), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
