/**
 * The subcommands `store check`, which verifies the consistency of a store, and `store backup`, which copies it.
 *
 * @module
 */
import { type ConsistencyReport, INCONSISTENCIES, type Inconsistency } from "../../store/consistency.ts";
import type { Store } from "../../store/store.ts";
import { ConfigError, parseConfig, withoutPasswords } from "../config/flags.ts";
import type { Settings } from "../config/settings.ts";

export const STORE_CHECK = {
  syntax: "store check --store <url>",
  summary: "Counts queues, events and inconsistencies of a store without changing it; exits with 1 if there are any",
};

export const STORE_BACKUP = {
  syntax: "store backup <file> --store sqlite:<file>",
  summary: "Copies an SQLite store to a new file, also while okq uses it",
};

export interface ProgramResult {
  /** For standard output, without a last line feed; empty for nothing. */
  text: string;
  /** Whether to exit with 0. */
  ok: boolean;
}

/**
 * @param args after `store`
 * @param open opens a store read-only
 * @param backup copies a store to a file, and returns its size in bytes
 * @throws {ConfigError}
 */
export async function storeCommand(
  args: string[],
  open: (settings: Settings) => Promise<Store>,
  backup: (url: string, target: string) => Promise<number>,
): Promise<ProgramResult> {
  const [command, ...options] = args;
  if (command === "backup") {
    const [target, ...rest] = options;
    if (!target || target.startsWith("-")) throw new ConfigError("store backup requires the name of a new file first");
    const { store } = parseConfig(rest);
    return { text: `Copied ${withoutPasswords(store)} to ${target}: ${await backup(store, target)} bytes`, ok: true };
  }
  if (command !== "check") {
    const given = JSON.stringify(`store ${command ?? ""}`.trim());
    throw new ConfigError(`Cannot use ${given}: it must be store check or store backup`);
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
