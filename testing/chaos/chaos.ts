/**
 * Breaks okq and its stores on purpose, and sees whether every promise is kept:
 *
 *     deno task chaos [--scenario name|all] [--seconds n] [--seed n] [--verbose]
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { parseArgs } from "../../deps.ts";
import { head, line } from "./report.ts";
import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const SECONDS = 30;

/** What the command line asks for. */
interface Request {
  scenarios: readonly Scenario[];
  seconds: number;
  seed: number;
  verbose: boolean;
}

/** @throws {Error} in one line that says what is allowed */
function readRequest(args: string[]): Request {
  const text = { type: "string" } as const;
  const options = { scenario: text, seconds: text, seed: text, verbose: { type: "boolean" } } as const;
  const { values } = parseArgs({ args, options });
  const { scenario = "all", seconds = `${SECONDS}`, seed = `${Math.floor(Math.random() * 2 ** 32)}` } = values;
  const scenarios = SCENARIOS.filter(({ name }) => scenario === "all" || scenario === name);
  if (scenarios.length === 0) {
    throw new Error(
      `Cannot use --scenario ${scenario}: allowed are all, ${SCENARIOS.map(({ name }) => name).join(", ")}`,
    );
  }
  for (const [name, value] of Object.entries({ seconds, seed })) {
    if (!/^\d{1,10}$/.test(value)) throw new Error(`Cannot use --${name} ${value}: it must be a whole number`);
  }
  return { scenarios, seconds: Number(seconds), seed: Number(seed), verbose: values.verbose ?? false };
}

/** Resolves to whether every promise was kept. */
async function main({ scenarios, seconds, seed, verbose }: Request): Promise<boolean> {
  console.log(
    `seed ${seed}, ${seconds} s of faults each, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}`,
  );
  console.log(head());
  let kept = true;
  for (const scenario of scenarios) {
    const notes: string[] = [];
    const begin = performance.now();
    const note = (text: string) => {
      const noted = `    ${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} ${text}`;
      if (verbose || text.startsWith("ATTENTION")) console.log(noted);
      else notes.push(noted);
    };
    const result = await run(scenario, { seconds, seed, note });
    console.log(line(scenario.name, result));
    if (result.broken.length === 0) continue;
    kept = false;
    if (!verbose) { for (const noted of notes) console.log(noted); }
    for (const what of result.broken) console.log(`    BROKEN ${what}`);
  }
  console.log(kept ? "Every promise was kept" : `Not every promise was kept; again with --seed ${seed}`);
  return kept;
}

if (import.meta.main) {
  // An end by signal runs what must be done at the end, as an end by itself does.
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => Deno.exit(130));
  try {
    Deno.exit(await main(readRequest(Deno.args)) ? 0 : 1);
  } catch (error) {
    console.error(`chaos: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
