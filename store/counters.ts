/**
 * How often things have happened to the events of each queue, as this process saw it since it started. Nothing of it is
 * stored: with several okq instances on one store each counts what it did itself.
 *
 * @module
 */
import { LruMap } from "../core/util/lru_map.ts";
import { keyOf } from "./bytes.ts";

/** What is counted. */
export interface QueueCounts {
  /** Events that producers pushed. */
  pushed: number;
  /** Events finished by their consumers, acknowledged or popped without a lease. */
  acked: number;
  /** Deliveries that ended without an acknowledgement and brought their event back. */
  redelivered: number;
  /** Events moved to the dead queue. */
  dead: number;
  /** Events removed because their time was up. */
  expired: number;
}

/** How many queues are remembered: those used last. */
const MAX_QUEUES = 10_000;

/** The counts of all queues. */
export class QueueCounters {
  #byKey = new LruMap<string, QueueCounts>(MAX_QUEUES);

  /** Those of a queue, zeros if it is not known. */
  of(queue: Uint8Array): QueueCounts {
    return { ...this.#byKey.get(keyOf(queue)) ?? zeroCounts() };
  }

  /** Adds to those of a queue, by its map key. */
  add(key: string, more: QueueCounts): void {
    const counts = this.entry(key);
    counts.pushed += more.pushed;
    counts.acked += more.acked;
    counts.redelivered += more.redelivered;
    counts.dead += more.dead;
    counts.expired += more.expired;
  }

  /** Those of a queue by its map key, to be added to. */
  entry(key: string): QueueCounts {
    const counts = this.#byKey.get(key) ?? zeroCounts();
    this.#byKey.set(key, counts);
    return counts;
  }
}

/** Counts of what has not happened yet. */
export function zeroCounts(): QueueCounts {
  return { pushed: 0, acked: 0, redelivered: 0, dead: 0, expired: 0 };
}
