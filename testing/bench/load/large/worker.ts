/**
 * The thread of a large load. It has the lowest priority, because what its clients need of a processor is not okq's:
 * those of a real load have a machine of their own.
 *
 * @module
 */
import { setPriority } from "../../../../tests/deps.ts";
import type { Addr } from "../../../../tests/support/wire.ts";
import { type LargeState, largeStates } from "./states.ts";
import { LoadClient } from "../load_client.ts";

/** One of the large states. */
export interface LargeChoice {
  index: number;
  /** As those of {@linkcode largeStates}. */
  scale?: number;
  seconds?: number;
}

export interface LargeJob extends LargeChoice {
  addr: Addr;
  http: number;
  /** Its number; undefined fills the store. */
  phase: number | undefined;
}

const LOWEST_PRIORITY = 19;

const scope = self as unknown as Worker;
let state: LargeState | undefined;
let load: LoadClient | undefined;

scope.onmessage = async ({ data }: MessageEvent<LargeJob>) => {
  try {
    scope.postMessage({ failures: await run(data) });
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};

async function run({ index, scale, seconds, addr, http, phase }: LargeJob): Promise<string[]> {
  state ??= largeStates(scale, seconds)[index];
  load ??= new LoadClient(); // a thread that is made by this one has its priority
  const subject = { addr, http, load };
  if (phase !== undefined) return await state.phases[phase].work(subject);
  await state.fill(subject);
  return [];
}

/** Of this thread only, as Linux has it. */
if (Deno.build.os === "linux") {
  setPriority(Number(Deno.readLinkSync("/proc/thread-self").split("/").at(-1)), LOWEST_PRIORITY);
}
