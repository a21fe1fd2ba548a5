/**
 * Counts what happens to the events of each queue, as seen by this process since it started. Nothing is stored: of
 * several okq instances on one store, each counts what it did itself.
 *
 * @module
 */
import { LruMap } from "../core/util/lru_map.ts";
import { keyOf } from "./bytes.ts";

/** The counters of one queue. */
export interface QueueCounts {
  /** Events pushed. */
  pushed: number;
  /** Events completed: acknowledged, or popped without a lease. */
  acked: number;
  /** Deliveries that ended without an acknowledgement and returned their event. */
  redelivered: number;
  /** Events moved to the dead queue. */
  dead: number;
  /** Events removed because their time to live ended. */
  expired: number;
}

/** The number of queues with counters; the least recently used are dropped. */
const MAX_QUEUES = 10_000;

/** The counters of all queues. */
export class QueueCounters {
  #byKey = new LruMap<string, QueueCounts>(MAX_QUEUES);
  /** The entry used last, which is also the newest of the map. */
  #last = zeroCounts();
  #lastKey: string | undefined;

  /** Returns a copy of a queue's counters. */
  of(queue: Uint8Array): QueueCounts {
    return { ...this.#byKey.get(keyOf(queue)) ?? zeroCounts() };
  }

  /** Adds to the counters of a queue. */
  add(key: string, more: QueueCounts): void {
    const counts = this.#entry(key);
    counts.pushed += more.pushed;
    counts.acked += more.acked;
    counts.redelivered += more.redelivered;
    counts.dead += more.dead;
    counts.expired += more.expired;
  }

  #entry(key: string): QueueCounts {
    if (key === this.#lastKey) return this.#last;
    this.#lastKey = key;
    this.#last = this.#byKey.get(key) ?? zeroCounts();
    this.#byKey.set(key, this.#last);
    return this.#last;
  }
}

/** New counters. */
export function zeroCounts(): QueueCounts {
  return { pushed: 0, acked: 0, redelivered: 0, dead: 0, expired: 0 };
}
