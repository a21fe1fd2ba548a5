/**
 * Finds queues: active ones, and among many those with ready events. Both in steps, so that any number of queues does
 * not hold Redis.
 *
 * @module
 */
import { slicesOf } from "../../core/util/slices.ts";
import { keyOf } from "../bytes.ts";
import type { PartitionGroup } from "./batching/partition_groups.ts";
import { type Link, scanAll } from "./connection/link.ts";
import { readyKey } from "./keys.ts";
import { READY } from "./script/operations.ts";

/** Returns the names of all active queues. One that is active from the first step to the last is returned. */
export async function activeQueues(link: Link, { batcher, keys }: PartitionGroup): Promise<Uint8Array[]> {
  const found = new Map<string, Uint8Array>();
  await scanAll(
    async (args) => (await batcher.call(() => link.send(keys.queues, [args])))[0],
    ["SSCAN", keys.queues],
    (names) => names.forEach((name) => found.set(keyOf(name), name)),
  );
  return [...found.values()];
}

/**
 * Calls `onReady` for queues of one group, as {@linkcode Store.findReady} does. Mostly none has ready events: one command
 * tells of a thousand ready lists whether any exists; where one does, halves of them are asked, down to single lists.
 */
export async function findReady(
  link: Link,
  { batcher, keys }: PartitionGroup,
  queues: Uint8Array[],
  onReady: (queue: Uint8Array, events: number) => void,
): Promise<void> {
  /** Those whose ready list exists. */
  const listed = async (queues: Uint8Array[]): Promise<Uint8Array[]> => {
    if (queues.length === 0) return [];
    const [count] = await batcher.call(() => link.send(keys.queues, [["EXISTS", ...queues.map(readyKey)]]));
    if (count === 0) return [];
    if (count === queues.length) return queues;
    const middle = queues.length >> 1;
    return (await Promise.all([listed(queues.slice(0, middle)), listed(queues.slice(middle))])).flat();
  };
  for (const slice of slicesOf(queues)) {
    await Promise.all((await listed(slice)).map(async (queue) => {
      const events = await batcher.submit(READY, queue);
      if (events > 0) onReady(queue, events);
    }));
  }
}
