/**
 * The subcommand `store check`, which verifies the consistency of a store.
 *
 * @module
 */
import { type ConsistencyReport, INCONSISTENCIES, type Inconsistency } from "../../store/consistency.ts";
import type { Store } from "../../store/store.ts";
import { ConfigError, parseConfig } from "../config/flags.ts";
import type { Settings } from "../config/settings.ts";

export const STORE_CHECK = {
  syntax: "store check --store <url>",
  summary: "Counts queues, events and inconsistencies of a store without changing it; exits with 1 if there are any",
};

export interface ProgramResult {
  /** For standard output. */
  text: string;
  /** Whether to exit with 0. */
  ok: boolean;
}

/**
 * @param args after `store`
 * @param open opens a store read-only
 * @throws {ConfigError}
 */
export async function storeCommand(
  args: string[],
  open: (settings: Settings) => Promise<Store>,
): Promise<ProgramResult> {
  const [command, ...options] = args;
  if (command !== "check") {
    throw new ConfigError(`Cannot use ${JSON.stringify(`store ${command ?? ""}`.trim())}: it must be store check`);
  }
  const store = await open(parseConfig(options));
  try {
    return report(await store.check());
  } finally {
    await store.close();
  }
}

function report({ orphans, ...counts }: ConsistencyReport): ProgramResult {
  const kinds = (Object.keys(orphans) as Inconsistency[]).filter((kind) => orphans[kind] > 0);
  const sum = kinds.reduce((sum, kind) => sum + orphans[kind], 0);
  const rows = [...Object.entries(counts), ["orphans", sum] as const];
  const text = [
    ...rows.map(([name, count]) => `${name.padEnd(10)} ${`${count}`.padStart(12)}`),
    ...kinds.map((kind) => `  ${orphans[kind]} ${INCONSISTENCIES[kind]}`),
  ];
  return { text: text.join("\n"), ok: sum === 0 };
}
