/**
 * How the figures of queues have been in the last minutes, for charts.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import type { QueueStatus } from "../../store/store.ts";
import { LruMap } from "../util/lru_map.ts";

/** The least time between two points of a queue, in milliseconds. */
const POINT_MS = 2_500;
/** Points kept of each queue: five minutes and more. */
const MAX_POINTS = 120;
/** Queues remembered: those whose figures were told last. */
const MAX_QUEUES = 2_000;

/** The figures of a queue at some time. */
export interface Point {
  /** When, in milliseconds since 1970. */
  at: number;
  /** Events ready. */
  ready: number;
  /** Events being processed. */
  processing: number;
  /** Events delayed. */
  delayed: number;
  /** Events pushed since this okq started. */
  pushed: number;
  /** Events acknowledged since then. */
  acked: number;
  /** Deliveries that failed since then. */
  redelivered: number;
}

/** The last minutes of queues. */
export class QueueHistory {
  #points = new LruMap<string, Point[]>(MAX_QUEUES);

  /** Takes the figures of a queue, if its last point is not of just now. */
  add({ queue, ready, processing, delayed, pushed, acked, redelivered }: QueueStatus, at: number = Date.now()): void {
    const key = keyOf(queue);
    const points = this.#points.get(key) ?? [];
    const last = points.at(-1);
    if (last && at >= last.at && at - last.at < POINT_MS) return;
    points.push({ at, ready, processing, delayed, pushed, acked, redelivered });
    if (points.length > MAX_POINTS) points.shift();
    this.#points.set(key, points);
  }

  /** The points of a queue, the oldest first. */
  of(queue: Uint8Array): readonly Point[] {
    return this.#points.get(keyOf(queue)) ?? [];
  }
}
