/**
 * Moves events to the left end of another queue, in the current transaction: dead letters, and QMOVE.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { MAX_STEP_EVENTS } from "../../limits.ts";
import { deadQueueOf } from "../../policy.ts";
import type { MoveResult } from "../../store.ts";
import { LEASED, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { QueueEntry } from "../tables/queue_table.ts";
import type { Tables } from "../tables/tables.ts";

type Row = [seq: number, id: Uint8Array, expires: number | null];

export class Transfers {
  readonly #tables: Tables;
  readonly #next;

  constructor(db: DatabaseSync, tables: Tables) {
    this.#tables = tables;
    this.#next = prepare<Row>(db, "eventsToMove");
  }

  /** @param failures this one included */
  isLastAttempt(queue: QueueEntry, failures: number): boolean {
    const { maxAttempts } = this.#tables.policies.of(queue.key);
    return maxAttempts > 0 && failures >= maxAttempts;
  }

  /**
   * Moves a leased event, unless the dead queue holds its id. Returns whether it moved.
   *
   * @param failures this one included
   */
  deadLetter(queue: QueueEntry, id: Uint8Array, seq: number, failures: number, reason: Uint8Array): boolean {
    const { events, policies, queues } = this.#tables;
    const name = policies.of(queue.key).deadQueue ?? deadQueueOf(queue.name);
    const dead = queues.find(name);
    if (dead !== undefined && events.holds(dead, id)) return false;
    const change = { failures, reason, expires: null };
    events.transfer(queue, id, { seq, state: LEASED }, dead ?? queues.findOrCreate(name), change);
    queue.counts.dead++;
    return true;
  }

  move(sourceName: Uint8Array, destinationName: Uint8Array, count: number, skip: number): MoveResult {
    const source = this.#tables.queues.find(sourceName);
    const result = { moved: 0, skipped: 0 };
    // Repeated only if all were expired: there may be others behind them.
    while (source !== undefined && result.moved + result.skipped === 0) {
      this.#tables.events.flush();
      const rows = this.#next.all(source.id, Math.min(count, MAX_STEP_EVENTS), skip);
      if (rows.length === 0 || !this.#moveRows(source, destinationName, rows, result)) break;
    }
    return result;
  }

  /** Returns false if the destination is full. */
  #moveRows(source: QueueEntry, destinationName: Uint8Array, rows: Row[], result: MoveResult): boolean {
    const { clock, events, queues } = this.#tables;
    for (const [seq, id, expires] of rows) {
      const found = { seq, state: READY };
      const destination = queues.find(destinationName);
      if (clock.hasReached(expires)) events.expire(source, id, found);
      else if (destination !== undefined && events.holds(destination, id)) result.skipped++;
      else if (destination !== undefined && queues.isFull(destination)) return false;
      else {
        const change = { failures: 0, reason: null, expires };
        events.transfer(source, id, found, destination ?? queues.findOrCreate(destinationName), change);
        result.moved++;
      }
    }
    return true;
  }
}
