/**
 * Puts results into README.md, record.json and chart.svg.
 *
 * @module
 */
import { ROOT } from "../../tests/support/sources.ts";
import { type Machine, machineLine } from "../machine.ts";
import { chart } from "./chart.ts";
import { markdownTable, type Measure } from "./measure.ts";

const README = new URL("README.md", import.meta.url);
const RECORD = new URL("record.json", import.meta.url);
const CHART = new URL("chart.svg", import.meta.url);

/** Replaces the table of a measure's section in README.md; `rivals` also replaces record.json and chart.svg. */
export async function publish(measure: Measure, rows: string[][], machine: Machine, command: string): Promise<void> {
  const at = new Date().toISOString();
  const source = `\`${command}\`, ${at.slice(0, 10)}: ${machineLine(machine)}.`;
  const result = `${markdownTable(measure.columns, rows)}\n\n${source}`;
  await Deno.writeTextFile(README, replaceResult(await Deno.readTextFile(README), measure.title, result));
  if (measure.name === "rivals") {
    const lines = rows.map((row) => JSON.stringify(row.slice(0, 5)));
    const head = `"at": "${at}",\n"machine": ${JSON.stringify(machine)},`;
    await Deno.writeTextFile(RECORD, `{\n${head}\n"rows": [\n${lines.join(",\n")}\n]\n}\n`);
    await drawRecord();
  }
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", README.pathname, RECORD.pathname], cwd: ROOT })
    .output();
}

export async function drawRecord(): Promise<void> {
  await Deno.writeTextFile(CHART, chart(JSON.parse(await Deno.readTextFile(RECORD))));
}

/** The result is everything from the table to the end of a section. @throws {Error} if the page has no such section */
export function replaceResult(page: string, title: string, result: string): string {
  const start = page.indexOf(`\n### ${title}\n`) + 1;
  if (start === 0) throw new Error(`README.md has no section "${title}"`);
  const next = page.slice(start + 3).search(/^##/m);
  const end = next < 0 ? page.length : start + 3 + next;
  const table = page.slice(start, end).search(/^\|/m);
  return `${table < 0 ? page.slice(0, end) : page.slice(0, start + table)}${result}\n\n${page.slice(end)}`;
}
