/**
 * The type of properties, and helpers.
 *
 * @module
 */
import { delay } from "../../core/util/async.ts";
import { fc } from "../../tests/deps.ts";
import type { ModelPolicy } from "../../tests/support/model_queue.ts";
import { bytes, type Wire } from "../../tests/support/wire.ts";
import { QUEUES } from "./arguments.ts";
import type { Model } from "./model.ts";
import type { Target } from "./target.ts";

export interface Property<Input = unknown> {
  name: string;
  /** What must hold, in one line. */
  about: string;
  /** Runs in a row before the next property. */
  runs: number;
  input: fc.Arbitrary<Input>;
  /** @param prefix of queue names, unique to the run @throws if the property does not hold */
  run(input: Input, target: Pick<Target, "connect">, prefix: string): Promise<void>;
}

/** Cuts the bytes at these positions into packets, as far as the system allows. */
export async function sendInPieces(wire: Wire, parts: Uint8Array[], cuts: number[]): Promise<void> {
  const whole = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  const positions = [...new Set(cuts.filter((cut) => cut < whole.length))].sort((a, b) => a - b);
  let from = 0;
  for (const position of [...positions, whole.length]) {
    await wire.raw(whole.subarray(from, position));
    from = position;
    if (positions.length > 0) await delay(1);
  }
}

/** What the last queue of a run begins with. These fields do not change meanwhile: that takes effect after some time. */
export const lastPolicy: fc.Arbitrary<Pick<ModelPolicy, "groupLimit" | "rememberMs">> = fc.record({
  groupLimit: fc.integer({ min: 1, max: 3 }),
  rememberMs: fc.constantFrom(0, 600_000),
});

/** Sets the policy of the last queue, in okq and in the model. */
export async function setLastPolicy(
  wire: Wire,
  queues: readonly string[],
  model: Model,
  policy: Pick<ModelPolicy, "groupLimit" | "rememberMs">,
): Promise<void> {
  const [queue, seconds] = [queues[QUEUES - 1], `${policy.rememberMs / 1000}`];
  model.queue(queue).setPolicy(policy);
  await wire.command("QCONFIG", "SET", bytes(queue), "group-limit", `${policy.groupLimit}`, "remember", seconds);
}

/** Removes events, policies, pauses and timetables of queues and of their dead queues. */
export async function resetQueues(wire: Wire, queues: readonly string[]): Promise<void> {
  for (const queue of queues) {
    await wire.send("QCRON", "LIST", bytes(queue));
    const rows = await wire.reply() as Uint8Array[][];
    for (const [, name] of rows) await wire.command("QCRON", "DEL", bytes(queue), name);
  }
  for (const queue of queues.flatMap((name) => [name, `${name}:dead`])) {
    for (const command of [["QFLUSH"], ["QCONFIG", "RESET"], ["QRESUME"]]) await wire.command(...command, bytes(queue));
  }
}
