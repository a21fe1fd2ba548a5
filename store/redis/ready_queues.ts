/**
 * Finds the queues with ready events among many that mostly have none. One command tells of a thousand ready lists
 * whether any exists; where one does, halves of them are asked, down to single lists.
 *
 * @module
 */
import { slicesOf } from "../../core/util/slices.ts";
import type { PartitionGroup } from "./batching/partition_groups.ts";
import type { Link } from "./connection/link.ts";
import { readyKey } from "./keys.ts";
import { READY } from "./script/operations.ts";

/** Calls `onReady` for queues of one group, as {@linkcode Store.findReady} does. */
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
