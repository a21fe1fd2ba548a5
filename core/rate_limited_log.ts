/**
 * Warnings about what a stranger can make happen thousands of times a second.
 *
 * @module
 */
import type { Log, LogFields } from "./log.ts";

/** How often such a thing is logged, in milliseconds. */
const INTERVAL_MS = 60_000;

/** Logs one kind of event at most once a minute, and how often it happened in between. */
export class Seldom {
  readonly #log: Log;
  #loggedAt = -Infinity;
  #unsaid = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** It happened. */
  warn(message: string, fields: LogFields = {}): void {
    const now = performance.now();
    if (now - this.#loggedAt < INTERVAL_MS) return void this.#unsaid++;
    this.#log.warn(message, this.#unsaid > 0 ? { ...fields, unsaid: this.#unsaid } : fields);
    this.#loggedAt = now;
    this.#unsaid = 0;
  }
}
