/**
 * The lanes to Redis: which partitions can be reached together, and the lane of each queue.
 *
 * @module
 */
import { partitionOf, PARTITIONS } from "../../partition.ts";
import type { Batch } from "./batch.ts";
import { queuesKey, timersKey } from "../keys.ts";
import { Lane, type LaneOptions } from "./batcher.ts";

/** Some partitions that can be reached together. */
export interface Section {
  /** The lane of their operations. */
  lane: Lane;
  /** The keys of their timers. */
  timers: string[];
  /** The keys of their sets of active queues. */
  queues: string[];
}

/** All lanes. */
export class Lanes {
  /** Every partition is in one of them. */
  readonly sections: readonly Section[];

  /**
   * @param count how many there are: 1, or one for each partition
   * @param run sends a batch and settles it; rejects if that could not be done
   * @param options as of a {@linkcode Lane}
   */
  constructor(count: number, run: (batch: Batch) => Promise<void>, options: LaneOptions) {
    this.sections = Array.from({ length: count }, (_, section) => {
      const partitions = Array.from({ length: PARTITIONS / count }, (_, i) => section + i);
      return { lane: new Lane(run, options), timers: partitions.map(timersKey), queues: partitions.map(queuesKey) };
    });
  }

  /** The lane of a queue. */
  of(queue: Uint8Array): Lane {
    const { length } = this.sections;
    return this.sections[length === 1 ? 0 : partitionOf(queue)].lane;
  }

  /** Redis can be reached again: what waits for another try does not wait longer. */
  wake(): void {
    for (const { lane } of this.sections) lane.wake();
  }

  /** Resolves when everything submitted has been done or given up. */
  async close(): Promise<void> {
    await Promise.all(this.sections.map(({ lane }) => lane.close()));
  }
}
