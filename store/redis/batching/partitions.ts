/**
 * The lanes to Redis: which partitions can be reached together, and the lane of each queue.
 *
 * @module
 */
import { partitionOf, PARTITIONS } from "../../partition.ts";
import type { Batch } from "./batch.ts";
import { queuesKey, timersKey } from "../keys.ts";
import { Batcher, type BatcherOptions } from "./batcher.ts";

/** Some partitions that can be reached together. */
export interface PartitionGroup {
  /** The lane of their operations. */
  batcher: Batcher;
  /** The keys of their timers. */
  timers: string[];
  /** The keys of their sets of active queues. */
  queues: string[];
}

/** All lanes. */
export class Partitions {
  /** Every partition is in one of them. */
  readonly groups: readonly PartitionGroup[];

  /**
   * @param count how many there are: 1, or one for each partition
   * @param run sends a batch and settles it; rejects if that could not be done
   * @param options as of a {@linkcode Batcher}
   */
  constructor(count: number, run: (batch: Batch) => Promise<void>, options: BatcherOptions) {
    this.groups = Array.from({ length: count }, (_, section) => {
      const partitions = Array.from({ length: PARTITIONS / count }, (_, i) => section + i);
      return {
        batcher: new Batcher(run, options),
        timers: partitions.map(timersKey),
        queues: partitions.map(queuesKey),
      };
    });
  }

  /** The lane of a queue. */
  batcherFor(queue: Uint8Array): Batcher {
    const { length } = this.groups;
    return this.groups[length === 1 ? 0 : partitionOf(queue)].batcher;
  }

  /** Redis can be reached again: what waits for another try does not wait longer. */
  wake(): void {
    for (const { batcher } of this.groups) batcher.wake();
  }

  /** Resolves when everything submitted has been done or given up. */
  async close(): Promise<void> {
    await Promise.all(this.groups.map(({ batcher }) => batcher.close()));
  }
}
