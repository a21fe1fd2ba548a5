/**
 * The command line beside serving: `store check --store url` looks at all that a store holds.
 *
 * @module
 */
import { type ConsistencyReport, INCONSISTENCIES, type Inconsistency } from "../../store/consistency.ts";
import type { Store } from "../../store/store.ts";
import { ConfigError, parseConfig } from "../config/flags.ts";
import type { Settings } from "../config/settings.ts";

/** What is shown of it with `--help`. */
export const STORE_CHECK = {
  syntax: "store check --store <url>",
  summary:
    "Counts what a store holds and what in it belongs to nothing; exits with 1 if there is such. Changes nothing",
};

/** What a look at a store came to. */
export interface ProgramResult {
  /** For people. */
  text: string;
  /** Whether everything in the store belongs to something. */
  ok: boolean;
}

/**
 * Does a command on a store.
 * @param args what follows the word `store`
 * @param open opens the store of these settings, to look at
 * @throws {ConfigError} for another command than `check`
 */
export async function storeCommand(
  args: string[],
  open: (settings: Settings) => Promise<Store>,
): Promise<ProgramResult> {
  const [command, ...options] = args;
  if (command !== "check") {
    throw new ConfigError(`Cannot use ${JSON.stringify(`store ${command ?? ""}`.trim())}: allowed is store check`);
  }
  const store = await open(parseConfig(options));
  try {
    return report(await store.check());
  } finally {
    await store.close();
  }
}

function report({ orphans, ...figures }: ConsistencyReport): ProgramResult {
  const kinds = (Object.keys(orphans) as Inconsistency[]).filter((kind) => orphans[kind] > 0);
  const sum = kinds.reduce((sum, kind) => sum + orphans[kind], 0);
  const rows = [...Object.entries(figures), ["orphans", sum] as const];
  const text = [
    ...rows.map(([name, count]) => `${name.padEnd(10)} ${`${count}`.padStart(12)}`),
    ...kinds.map((kind) => `  ${orphans[kind]} ${INCONSISTENCIES[kind]}`),
  ];
  return { text: text.join("\n"), ok: sum === 0 };
}
