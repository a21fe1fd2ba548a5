/**
 * Injects faults into okq and its stores under load, and checks that every guarantee holds:
 *
 *     deno task chaos [--scenario name[,name]] [--seconds n] [--seed n] [--history file] [--verbose]
 *
 * A history is for Jepsen's checker; see history.ts.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { choice, flag, main, number, seed, text, type Values } from "../program.ts";
import { type Figures, History } from "./history.ts";
import { type Result, run } from "./run.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";

const OPTIONS = {
  scenario: choice(SCENARIOS.map(({ name }) => name)),
  seconds: number(() => 30),
  seed,
  history: text,
  verbose: flag,
};

/** Resolves to whether every guarantee held. */
async function chaos({ scenario: names, seconds, seed, history: path, verbose }: Values<typeof OPTIONS>) {
  using history = new History(path);
  const total: Figures = { lost: 0, unexpected: 0, duplicated: 0, recovered: 0 };
  console.log(
    `seed ${seed}, ${seconds} s of faults each, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}`,
  );
  console.log(tableRow(Object.keys(COLUMNS)));
  let ok = true;
  for (const scenario of SCENARIOS.filter(({ name }) => names.includes(name))) {
    const notes: string[] = [];
    const begin = performance.now();
    const note = (text: string) => {
      const line = `    ${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} ${text}`;
      if (verbose || text.startsWith("WARNING")) console.log(line);
      else notes.push(line);
    };
    const result = await run(scenario, { seconds, seed, history, note });
    for (const name of Object.keys(total) as (keyof Figures)[]) total[name] += result.figures[name];
    console.log(tableRow(cells(scenario.name, result)));
    const failures = [...result.violations, ...result.exceeded];
    if (failures.length === 0) continue;
    ok = false;
    if (!verbose) { for (const line of notes) console.log(line); }
    for (const failure of failures) console.log(`    FAILED ${failure}`);
  }
  const figures = Object.entries(total).map(([name, events]) => `${name} ${events}`).join(", ");
  console.log(`Events in the history${path === undefined ? "" : ` ${path}`}: ${figures}`);
  console.log(ok ? "Every guarantee held" : `Not every guarantee held; repeat with --seed ${seed}`);
  return ok;
}

/** The columns of the table, with their widths. */
const COLUMNS = {
  ...{ "scenario": 17, "faults": 6, "pushed": 7, "delivered": 9, "redelivered": 11, "dead": 6 },
  ...{ "lost": 4, "doubled": 7, "out of order": 12, "out of turn": 11, "over limit": 10, "repushed": 8, "unknown": 7 },
  ...{ "stall ms": 8, "resumed ms": 10, "notified ms": 11 },
  ...{ "crashes": 7, "MiB": 15, "files": 12 },
};

function cells(name: string, { counts, faults, stalledMs, resumedMs, notifiedMs, crashes, usage }: Result): string[] {
  const change = (field: "memory" | "files") =>
    usage.map(({ before, after }) => `${before[field]}→${after[field]}`).join(" ") || "-";
  const { pushed, delivered, redelivered, dead, lost, doubled, outOfOrder, outOfTurn, overLimit, repushed, unknown } =
    counts;
  return [
    ...[name, faults, pushed, delivered, redelivered, dead, lost, doubled, outOfOrder],
    ...[outOfTurn, overLimit, repushed, unknown],
    ...[stalledMs, resumedMs, notifiedMs].map(Math.round),
    ...[crashes, change("memory"), change("files")],
  ].map(String);
}

function tableRow(cells: string[]): string {
  const widths = Object.values(COLUMNS);
  return cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ");
}

if (import.meta.main) await main("chaos", OPTIONS, chaos);
