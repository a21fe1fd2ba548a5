/**
 * Reads the pages of the documentation.
 *
 * @module
 */
import { readSource, sourcePaths } from "./sources.ts";

/** All pages but those of the benchmark, which writes its tables itself. */
export const PAGES: readonly string[] = (await sourcePaths())
  .filter((path) => path.endsWith(".md") && !path.startsWith("testing/bench/"));

/** The pages that describe the current version. */
export const CURRENT_PAGES: readonly string[] = PAGES.filter((path) => path !== "CHANGELOG.md");

/** A page without its code blocks. */
export async function proseOf(page: string): Promise<string> {
  return (await readSource(page)).replaceAll(/^```[^]*?^```/gm, "");
}

/** The anchors of a page: its headings, as GitHub names them, and explicit ones. */
export async function anchorsOf(page: string): Promise<string[]> {
  const prose = await proseOf(page);
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)]
    .map(([, text]) => text.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
  return [...headings, ...[...prose.matchAll(/<a id="([^"]+)"/g)].map(([, id]) => id)];
}

/** The text under a heading of a page, up to the next heading of the same level or a higher one. */
export async function sectionOf(page: string, heading: string): Promise<string> {
  const lines = (await proseOf(page)).split("\n");
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === heading);
  if (start < 0) throw new Error(`${page} has no heading ${JSON.stringify(heading)}`);
  const level = lines[start].indexOf(" ");
  const end = lines.findIndex((line, i) => i > start && /^#+ /.test(line) && line.indexOf(" ") <= level);
  return lines.slice(start + 1, end < 0 ? undefined : end).join("\n");
}

/** The cells of all tables in a text, row by row, without the rows of dashes. */
export function rowsOf(text: string): string[][] {
  return text.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()))
    .filter((cells) => !cells.every((cell) => /^:?-+:?$/.test(cell)));
}

/** All code spans of a text. */
export function codeOf(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
}
