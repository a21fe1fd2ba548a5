/**
 * Moves events to the left end of another queue, in the current transaction: dead letters, and QMOVE.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { MAX_STEP_EVENTS } from "../../limits.ts";
import { canBeDeadQueue, deadQueueOf } from "../../policy.ts";
import type { BuryResult, MoveEventResult, MoveResult } from "../../store.ts";
import { AGAIN } from "../database/group_commit.ts";
import { LEASED, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { Found } from "../tables/event_table.ts";
import type { QueueEntry } from "../tables/queue_table.ts";
import type { Tables } from "../tables/tables.ts";

type Row = [
  seq: number,
  id: Uint8Array,
  expires: number | null,
  bigBytes: number,
  group: Uint8Array | null,
  turn: number | null,
];

export class Transfers {
  readonly #tables: Tables;
  readonly #next;
  readonly #reason;

  constructor(db: DatabaseSync, tables: Tables) {
    this.#tables = tables;
    this.#next = prepare<Row>(db, "eventsToMove");
    this.#reason = prepare<[Uint8Array | null]>(db, "failureReason");
  }

  /** @param failures this one included */
  isLastAttempt(queue: QueueEntry, failures: number): boolean {
    const { maxAttempts } = this.#tables.policies.of(queue.key);
    return maxAttempts > 0 && failures >= maxAttempts;
  }

  /**
   * Moves an event to the dead queue, unless that holds its id. Returns whether it moved.
   *
   * @param failures with that of the current delivery
   */
  deadLetter(
    queue: QueueEntry,
    id: Uint8Array,
    found: Omit<Found, "bigBytes">,
    failures: number,
    reason: Uint8Array | null,
  ): boolean {
    const { events, policies, queues } = this.#tables;
    const name = policies.of(queue.key).deadQueue ?? deadQueueOf(queue.name);
    if (!canBeDeadQueue(name, queue.name)) return false;
    const dead = queues.find(name);
    if (dead !== undefined && events.holds(dead, id)) return false;
    events.transfer(queue, id, found, dead ?? queues.findOrCreate(name), {
      failures,
      reason,
      expires: null,
      joins: false,
    });
    queue.counts.dead++;
    return true;
  }

  bury(name: Uint8Array, id: Uint8Array): BuryResult | typeof AGAIN {
    const { clock, events, queues } = this.#tables;
    const queue = queues.find(name);
    const found = queue && events.find(queue, id);
    if (!found) return "absent";
    const [_pushedAt, failures, expires] = events.delivery(found.seq);
    if (clock.hasReached(expires)) {
      if (events.mustWait(found)) return AGAIN;
      events.expire(queue, id, found);
      return "absent";
    }
    const [reason] = this.#reason.get(found.seq)!;
    const ended = found.state === LEASED ? 1 : 0;
    return this.deadLetter(queue, id, found, failures + ended, reason) ? "buried" : "duplicate";
  }

  moveEvent(sourceName: Uint8Array, destinationName: Uint8Array, id: Uint8Array): MoveEventResult | typeof AGAIN {
    const { clock, events, queues } = this.#tables;
    const source = queues.find(sourceName);
    const found = source && events.find(source, id);
    if (!found || found.state === LEASED) return "absent";
    const [_pushedAt, _failures, expires] = events.delivery(found.seq);
    if (clock.hasReached(expires)) {
      if (events.mustWait(found)) return AGAIN;
      events.expire(source, id, found);
      return "absent";
    }
    const destination = queues.find(destinationName);
    if (destination !== undefined && events.holds(destination, id)) return "duplicate";
    if (destination !== undefined && queues.isFull(destination)) return "full";
    const change = { failures: 0, reason: null, expires, joins: true };
    events.transfer(source, id, found, destination ?? queues.findOrCreate(destinationName), change);
    return "moved";
  }

  move(
    sourceName: Uint8Array,
    destinationName: Uint8Array,
    count: number,
    skip: number,
  ): MoveResult | typeof AGAIN {
    const { clock, events, queues } = this.#tables;
    const source = queues.find(sourceName);
    const result = { moved: 0, skipped: 0 };
    if (source === undefined) return result;
    events.flush();
    const rows = this.#next.all(source.id, Math.min(count, MAX_STEP_EVENTS), skip);
    for (const [seq, id, expires, bigBytes, group, turn] of rows) {
      const found = { seq, state: READY, bigBytes, group, turn };
      const destination = queues.find(destinationName);
      if (clock.hasReached(expires)) {
        if (events.mustWait(found)) break;
        events.expire(source, id, found);
      } else if (destination !== undefined && events.holds(destination, id)) result.skipped++;
      else if (destination !== undefined && queues.isFull(destination)) return result;
      else {
        const change = { failures: 0, reason: null, expires, joins: true };
        events.transfer(source, id, found, destination ?? queues.findOrCreate(destinationName), change);
        result.moved++;
      }
    }
    // If all were expired, there may be others behind them.
    return rows.length > 0 && result.moved + result.skipped === 0 ? AGAIN : result;
  }
}
