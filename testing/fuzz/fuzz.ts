/**
 * Fuzzes okq on both stores:
 *
 *     deno task fuzz [--seconds n] [--seed n] [--store name] [--property name[,name]]
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { choice, main, number, seed, type Values } from "../program.ts";
import { STORE_NAMES, STORES } from "../stores.ts";
import { fuzz, PROPERTIES } from "./run.ts";

const OPTIONS = {
  seconds: number(() => 60),
  seed,
  store: choice(STORE_NAMES),
  property: choice(PROPERTIES.map(({ name }) => name)),
};

/** Resolves to whether every property holds. */
async function run({ seconds, seed, store, property }: Values<typeof OPTIONS>): Promise<boolean> {
  const stores = STORE_NAMES.filter((name) => store.includes(name));
  const properties = PROPERTIES.filter(({ name }) => property.includes(name));
  console.log(`seed ${seed}, ${seconds} s in all, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}`);
  for (const { name, about } of properties) console.log(`  ${name.padEnd(12)} ${about}`);
  let ok = true;
  for (const name of stores) {
    await using stack = new AsyncDisposableStack();
    const { url, instances } = await STORES[name](stack);
    const result = await fuzz({ store: url, instances, properties, seconds: seconds / stores.length, seed });
    const counts = [...result.runs].map(([name, count]) => `${count} ${name}`).join(", ");
    console.log(`${name.padEnd(8)} ${result.turns} turns: ${counts}; memory ${result.memory}`);
    if (!result.failure) continue;
    ok = false;
    const { what, property, seed: again } = result.failure;
    console.log(`FAILED   ${what}\nRepeat with: deno task fuzz --store ${name} --property ${property} --seed ${again}`);
  }
  return ok;
}

if (import.meta.main) await main("fuzz", OPTIONS, run);
