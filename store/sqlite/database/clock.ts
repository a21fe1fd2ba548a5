/**
 * The time of the current transaction.
 *
 * @module
 */
import { MAX_TIME_MS } from "./layout.ts";

/** One time for all operations of a transaction, in milliseconds since the epoch. */
export class Clock {
  now = 0;
  /** The host's clock counts once, so that leases and delays do not end early or late when it is set. */
  readonly #startedAt: number = Date.now() - performance.now();

  /** Begins a transaction. */
  tick(): void {
    this.now = Math.round(this.#startedAt + performance.now());
  }

  /** The time `ms` from now, as it can be stored. */
  after(ms: number): number {
    return Math.min(this.now + Math.ceil(ms), MAX_TIME_MS);
  }

  /** Null is never reached. */
  hasReached(time: number | null): boolean {
    return time !== null && time <= this.now;
  }
}
