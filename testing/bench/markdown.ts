/**
 * Tables for pages.
 *
 * @module
 */
import type { Column, Row } from "./measure.ts";

/** A table in Markdown. */
export function table(columns: Column[], rows: Row[]): string {
  const lines = [
    columns.map(({ title }) => title),
    columns.map(() => "---"),
    ...rows.map((row) => columns.map((column) => column.show(row))),
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
