/**
 * Counts what happens to events since this process started. Nothing is stored: each okq instance counts what it did
 * itself.
 *
 * @module
 */
import { LruMap } from "../core/util/lru_map.ts";
import { keyOf } from "./bytes.ts";

export interface QueueCounts {
  pushed: number;
  /** Acknowledged, or popped without a lease. */
  acked: number;
  /** Deliveries that ended without an acknowledgement and returned their event. */
  redelivered: number;
  /** Moved to the dead queue. */
  dead: number;
  /** Removed because their time to live ended. */
  expired: number;
}

/** Queues with counts of their own. The least recently used are dropped; later they start again at 0. */
const MAX_QUEUES = 10_000;

export class QueueCounters {
  /** Of all queues, dropped ones included. */
  readonly total: QueueCounts = zeroCounts();
  #byKey = new LruMap<string, QueueCounts>(MAX_QUEUES);
  /** The entry used last, which is also the newest of the map. */
  #last = zeroCounts();
  #lastKey: string | undefined;
  readonly #onDead: ((key: string, events: number) => void) | undefined;

  /** @param onDead called when events of a queue moved to its dead queue */
  constructor(onDead?: (key: string, events: number) => void) {
    this.#onDead = onDead;
  }

  of(queue: Uint8Array): QueueCounts {
    return { ...this.#byKey.get(keyOf(queue)) ?? zeroCounts() };
  }

  add(key: string, more: QueueCounts): void {
    addCounts(this.#entry(key), more);
    addCounts(this.total, more);
    if (more.dead > 0) this.#onDead?.(key, more.dead);
  }

  #entry(key: string): QueueCounts {
    if (key === this.#lastKey) return this.#last;
    this.#lastKey = key;
    this.#last = this.#byKey.get(key) ?? zeroCounts();
    this.#byKey.set(key, this.#last);
    return this.#last;
  }
}

function addCounts(counts: QueueCounts, more: QueueCounts): void {
  counts.pushed += more.pushed;
  counts.acked += more.acked;
  counts.redelivered += more.redelivered;
  counts.dead += more.dead;
  counts.expired += more.expired;
}

export function zeroCounts(): QueueCounts {
  return { pushed: 0, acked: 0, redelivered: 0, dead: 0, expired: 0 };
}
