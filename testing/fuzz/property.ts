/**
 * The type of properties, and helpers.
 *
 * @module
 */
import { delay } from "../../core/util/async.ts";
import type { fc } from "../../tests/deps.ts";
import { bytes, type Wire } from "../../tests/support/wire.ts";
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

/** Removes events, policies and pauses of queues and of their dead queues. */
export async function resetQueues(wire: Wire, queues: readonly string[]): Promise<void> {
  for (const queue of queues.flatMap((name) => [name, `${name}:dead`])) {
    for (const command of [["QFLUSH"], ["QCONFIG", "RESET"], ["QRESUME"]]) await wire.command(...command, bytes(queue));
  }
}
