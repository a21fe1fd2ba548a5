/**
 * Warnings about what a stranger can make happen thousands of times a second.
 *
 * @module
 */
import type { Log, LogFields } from "./log.ts";

/** How often such a thing is logged, in milliseconds. */
const INTERVAL_MS = 60_000;

/** Logs one kind of event at most once a minute, and how often it happened in between. */
export class RateLimitedLog {
  readonly #log: Log;
  #loggedAt = -Infinity;
  #suppressed = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** It happened. */
  warn(message: string, fields: LogFields = {}): void {
    const now = performance.now();
    if (now - this.#loggedAt < INTERVAL_MS) return void this.#suppressed++;
    this.#log.warn(message, this.#suppressed > 0 ? { ...fields, unsaid: this.#suppressed } : fields);
    this.#loggedAt = now;
    this.#suppressed = 0;
  }
}
