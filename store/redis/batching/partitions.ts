/**
 * Which partitions are reached together. One Redis server holds all of them; in a Cluster each may be on another node.
 *
 * @module
 */
import { PARTITIONS } from "../../partition.ts";
import { queuesKey, timersKey } from "../keys.ts";
import { Batcher, type BatcherOptions } from "./batcher.ts";

/** Partitions that one batcher serves. */
export interface PartitionGroup {
  readonly batcher: Batcher;
  /** The keys of their timers. */
  readonly timers: string[];
  /** The keys of their sets of active queues. */
  readonly queues: string[];
}

/** All partitions: in one group, or in one group each, as the link can reach them. */
export function partitionGroups(options: BatcherOptions): PartitionGroup[] {
  const count = options.link.batchers;
  return Array.from({ length: count }, (_, group) => {
    const partitions = Array.from({ length: PARTITIONS / count }, (_, i) => group + i);
    return {
      batcher: new Batcher(options),
      timers: partitions.map(timersKey),
      queues: partitions.map(queuesKey),
    };
  });
}
