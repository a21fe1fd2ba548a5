/**
 * Keeps okq under load for minutes on both stores at once. What okq and its stores use must level off, and in the end
 * nothing may be left:
 *
 *     deno task soak [--minutes n] [--seed n] [--store name] [--out folder]
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { ROOT } from "../../tests/support/sources.ts";
import { describeMachine, type Machine, machineLine } from "../machine.ts";
import { choice, main, number, seed, text, type Values } from "../program.ts";
import { quarters } from "../stats.ts";
import { STORE_NAMES, STORES } from "../stores.ts";
import { chart } from "./chart.ts";
import { soak, type SoakResult } from "./run.ts";

const OPTIONS = { minutes: number(() => 15, true), seed, store: choice(STORE_NAMES), out: text };

/** Whether everything levels off and nothing is left. */
async function run({ minutes, seed, store: names, out }: Values<typeof OPTIONS>): Promise<boolean> {
  const machine = await describeMachine();
  console.log(`seed ${seed}, ${minutes} minutes; ${machineLine(machine)}`);
  await using stack = new AsyncDisposableStack();
  const stores = STORE_NAMES.filter((name) => names.includes(name));
  const results = await Promise.all(stores.map(async (name) => soak(await STORES[name](stack), minutes, seed)));
  for (const result of results) {
    console.log(table(result));
    if (out !== undefined) await write(new URL(`${out.replace(/\/*$/, "")}/`, ROOT), result, seed, machine);
  }
  return results.every(({ failures }) => failures.length === 0);
}

async function write(folder: URL, result: SoakResult, seed: number, machine: Machine): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const note = `seed ${seed}; okq ${machine.okq} on ${machine.cpu}, ${machine.cores} cores; Deno ${machine.deno}, ` +
    `Redis ${machine.redis}`;
  await Deno.writeTextFile(new URL(`${result.store}.svg`, folder), chart(result, note));
}

function table({ store, sessions, series, failures }: SoakResult): string {
  const rows = series.map(({ name, unit, values, allowance: { factor, plus } }) => {
    const { second, last } = quarters(values);
    return `  ${name.padEnd(30)} ${second.toFixed(1).padStart(9)} → ${last.toFixed(1).padStart(9)} ${unit.padEnd(3)}` +
      `  (limit ${(second * factor + plus).toFixed(1)})`;
  });
  const counts = Object.entries(sessions).map(([name, count]) => `${count} ${name}`).join(", ");
  const verdict = failures.length === 0
    ? "  everything levels off, and nothing is left"
    : `  FAILED ${failures.join("\n  FAILED ")}`;
  return [`${store}: sessions: ${counts}`, ...rows, verdict].join("\n");
}

if (import.meta.main) await main("soak", OPTIONS, run);
