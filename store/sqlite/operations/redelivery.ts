/**
 * How events come back: given back by their consumer, at the end of a lease, at the end of a delay; and what happens to
 * those whose time is up. Each method is a part of the current transaction.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { backoffMs } from "../../policy.ts";
import type { NackOptions } from "../../store.ts";
import type { Transfers } from "./transfers.ts";
import type { QueueEntry } from "../tables/queue_table.ts";
import { isReceipt } from "./receipt.ts";
import { DELAYED_LEFT, DELAYED_RIGHT, type EventTable, LEASED, READY } from "../tables/event_table.ts";
import { prepare } from "../database/statements.ts";

/** What a step of {@linkcode Redelivery.endTimes} came to. */
export interface Ended {
  /** Leases and delays looked at; fewer than asked for when there are no more. */
  seen: number;
  /** Events that became ready. */
  back: number;
}

/** The reason of a delivery whose lease has ended. */
const NO_REASON = new Uint8Array();

/** The events that come back. */
export class Redelivery {
  readonly #rows: EventTable;
  readonly #moves: Transfers;
  readonly #move;
  readonly #prolong;
  readonly #id;
  readonly #due;
  readonly #expired;
  readonly #markExpired;

  constructor(db: DatabaseSync, rows: EventTable, moves: Transfers) {
    this.#rows = rows;
    this.#moves = moves;
    this.#move = prepare(db, "moveEvent");
    this.#prolong = prepare(db, "prolongLease");
    this.#id = prepare<[Uint8Array]>(db, "idOfEvent");
    this.#due = prepare<[seq: number, queue: number, state: number, expires: number | null, failures: number]>(
      db,
      "dueEvents",
    );
    this.#expired = prepare<[seq: number, queue: number, state: number, id: Uint8Array]>(db, "expiredEvents");
    this.#markExpired = prepare(db, "markExpired");
  }

  redo(name: Uint8Array, id: Uint8Array, receipt?: Uint8Array): number {
    return this.#settle(name, id, receipt, (queue, seq) => this.#requeue(queue, seq, 1, null));
  }

  release(name: Uint8Array, id: Uint8Array, receipt: Uint8Array): number {
    return this.#settle(name, id, receipt, (queue, seq) => this.#requeue(queue, seq, 0, null));
  }

  nack(name: Uint8Array, id: Uint8Array, receipt: Uint8Array | undefined, options: NackOptions = {}): number {
    const { delayMs, reason = NO_REASON } = options;
    return this.#settle(name, id, receipt, (queue, seq, failures) => {
      if (this.#moves.isLast(queue, failures + 1) && this.#moves.deadLetter(queue, id, seq, failures + 1, reason)) {
        return;
      }
      const delay = delayMs ?? backoffMs(this.#rows.policies.of(queue.key), failures + 1);
      this.#requeue(queue, seq, 1, reason, delay);
    });
  }

  touch(name: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): number {
    const found = this.#delivery(name, id, receipt);
    if (found !== undefined) this.#prolong.run(found.seq, this.#rows.after(leaseMs));
    return found === undefined ? 0 : 1;
  }

  /**
   * Lets up to `limit` events become ready whose leases or delays had ended by `now`, oldest first. `places` carries from
   * call to call which place in each queue is next for a lease that has ended: they run downwards from one that leaves
   * room for all that is leased, so the oldest is right-most whenever anybody looks.
   */
  endTimes(now: number, limit: number, places: Map<number, number>): Ended {
    const rows = this.#rows;
    rows.flush();
    let back = 0;
    const due = this.#due.all(now, limit);
    for (const [seq, queueId, state, expires, failures] of due) {
      const queue = rows.queues.byId(queueId);
      if (queue === undefined) {
        rows.delete(queueId, this.#id.get(seq)![0], seq); // flushed
      } else if (rows.isExpired(expires)) {
        rows.expire(queue, this.#id.get(seq)![0], { seq, state });
      } else if (state === LEASED && this.#isBuried(queue, seq, failures + 1)) {
        back++;
      } else {
        const place = this.#placeFor(queue, state, places);
        const ended = state === LEASED ? 1 : 0;
        this.#move.run(seq, READY, place, now, ended, ended === 1 ? NO_REASON : null);
        rows.left(queue, state);
        rows.arrived(queue, place);
        queue.counts.redelivered += ended;
        back++;
      }
    }
    return { seen: due.length, back };
  }

  /** Removes up to `limit` events whose time was up by `now`, but those being processed. Returns whether there may be more. */
  removeExpired(now: number, limit: number): boolean {
    const rows = this.#rows;
    if (now < rows.nextExpiry) return false;
    rows.flush();
    const expired = this.#expired.all(now, limit);
    for (const [seq, queueId, state, id] of expired) {
      const queue = rows.queues.byId(queueId);
      if (queue === undefined) rows.delete(queueId, id, seq); // flushed
      else if (state === LEASED) this.#markExpired.run(seq);
      else rows.expire(queue, id, { seq, state });
    }
    if (expired.length === limit) return true;
    rows.nextExpiry = rows.readNextExpiry();
    return false;
  }

  /** Ends the delivery of an event that is being processed, if it is, and by the delivery that the receipt names. */
  #settle(
    name: Uint8Array,
    id: Uint8Array,
    receipt: Uint8Array | undefined,
    end: (queue: QueueEntry, seq: number, failures: number) => void,
  ): number {
    const found = this.#delivery(name, id, receipt);
    if (found === undefined) return 0;
    const { queue, seq, delivery: [, failures, expires] } = found;
    if (this.#rows.isExpired(expires)) this.#rows.expire(queue, id, { seq, state: LEASED });
    else end(queue, seq, failures);
    return 1;
  }

  #delivery(name: Uint8Array, id: Uint8Array, receipt?: Uint8Array) {
    const rows = this.#rows;
    const queue = rows.queues.find(name);
    const found = queue && rows.find(queue, id);
    if (found?.state !== LEASED || !queue) return undefined;
    const { seq } = found;
    const delivery = rows.delivery(seq);
    return !receipt || isReceipt(receipt, seq, delivery) ? { queue, seq, delivery } : undefined;
  }

  #requeue(queue: QueueEntry, seq: number, ended: 0 | 1, reason: Uint8Array | null, delayMs = 0): void {
    const rows = this.#rows;
    rows.left(queue, LEASED);
    queue.counts.redelivered += ended;
    const place = delayMs > 0 ? queue.rightmost : queue.rightmost + 1;
    this.#move.run(seq, delayMs > 0 ? DELAYED_RIGHT : READY, place, rows.after(delayMs), ended, reason);
    if (delayMs === 0) return rows.arrived(queue, place);
    queue.delayed++;
  }

  /** Moves an event whose lease has ended to the dead queue, if that was its last. Returns whether it did. */
  #isBuried(queue: QueueEntry, seq: number, failures: number): boolean {
    if (!this.#moves.isLast(queue, failures)) return false;
    return this.#moves.deadLetter(queue, this.#id.get(seq)![0], seq, failures, NO_REASON);
  }

  #placeFor(queue: QueueEntry, state: number, places: Map<number, number>): number {
    if (state === DELAYED_LEFT) return queue.leftmost - 1;
    if (state === DELAYED_RIGHT) return queue.rightmost + 1;
    const place = places.get(queue.id) ?? queue.rightmost + queue.leased;
    places.set(queue.id, place - 1);
    return place;
  }
}
