/**
 * Fuzzes okq on one store, one property after the other until the time is up. The same seed makes the same turns; their
 * number depends on the machine.
 *
 * @module
 */
import { fc } from "../../tests/deps.ts";
import { levelsOff, quarters } from "../stats.ts";
import { leftovers } from "../stores.ts";
import { anyBytes } from "./properties/any_bytes.ts";
import { conservation } from "./properties/conservation.ts";
import { ownQueues } from "./properties/own_queues.ts";
import { sharedQueues } from "./properties/shared_queues.ts";
import type { Property } from "./property.ts";
import { Target } from "./target.ts";

export const PROPERTIES = [ownQueues, anyBytes, sharedQueues, conservation] as unknown as readonly Property[];

/** fast-check may search this long for a smaller failing input. */
const SHRINK_MS = 30_000;
/** Shorter runs do not judge memory: V8 takes half a minute to find its size. */
const MIN_MEMORY_SECONDS = 120;
const MIN_SAMPLES = 4;
const MEMORY_ALLOWANCE = { factor: 1.25, plus: 48 };

export interface FuzzOptions {
  /** Value of `--store`. */
  store: string;
  instances: number;
  properties: readonly Property[];
  seconds: number;
  seed: number;
}

export interface FuzzResult {
  /** Number of runs by property. */
  runs: Map<string, number>;
  turns: number;
  /** Resident memory in the second quarter of the turns and in the last. */
  memory: string;
  /** The property and seed repeat the failure. */
  failure?: { what: string; property: string; seed: number };
}

export async function fuzz({ store, instances, properties, seconds, seed }: FuzzOptions): Promise<FuzzResult> {
  const runs = new Map<string, number>();
  const memory: number[] = [];
  let turns = 0;
  await using target = await Target.start(store, instances);
  const result = (failure?: FuzzResult["failure"]): FuzzResult => {
    const { second, last } = quarters(memory);
    const change = memory.length >= MIN_SAMPLES ? `${second} MiB, then ${last} MiB` : "not sampled";
    return { runs, turns, memory: change, failure };
  };
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const property = properties[turns % properties.length];
    const turnSeed = seed + turns++;
    const details = await takeTurn(property, turnSeed, target, end);
    runs.set(property.name, (runs.get(property.name) ?? 0) + details.numRuns);
    if (details.failed) return result({ what: describe(details), property: property.name, seed: turnSeed });
    await target.flush();
    const mib = await target.memory();
    if (!Number.isNaN(mib)) memory.push(mib);
  }
  const fail = (what: string) => result({ what, property: "all", seed });
  const judged = seconds >= MIN_MEMORY_SECONDS && memory.length >= MIN_SAMPLES;
  if (judged && !levelsOff(memory, MEMORY_ALLOWANCE)) return fail("Memory grows");
  try {
    await target.stop();
  } catch (error) {
    return fail(`${error}`);
  }
  const left = await leftovers(store);
  return left === undefined ? result() : fail(left);
}

async function takeTurn(property: Property, seed: number, target: Target, end: number) {
  target.begin(`${property.name}-${seed}`);
  const check = fc.asyncProperty(
    property.input,
    (input) => target.run((prefix) => property.run(input, target, prefix)),
  );
  return await fc.check(check, {
    seed,
    numRuns: property.runs,
    interruptAfterTimeLimit: Math.max(0, end - performance.now()) + SHRINK_MS,
  });
}

function describe({ errorInstance, counterexample }: fc.RunDetails<[unknown]>): string {
  const message = errorInstance instanceof Error ? errorInstance.message : errorInstance;
  const cause = errorInstance instanceof Error && errorInstance.cause ? `\nCaused by: ${errorInstance.cause}` : "";
  return `${message}${cause}\nwith ${fc.stringify(counterexample?.[0])}`;
}
