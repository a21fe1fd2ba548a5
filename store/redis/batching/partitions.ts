/**
 * Partitions and their batchers: which partitions are reached together, and which batcher serves a queue.
 *
 * @module
 */
import { partitionOf, PARTITIONS } from "../../partition.ts";
import { queuesKey, timersKey } from "../keys.ts";
import { Batcher, type BatcherOptions } from "./batcher.ts";

/** Partitions that one batcher serves. */
export interface PartitionGroup {
  batcher: Batcher;
  /** The keys of their timers. */
  timers: string[];
  /** The keys of their sets of active queues. */
  queues: string[];
}

/** All partitions. */
export class Partitions {
  /** Each partition is in one of them. */
  readonly groups: readonly PartitionGroup[];

  /** Creates as many groups as the link can reach separately: one, or one for each partition. */
  constructor(options: BatcherOptions) {
    const count = options.link.batchers;
    this.groups = Array.from({ length: count }, (_, group) => {
      const partitions = Array.from({ length: PARTITIONS / count }, (_, i) => group + i);
      return {
        batcher: new Batcher(options),
        timers: partitions.map(timersKey),
        queues: partitions.map(queuesKey),
      };
    });
  }

  /** The batcher of a queue. */
  batcherFor(queue: Uint8Array): Batcher {
    return this.groups[this.groups.length === 1 ? 0 : partitionOf(queue)].batcher;
  }

  /** Sends at once what waits for a retry. */
  wake(): void {
    for (const { batcher } of this.groups) batcher.wake();
  }

  /** Resolves when everything that was submitted is done or has failed. */
  async close(): Promise<void> {
    await Promise.all(this.groups.map(({ batcher }) => batcher.close()));
  }
}
