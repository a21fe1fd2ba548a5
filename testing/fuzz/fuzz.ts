/**
 * Fuzzes okq on both stores:
 *
 *     deno task fuzz [--seconds n] [--seed n] [--store sqlite|redis|all] [--drive name|all]
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { parseArgs } from "../../deps.ts";
import type { Drive } from "./property.ts";
import { DRIVES } from "./properties/properties.ts";
import { fuzz, type FuzzOptions, type FuzzResult } from "./run.ts";
import { STORES } from "./stores.ts";

const SECONDS = 60;

/** What the command line asks for. */
interface Request extends Pick<FuzzOptions, "seconds" | "seed"> {
  stores: string[];
  drives: readonly Drive[];
}

/** @throws {Error} in one line that says what is allowed */
function readRequest(args: string[]): Request {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args, options: { seconds: text, seed: text, store: text, drive: text } });
  const { seconds = `${SECONDS}`, seed = `${Math.floor(Math.random() * 2 ** 31)}`, store = "all", drive = "all" } =
    values;
  for (const [name, value] of Object.entries({ seconds, seed })) {
    if (!/^\d{1,10}$/.test(value)) throw new Error(`Cannot use --${name} ${value}: it must be a whole number`);
  }
  const choose = (option: string, chosen: string, names: string[]) => {
    if (chosen === "all") return names;
    if (names.includes(chosen)) return [chosen];
    throw new Error(`Cannot use --${option} ${chosen}: allowed are all, ${names.join(", ")}`);
  };
  const drives = choose("drive", drive, DRIVES.map(({ name }) => name));
  return {
    seconds: Number(seconds),
    seed: Number(seed),
    stores: choose("store", store, Object.keys(STORES)),
    drives: DRIVES.filter(({ name }) => drives.includes(name)),
  };
}

/** Resolves to whether all was well. */
async function main({ stores, drives, seconds, seed }: Request): Promise<boolean> {
  console.log(`seed ${seed}, ${seconds} s in all, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}`);
  for (const { name, about } of drives) console.log(`  ${name.padEnd(8)} ${about}`);
  let well = true;
  for (const name of stores) {
    await STORES[name](async (store, instances) => {
      const result = await fuzz({ store, instances, drives, seconds: seconds / stores.length, seed });
      console.log(`${name.padEnd(8)} ${figures(result)}`);
      if (!result.failure) return;
      well = false;
      const { what, drive, seed: again } = result.failure;
      console.log(`FAILED   ${what}`);
      console.log(`Again with: deno task fuzz --store ${name} --drive ${drive} --seed ${again}`);
    });
  }
  return well;
}

function figures({ runs, turns, memory }: FuzzResult): string {
  const counts = [...runs].map(([name, count]) => `${count} ${name}`).join(", ");
  return `${turns} turns: ${counts}${memory && `; memory ${memory}`}`;
}

if (import.meta.main) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => Deno.exit(130));
  try {
    Deno.exit(await main(readRequest(Deno.args)) ? 0 : 1);
  } catch (error) {
    console.error(`fuzz: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
