/**
 * Reads the names of all active queues, in steps, so that any number of queues does not hold Redis.
 *
 * @module
 */
import { keyOf } from "../bytes.ts";
import type { PartitionGroup } from "./batching/partition_groups.ts";
import { type Link, scanAll } from "./connection/link.ts";

/** A queue that is active from the first step to the last is returned. */
export async function activeQueues(link: Link, { batcher, keys }: PartitionGroup): Promise<Uint8Array[]> {
  const found = new Map<string, Uint8Array>();
  await scanAll(
    async (args) => (await batcher.call(() => link.send(keys.queues, [args])))[0],
    ["SSCAN", keys.queues],
    (names) => names.forEach((name) => found.set(keyOf(name), name)),
  );
  return [...found.values()];
}
