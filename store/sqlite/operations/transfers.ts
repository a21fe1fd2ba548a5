/**
 * How events get from one queue into another, always on its left: dead letters, and what is moved on purpose. Each method
 * is a part of the current transaction. The row stays what it is, so contents are never copied.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { deadQueueOf } from "../../policy.ts";
import { MAX_STEP_EVENTS } from "../../limits.ts";
import type { MoveResult } from "../../store.ts";
import type { QueueEntry } from "../tables/queue_table.ts";
import { type EventTable, type Found, LEASED, READY } from "../tables/event_table.ts";
import { prepare } from "../database/statements.ts";

/** What an event keeps on its way. */
interface Kept {
  /** How many deliveries have ended. */
  failures: number;
  /** Why the last one failed, if that was said. */
  reason: Uint8Array | null;
  /** When its time is up, in ms, or null. */
  expires: number | null;
}

/** The events that change their queue. */
export class Transfers {
  readonly #rows: EventTable;
  readonly #send;
  readonly #next;

  constructor(db: DatabaseSync, rows: EventTable) {
    this.#rows = rows;
    this.#send = prepare(db, "sendEvent");
    this.#next = prepare<[seq: number, id: Uint8Array, expires: number | null]>(db, "eventsToMove");
  }

  /** Whether an event of a queue that has failed so often must not be delivered again. */
  isLast(queue: QueueEntry, failures: number): boolean {
    const { maxAttempts } = this.#rows.policies.of(queue.key);
    return maxAttempts > 0 && failures >= maxAttempts;
  }

  /**
   * Moves an event that is being processed to the dead queue.
   *
   * @param failures how many deliveries have failed, this one included
   * @returns whether it did; not if that queue holds its id already
   */
  deadLetter(queue: QueueEntry, id: Uint8Array, seq: number, failures: number, reason: Uint8Array): boolean {
    const name = this.#rows.policies.of(queue.key).deadQueue ?? deadQueueOf(queue.name);
    const dead = this.#rows.queues.find(name);
    if (dead !== undefined && this.#rows.holds(dead, id)) return false;
    const letter = { failures, reason, expires: null };
    this.#enter(queue, id, { seq, state: LEASED }, dead ?? this.#rows.queues.findOrCreate(name), letter);
    queue.counts.dead++;
    return true;
  }

  /** Moves ready events as {@linkcode Store.move} says. */
  move(sourceName: Uint8Array, name: Uint8Array, most: number, skip: number): MoveResult {
    const rows = this.#rows;
    const source = rows.queues.find(sourceName);
    const result = { moved: 0, skipped: 0 };
    // Again only if all that was seen had to be removed: there may be more behind it.
    while (source !== undefined && result.moved + result.skipped === 0) {
      rows.flush();
      const next = this.#next.all(source.id, Math.min(most, MAX_STEP_EVENTS), skip);
      if (next.length === 0) break;
      if (!this.#moveThese(source, name, next, result)) break;
    }
    return result;
  }

  /** Returns whether there was room for all of them. */
  #moveThese(
    source: QueueEntry,
    name: Uint8Array,
    events: [number, Uint8Array, number | null][],
    result: MoveResult,
  ): boolean {
    const rows = this.#rows;
    for (const [seq, id, expires] of events) {
      const found = { seq, state: READY };
      const destination = rows.queues.find(name);
      if (rows.isExpired(expires)) rows.expire(source, id, found);
      else if (destination !== undefined && rows.holds(destination, id)) result.skipped++;
      else if (destination !== undefined && rows.isFull(destination)) return false;
      else {
        const kept = { failures: 0, reason: null, expires };
        this.#enter(source, id, found, destination ?? rows.queues.findOrCreate(name), kept);
        result.moved++;
      }
    }
    return true;
  }

  #enter(
    queue: QueueEntry,
    id: Uint8Array,
    { seq, state }: Found,
    to: QueueEntry,
    { failures, reason, expires }: Kept,
  ): void {
    const rows = this.#rows;
    const place = to.leftmost - 1;
    this.#send.run(seq, to.id, place, rows.now, failures, reason, expires);
    rows.ids.remove(queue.id, id, seq);
    rows.ids.add(to.id, id, seq);
    rows.left(queue, state);
    rows.arrived(to, place);
  }
}
