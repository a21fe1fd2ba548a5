/**
 * Measures okq beside the same work done on Redis directly. See README.md beside this file.
 *
 *     deno task bench [--full] [--only name[,name]] [--rounds n] [--against folder] [--report] [--list]
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { parseArgs } from "../../deps.ts";
import { LoadClient } from "./load/load.ts";
import { describeMachine, machineLine } from "../machine.ts";
import type { Measure, Row } from "./measure.ts";
import { MEASURES } from "./measures.ts";
import { writeReport } from "./report.ts";
import { saveResult } from "./results.ts";

const MIN_ROUNDS = 3;

/** What the command line asks for. */
interface Request {
  measures: readonly Measure[];
  full: boolean;
  rounds: number;
  /** The folder of another version. */
  against?: string;
  report: boolean;
  list: boolean;
}

/** @throws {Error} in one line that says what is allowed */
function readRequest(args: string[]): Request {
  const text = { type: "string" } as const, flag = { type: "boolean", default: false } as const;
  const options = { full: flag, only: text, rounds: text, against: text, report: flag, list: flag };
  const { full, only, rounds = `${MIN_ROUNDS}`, against, report, list } = parseArgs({ args, options }).values;
  const possible = MEASURES.filter(({ comparesVersions = false }) => comparesVersions === (against !== undefined));
  const names = only?.split(",");
  for (const name of names ?? []) {
    if (!possible.some((measure) => measure.name === name)) {
      throw new Error(`Cannot use --only ${name}: allowed are ${possible.map(({ name }) => name).join(", ")}`);
    }
  }
  if (!/^\d{1,2}$/.test(rounds) || Number(rounds) < 1) {
    throw new Error(`Cannot use --rounds ${rounds}: allowed are 1 to 99`);
  }
  const wanted = ({ name, slow }: Measure) => names ? names.includes(name) : full || !slow;
  return { measures: possible.filter(wanted), full, rounds: Number(rounds), against, report, list };
}

async function main({ measures, full, rounds, against, report, list }: Request): Promise<void> {
  if (list) return MEASURES.forEach(({ name, title }) => console.log(`${name.padEnd(10)} ${title}`));
  if (report) return await writeReport();
  if (Deno.build.os !== "linux") {
    throw new Error("Cannot measure here: the client and the figures of processes need Linux");
  }
  const machine = await describeMachine();
  console.log(`${machineLine(machine)}; medians of ${rounds} rounds\n`);
  for (const measure of measures) {
    console.log(`${measure.title} (${measure.name})`);
    using client = new LoadClient();
    const begin = performance.now();
    const rows = await measure.run({ full, rounds, against, client, note: (text) => console.log(`    ${text}`) });
    show(measure, rows);
    console.log(`    took ${((performance.now() - begin) / 1000).toFixed(0)} s\n`);
    const options = [...full ? ["--full"] : [], ...rounds === MIN_ROUNDS ? [] : [`--rounds ${rounds}`]];
    const which = measure.comparesVersions ? "--against <its folder>" : `--only ${measure.name}`;
    const command = ["deno task bench", ...options, which].join(" ");
    await saveResult(measure.name, { at: new Date().toISOString(), command, machine, rows });
  }
  console.log("kept in testing/bench/results.json; deno task bench --report writes the tables and the chart from it");
}

/** Prints a table for people. */
function show({ columns }: Measure, rows: Row[]): void {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map((column) => column.show(row)))]
    .map((cells) => cells.map((cell) => cell.replaceAll("**", "")));
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
  for (const cells of lines) console.log(cells.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd());
}

if (import.meta.main) {
  // Exiting in this way removes folders.
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => Deno.exit(130));
  try {
    await main(readRequest(Deno.args));
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
