/**
 * Soaks okq: load for minutes on both stores at once, with clients that come, go, hang up and speak nonsense. What okq and
 * its stores take of the machine must level off, and in the end nothing may be left:
 *
 *     deno task soak [--minutes n] [--seed n] [--store sqlite|redis|all] [--out folder]
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { describeMachine, machineLine } from "../machine.ts";
import { parseArgs } from "../../deps.ts";
import { ROOT } from "../../tests/support/sources.ts";
import { quarters } from "./level.ts";
import { picture } from "./chart.ts";
import { soak, type SoakResult } from "./run.ts";
import { STORES } from "../stores.ts";

const MINUTES = 15;

/** What the command line asks for. */
interface Request {
  minutes: number;
  seed: number;
  stores: string[];
  /** Where results and pictures go; nowhere by default, for those of a short run say little. */
  out?: string;
}

/** @throws {Error} in one line that says what is allowed */
function readRequest(args: string[]): Request {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args, options: { minutes: text, seed: text, store: text, out: text } });
  const { minutes = `${MINUTES}`, seed = `${Math.floor(Math.random() * 2 ** 31)}`, store = "all", out } = values;
  for (const [name, value] of Object.entries({ minutes, seed })) {
    if (!/^\d{1,10}(\.\d+)?$/.test(value)) throw new Error(`Cannot use --${name} ${value}: it must be a number`);
  }
  const names = Object.keys(STORES);
  const stores = store === "all" ? names : names.filter((name) => name === store);
  if (stores.length === 0) throw new Error(`Cannot use --store ${store}: allowed are all, ${names.join(", ")}`);
  return { minutes: Number(minutes), seed: Number(seed), stores, out };
}

/** Resolves to whether all was well. */
async function main({ minutes, seed, stores, out }: Request): Promise<boolean> {
  const machine = await describeMachine();
  console.log(`seed ${seed}, ${minutes} minutes; ${machineLine(machine)}`);
  const results: SoakResult[] = [];
  await Promise.all(stores.map((name) =>
    STORES[name](async (store) => {
      results.push(await soak({ store, minutes, seed }));
    })
  ));
  for (const result of results) {
    console.log(table(result));
    if (out === undefined) continue;
    const folder = new URL(`${out.replace(/\/*$/, "")}/`, ROOT);
    await Deno.mkdir(folder, { recursive: true });
    const short = (values: number[]) => values.map((value) => Number(value.toFixed(1)));
    const curves = result.curves.map(({ name, unit, values }) => ({ name, unit, values: short(values) }));
    const written = { ...result, seed, machine, times: short(result.times), curves };
    await Deno.writeTextFile(new URL(`${result.store}.json`, folder), JSON.stringify(written) + "\n");
    const note = `seed ${seed}; okq ${machine.okq} on ${machine.cpu}, ${machine.cores} cores; Deno ${machine.deno}, ` +
      `Redis ${machine.redis}`;
    await Deno.writeTextFile(new URL(`${result.store}.svg`, folder), picture(result, note));
  }
  return results.every(({ wrong }) => wrong.length === 0);
}

function table({ store, sessions, curves, wrong }: SoakResult): string {
  const rows = curves.map(({ name, unit, values, allowance: { factor, plus } }) => {
    const { second, last } = quarters(values);
    const allowed = second * factor + plus;
    return `  ${name.padEnd(30)} ${second.toFixed(1).padStart(9)} → ${last.toFixed(1).padStart(9)} ${unit.padEnd(3)}` +
      `  (at most ${allowed.toFixed(1)})`;
  });
  const counts = Object.entries(sessions).map(([name, count]) => `${count} ${name}`).join(", ");
  const verdict = wrong.length === 0
    ? "  all levels off, and nothing is left"
    : `  WRONG: ${wrong.join("\n  WRONG: ")}`;
  return [`${store}: sessions ${counts}`, ...rows, verdict].join("\n");
}

if (import.meta.main) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => Deno.exit(130));
  try {
    Deno.exit(await main(readRequest(Deno.args)) ? 0 : 1);
  } catch (error) {
    console.error(`soak: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
