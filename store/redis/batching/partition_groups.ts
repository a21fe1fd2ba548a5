/**
 * Partitions that are reached together: all on one Redis server, each alone in a Cluster.
 *
 * @module
 */
import { type SharedKeys, sharedKeys } from "../keys.ts";
import { Batcher, type BatcherOptions } from "./batcher.ts";

export interface PartitionGroup {
  readonly batcher: Batcher;
  /** Of its queues. */
  readonly keys: SharedKeys;
}

export function partitionGroups(options: Omit<BatcherOptions, "keys">): PartitionGroup[] {
  const count = options.link.batchers;
  return Array.from({ length: count }, (_, partition) => {
    const keys = sharedKeys(count > 1 ? partition : undefined);
    return { batcher: new Batcher({ ...options, keys }), keys };
  });
}
