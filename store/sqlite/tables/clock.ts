/**
 * The time of the current transaction.
 *
 * @module
 */
import { MAX_TIME_MS } from "../database/layout.ts";

/** One time for all operations of a transaction, in milliseconds since the epoch. */
export class Clock {
  now = 0;

  /** The time `ms` from now, as it can be stored. */
  after(ms: number): number {
    return Math.min(this.now + Math.ceil(ms), MAX_TIME_MS);
  }

  /** Null is never reached. */
  hasReached(time: number | null): boolean {
    return time !== null && time <= this.now;
  }
}
