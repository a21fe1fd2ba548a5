/**
 * The queues that the load uses.
 *
 * @module
 */
import { partitionOf } from "../../store/partition.ts";
import { queuesKey } from "../../store/redis/keys.ts";
import { askRedis, type Place } from "../../tests/support/redis_command.ts";
import { bytes } from "../../tests/support/wire.ts";

/** Enough to lie on every node of a Cluster. */
export const QUEUES: readonly string[] = Array.from({ length: 8 }, (_, i) => `load-${i}`);

/** The slot of a queue, by any node of a Cluster. */
export async function slotOf(queue: string, node: Place): Promise<number> {
  return Number(await askRedis(node, "CLUSTER", "KEYSLOT", queuesKey(partitionOf(bytes(queue)))));
}

/** Those of the queues whose slots are among these. */
export async function queuesIn(ranges: [number, number][], node: Place): Promise<string[]> {
  const slots = await Promise.all(QUEUES.map((queue) => slotOf(queue, node)));
  return QUEUES.filter((_, i) => ranges.some(([from, to]) => from <= slots[i] && slots[i] <= to));
}
