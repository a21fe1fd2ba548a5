/**
 * Partitions that are reached together: all on one Redis server, each alone in a Cluster.
 *
 * @module
 */
import { PARTITIONS } from "../../partition.ts";
import { queuesKey, timersKey } from "../keys.ts";
import { Batcher, type BatcherOptions } from "./batcher.ts";

export interface PartitionGroup {
  readonly batcher: Batcher;
  readonly timers: string[];
  readonly queues: string[];
}

export function partitionGroups(options: Omit<BatcherOptions, "partition">): PartitionGroup[] {
  const count = options.link.batchers;
  return Array.from({ length: count }, (_, group) => {
    const partitions = Array.from({ length: PARTITIONS / count }, (_, i) => group + i);
    return {
      batcher: new Batcher({ ...options, partition: group }),
      timers: partitions.map(timersKey),
      queues: partitions.map(queuesKey),
    };
  });
}
