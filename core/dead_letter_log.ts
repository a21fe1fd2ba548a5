/**
 * Logs the events that died: a line per queue and minute, so that events that die in masses do not flood the log.
 *
 * @module
 */
import { bytesOfKey, keyOf } from "../store/bytes.ts";
import type { Log, LogFields } from "./log.ts";

/** Between two lines about a queue. */
const INTERVAL_MS = 60_000;

/** In one step. What died in further queues is summed up in a line. */
const MAX_LINES = 20;

interface Deaths {
  events: number;
  /** Of the last one that a consumer gave up. The store does not name those whose lease ended. */
  last?: { id: Uint8Array; reason: Uint8Array | undefined };
}

export class DeadLetterLog {
  readonly #log: Log;
  /** Not logged yet, by the key of the queue. */
  readonly #pending = new Map<string, Deaths>();
  /** Queues logged less than an interval ago, in the order of these times. */
  readonly #loggedAt = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Counts events that moved to a dead queue. @param key of the queue in which they died */
  count(key: string, events: number): void {
    const deaths = this.#pending.get(key) ?? { events: 0 };
    deaths.events += events;
    this.#pending.set(key, deaths);
  }

  /** Names one of the events that are counted; too late, it does nothing. */
  name(queue: Uint8Array, id: Uint8Array, reason: Uint8Array | undefined): void {
    const deaths = this.#pending.get(keyOf(queue));
    if (deaths) deaths.last = { id: id.slice(), reason: reason?.slice() };
  }

  /**
   * Writes what is due.
   * @param now milliseconds of a monotonic clock; Infinity writes everything
   */
  flush(now: number = performance.now()): void {
    for (const [key, at] of this.#loggedAt) {
      if (now - at < INTERVAL_MS) break;
      this.#loggedAt.delete(key);
    }
    const due = [...this.#pending].filter(([key]) => !this.#loggedAt.has(key));
    for (const [key, { events, last }] of due.slice(0, MAX_LINES)) {
      this.#log.info("Events died", fields(key, events, last));
    }
    const further = due.slice(MAX_LINES);
    if (further.length > 0) {
      const events = further.reduce((sum, [, { events }]) => sum + events, 0);
      this.#log.info("Events died in further queues", { queues: further.length, events });
    }
    for (const [key] of due) {
      this.#pending.delete(key);
      this.#loggedAt.set(key, now);
    }
  }
}

function fields(key: string, events: number, last: Deaths["last"]): LogFields {
  const queue = bytesOfKey(key);
  if (last === undefined) return { queue, events };
  return { queue, events, id: last.id, ...last.reason?.length ? { reason: last.reason } : {} };
}
