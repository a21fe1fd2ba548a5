/**
 * The last minutes of each queue as a time series, for charts.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import type { QueueStatus } from "../../store/store.ts";
import { LruMap } from "../util/lru_map.ts";

const MIN_INTERVAL_MS = 2_500;
/** At least five minutes per queue. */
const MAX_POINTS = 120;
const MAX_QUEUES = 2_000;

/** The counters start with this okq instance. */
export interface Point {
  /** In milliseconds since 1970. */
  at: number;
  ready: number;
  processing: number;
  delayed: number;
  pushed: number;
  acked: number;
  redelivered: number;
}

export class QueueHistory {
  #points = new LruMap<string, Point[]>(MAX_QUEUES);

  /** Adds a point, unless the queue's last one is too recent. */
  add({ queue, ready, processing, delayed, pushed, acked, redelivered }: QueueStatus, at: number = Date.now()): void {
    const key = keyOf(queue);
    const points = this.#points.get(key) ?? [];
    const last = points.at(-1);
    // After the clock was set back, a smaller time is taken.
    if (last && at >= last.at && at - last.at < MIN_INTERVAL_MS) return;
    points.push({ at, ready, processing, delayed, pushed, acked, redelivered });
    if (points.length > MAX_POINTS) points.shift();
    this.#points.set(key, points);
  }

  /** Oldest first. */
  of(queue: Uint8Array): readonly Point[] {
    return this.#points.get(keyOf(queue)) ?? [];
  }
}
