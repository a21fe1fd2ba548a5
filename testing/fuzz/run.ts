/**
 * Fuzzes okq on one store: the drives take turns until the time is up, each turn with a seed of its own. The same seed
 * makes the same turns; only how many there are depends on the machine.
 *
 * @module
 */
import { fc } from "../../tests/deps.ts";
import { runProgram } from "../../tests/support/process.ts";
import type { Drive } from "./property.ts";
import { Memory } from "./memory.ts";
import { Target } from "./target.ts";

/** How long may be looked for the smallest input that fails, in milliseconds. */
const SHRINKING_MS = 30_000;

/** What to fuzz. */
export interface FuzzOptions {
  /** What `--store` is given. */
  store: string;
  /** okq processes on that store. */
  instances: number;
  /** The drives that take turns. */
  drives: readonly Drive[];
  /** For how long. */
  seconds: number;
  /** What chance depends on. */
  seed: number;
}

/** What came of it. */
export interface FuzzResult {
  /** Runs of each drive. */
  runs: Map<string, number>;
  /** Turns. */
  turns: number;
  /** Resident memory in MiB, in the second quarter of the time and in the last. */
  memory: string;
  /** What went wrong, and with which drive and seed it does so again. */
  failure?: { what: string; drive: string; seed: number };
}

/** Fuzzes until the time is up, or something goes wrong. */
export async function fuzz({ store, instances, drives, seconds, seed }: FuzzOptions): Promise<FuzzResult> {
  const runs = new Map<string, number>();
  let turns = 0;
  await using target = await Target.start({ store, instances });
  const end = performance.now() + seconds * 1000;
  await using memory = new Memory(() => target.memory());
  const result = (failure?: FuzzResult["failure"]) => ({ runs, turns, memory: memory.summary, failure });
  while (performance.now() < end) {
    const drive = drives[turns % drives.length];
    const turn = seed + turns++;
    const details = await take(drive, turn, target, end);
    runs.set(drive.name, (runs.get(drive.name) ?? 0) + details.numRuns);
    if (details.failed) return result({ what: whatFailed(details), drive: drive.name, seed: turn });
    await target.flush();
  }
  const last = { drive: "all", seed };
  if (memory.grows) return result({ what: `Memory grows: ${memory.summary}`, ...last });
  try {
    await target.stop();
  } catch (error) {
    return result({ what: String(error), ...last });
  }
  const wrong = await leftIn(store);
  return result(wrong === undefined ? undefined : { what: wrong, ...last });
}

/** One turn of a drive. */
async function take(drive: Drive, seed: number, target: Target, end: number): Promise<fc.RunDetails<[unknown]>> {
  target.begin(`${drive.name}-${seed}`);
  const property = fc.asyncProperty(
    drive.plan,
    (plan) => target.run((name) => drive.run(plan, target, name)),
  );
  return await fc.check(property, {
    seed,
    numRuns: drive.runs,
    interruptAfterTimeLimit: Math.max(0, end - performance.now()) + SHRINKING_MS,
  });
}

function whatFailed(details: fc.RunDetails<[unknown]>): string {
  const error = details.errorInstance;
  const cause = error instanceof Error && error.cause ? `\nCaused by: ${error.cause}` : "";
  const example = fc.stringify(details.counterexample?.[0]);
  return `${error instanceof Error ? error.message : error}${cause}\nwith ${example}`;
}

/** Looks at the store once okq is gone: all was flushed, so that nothing may be left. */
async function leftIn(store: string): Promise<string | undefined> {
  if (store.endsWith(":memory:")) return undefined;
  const permissions = ["--allow-net", "--allow-read", "--allow-write"];
  const { code, stdout, stderr } = await runProgram(["store", "check", "--store", store], { permissions });
  const empty = code === 0 && [...stdout.matchAll(/^(\w+) +(\d+)$/gm)].every(([, , count]) => count === "0");
  return empty ? undefined : `Something is left in the store:\n${stdout}${stderr}`;
}
