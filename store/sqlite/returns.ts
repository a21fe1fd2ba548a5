/**
 * How events come back: given back by their consumer, at the end of a lease, at the end of a delay; and what happens to
 * those whose time is up. Each method is a part of the current transaction.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import type { NackOptions } from "../store.ts";
import type { Queue } from "./queues.ts";
import { isReceipt } from "./receipt.ts";
import { DELAYED_LEFT, DELAYED_RIGHT, type Found, LEASED, READY, type Rows } from "./rows.ts";
import { prepare } from "./statement.ts";

/** What a step of {@linkcode Returns.endTimes} came to. */
export interface Ended {
  /** Leases and delays looked at; fewer than asked for when there are no more. */
  seen: number;
  /** Events that became ready. */
  back: number;
}

/** The reason of a delivery whose lease has ended. */
const NO_REASON = new Uint8Array();

/** The events that come back. */
export class Returns {
  readonly #rows: Rows;
  readonly #move;
  readonly #prolong;
  readonly #id;
  readonly #due;
  readonly #expired;
  readonly #markExpired;

  constructor(db: DatabaseSync, rows: Rows) {
    this.#rows = rows;
    this.#move = prepare(db, "moveEvent");
    this.#prolong = prepare(db, "prolongLease");
    this.#id = prepare<[Uint8Array]>(db, "idOfEvent");
    this.#due = prepare<[seq: number, queue: number, state: number, expires: number | null]>(db, "dueEvents");
    this.#expired = prepare<[seq: number, queue: number, state: number, id: Uint8Array]>(db, "expiredEvents");
    this.#markExpired = prepare(db, "markExpired");
  }

  redo(name: Uint8Array, id: Uint8Array, receipt?: Uint8Array): number {
    return this.#settle(name, id, receipt, (queue, { seq }) => this.#giveBack(queue, id, seq, 1, null));
  }

  release(name: Uint8Array, id: Uint8Array, receipt: Uint8Array): number {
    return this.#settle(name, id, receipt, (queue, { seq }) => this.#giveBack(queue, id, seq, 0, null));
  }

  nack(name: Uint8Array, id: Uint8Array, receipt: Uint8Array | undefined, options: NackOptions = {}): number {
    const { delayMs = 0, reason = NO_REASON } = options;
    return this.#settle(name, id, receipt, (queue, { seq }) => this.#giveBack(queue, id, seq, 1, reason, delayMs));
  }

  touch(name: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): number {
    return this.#settle(name, id, receipt, (_, { seq }) => this.#prolong.run(seq, this.#rows.after(leaseMs)));
  }

  /**
   * Lets up to `limit` events become ready whose leases or delays had ended by `now`, oldest first. `places` carries from
   * call to call which place in each queue is next for a lease that has ended: they run downwards from one that leaves
   * room for all that is leased, so the oldest is right-most whenever anybody looks.
   */
  endTimes(now: number, limit: number, places: Map<number, number>): Ended {
    const rows = this.#rows;
    rows.settle();
    let back = 0;
    const due = this.#due.all(now, limit);
    for (const [seq, queueId, state, expires] of due) {
      const queue = rows.queues.byId(queueId);
      if (queue === undefined) {
        rows.delete(queueId, this.#id.get(seq)![0], seq); // flushed
      } else if (rows.isOver(expires)) {
        rows.remove(queue, this.#id.get(seq)![0], { seq, state });
      } else {
        const place = this.#placeFor(queue, state, places);
        const ended = state === LEASED ? 1 : 0;
        this.#move.run(seq, READY, place, now, ended, ended === 1 ? NO_REASON : null);
        rows.left(queue, state);
        rows.arrived(queue, place);
        back++;
      }
    }
    return { seen: due.length, back };
  }

  /** Removes up to `limit` events whose time was up by `now`, but those being processed. Returns whether there may be more. */
  removeExpired(now: number, limit: number): boolean {
    const rows = this.#rows;
    if (now < rows.nextExpiry) return false;
    rows.settle();
    const expired = this.#expired.all(now, limit);
    for (const [seq, queueId, state, id] of expired) {
      const queue = rows.queues.byId(queueId);
      if (queue === undefined) rows.delete(queueId, id, seq); // flushed
      else if (state === LEASED) this.#markExpired.run(seq);
      else rows.remove(queue, id, { seq, state });
    }
    if (expired.length === limit) return true;
    rows.nextExpiry = rows.readNextExpiry();
    return false;
  }

  /** Does something with an event that is being processed, if it is, and by the delivery that the receipt names. */
  #settle(
    name: Uint8Array,
    id: Uint8Array,
    receipt: Uint8Array | undefined,
    act: (queue: Queue, found: Found) => void,
  ): number {
    const rows = this.#rows;
    const queue = rows.queues.find(name);
    const found = queue && rows.find(queue, id);
    if (found?.state !== LEASED || !queue) return 0;
    if (receipt && !isReceipt(receipt, found.seq, rows.delivery(found.seq))) return 0;
    act(queue, found);
    return 1;
  }

  #giveBack(
    queue: Queue,
    id: Uint8Array,
    seq: number,
    ended: 0 | 1,
    reason: Uint8Array | null,
    delayMs = 0,
  ): void {
    const rows = this.#rows;
    if (rows.isOver(rows.delivery(seq)[2])) return rows.remove(queue, id, { seq, state: LEASED });
    rows.left(queue, LEASED);
    const place = delayMs > 0 ? queue.rightmost : queue.rightmost + 1;
    this.#move.run(seq, delayMs > 0 ? DELAYED_RIGHT : READY, place, rows.after(delayMs), ended, reason);
    if (delayMs === 0) return rows.arrived(queue, place);
    queue.delayed++;
  }

  #placeFor(queue: Queue, state: number, places: Map<number, number>): number {
    if (state === DELAYED_LEFT) return queue.leftmost - 1;
    if (state === DELAYED_RIGHT) return queue.rightmost + 1;
    const place = places.get(queue.id) ?? queue.rightmost + queue.leased;
    places.set(queue.id, place - 1);
    return place;
  }
}
