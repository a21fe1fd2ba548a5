/**
 * Returns events to their queues, and removes expired ones, in the current transaction.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { backoffMs } from "../../policy.ts";
import type { NackOptions } from "../../store.ts";
import { DELAYED_LEFT, DELAYED_RIGHT, LEASED, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { QueueEntry } from "../tables/queue_table.ts";
import type { Tables } from "../tables/tables.ts";
import { isReceipt } from "./receipt.ts";
import type { Transfers } from "./transfers.ts";

/** After a lease has ended. */
const NO_REASON = new Uint8Array();

export class Redelivery {
  readonly #tables: Tables;
  readonly #transfers: Transfers;
  readonly #requeueRow;
  readonly #setLeaseEnd;
  readonly #id;
  readonly #due;
  readonly #expired;
  readonly #markExpirySeen;

  constructor(db: DatabaseSync, tables: Tables, transfers: Transfers) {
    this.#tables = tables;
    this.#transfers = transfers;
    this.#requeueRow = prepare(db, "requeueEvent");
    this.#setLeaseEnd = prepare(db, "setLeaseEnd");
    this.#id = prepare<[Uint8Array]>(db, "eventId");
    this.#due = prepare<[seq: number, queueId: number, state: number, expires: number | null, failures: number]>(
      db,
      "dueEvents",
    );
    this.#expired = prepare<[seq: number, queueId: number, state: number, id: Uint8Array]>(db, "expiredEvents");
    this.#markExpirySeen = prepare(db, "markExpirySeen");
  }

  redo(name: Uint8Array, id: Uint8Array, receipt?: Uint8Array): number {
    return this.#endDelivery(name, id, receipt, (queue, seq) => this.#requeue(queue, seq, 1, null));
  }

  release(name: Uint8Array, id: Uint8Array, receipt: Uint8Array): number {
    return this.#endDelivery(name, id, receipt, (queue, seq) => this.#requeue(queue, seq, 0, null));
  }

  nack(name: Uint8Array, id: Uint8Array, receipt: Uint8Array | undefined, options: NackOptions = {}): number {
    const { delayMs, reason = NO_REASON } = options;
    return this.#endDelivery(name, id, receipt, (queue, seq, failures) => {
      const last = this.#transfers.isLastAttempt(queue, failures + 1);
      if (last && this.#transfers.deadLetter(queue, id, { seq, state: LEASED }, failures + 1, reason)) return;
      const delay = delayMs ?? backoffMs(this.#tables.policies.of(queue.key), failures + 1);
      this.#requeue(queue, seq, 1, reason, delay);
    });
  }

  touch(name: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): number {
    const found = this.#findDelivery(name, id, receipt);
    if (found === undefined) return 0;
    this.#setLeaseEnd.run(found.seq, this.#tables.clock.after(leaseMs));
    return 1;
  }

  /**
   * Ends up to `limit` leases and delays that had ended by `now`, the earliest first.
   *
   * @param positions the next position in each queue for an event whose lease has ended, kept from call to call. They
   *   decrease from one that leaves room for all leased events, so that the earliest is right-most after every step.
   * @returns leases and delays seen, fewer than the limit if there are no more; events that became ready
   */
  endDue(now: number, limit: number, positions: Map<number, number>): { seen: number; ready: number } {
    const { clock, events, queues } = this.#tables;
    events.flush();
    let ready = 0;
    const due = this.#due.all(now, limit);
    for (const [seq, queueId, state, expires, failures] of due) {
      const queue = queues.byId(queueId);
      if (queue === undefined) {
        events.deleteRow(queueId, this.#idOf(seq), seq); // flushed
      } else if (clock.hasReached(expires)) {
        events.expire(queue, this.#idOf(seq), { seq, state });
      } else if (state === LEASED && this.#deadLetterIfLast(queue, seq, failures + 1)) {
        ready++;
      } else {
        const position = nextPosition(queue, state, positions);
        const ended = state === LEASED ? 1 : 0;
        this.#requeueRow.run(seq, READY, position, now, ended, ended === 1 ? NO_REASON : null);
        queues.subtract(queue, state);
        queues.addReady(queue, position);
        queue.counts.redelivered += ended;
        ready++;
      }
    }
    return { seen: due.length, ready };
  }

  /** Removes up to `limit` events that had expired by `now`, except leased ones. Returns whether there may be more. */
  removeExpired(now: number, limit: number): boolean {
    const { events, queues } = this.#tables;
    if (now < events.nextExpiry) return false;
    events.flush();
    const expired = this.#expired.all(now, limit);
    for (const [seq, queueId, state, id] of expired) {
      const queue = queues.byId(queueId);
      if (queue === undefined) events.deleteRow(queueId, id, seq); // flushed
      else if (state === LEASED) this.#markExpirySeen.run(seq);
      else events.expire(queue, id, { seq, state });
    }
    if (expired.length === limit) return true;
    events.nextExpiry = events.readNextExpiry();
    return false;
  }

  /** Ends the delivery of a leased event; with a receipt, only that delivery. Returns 1 or 0. */
  #endDelivery(
    name: Uint8Array,
    id: Uint8Array,
    receipt: Uint8Array | undefined,
    end: (queue: QueueEntry, seq: number, failures: number) => void,
  ): number {
    const found = this.#findDelivery(name, id, receipt);
    if (found === undefined) return 0;
    const { queue, seq, delivery: [_pushedAt, failures, expires] } = found;
    if (this.#tables.clock.hasReached(expires)) this.#tables.events.expire(queue, id, { seq, state: LEASED });
    else end(queue, seq, failures);
    return 1;
  }

  #findDelivery(name: Uint8Array, id: Uint8Array, receipt?: Uint8Array) {
    const { events, queues } = this.#tables;
    const queue = queues.find(name);
    const found = queue && events.find(queue, id);
    if (found?.state !== LEASED || !queue) return undefined;
    const { seq } = found;
    const delivery = events.delivery(seq);
    return !receipt || isReceipt(receipt, seq, delivery) ? { queue, seq, delivery } : undefined;
  }

  #requeue(queue: QueueEntry, seq: number, ended: 0 | 1, reason: Uint8Array | null, delayMs = 0): void {
    const { clock, queues } = this.#tables;
    queues.subtract(queue, LEASED);
    queue.counts.redelivered += ended;
    const position = delayMs > 0 ? queue.rightmost : queue.rightmost + 1;
    const state = delayMs > 0 ? DELAYED_RIGHT : READY;
    this.#requeueRow.run(seq, state, position, clock.after(delayMs), ended, reason);
    if (state === READY) queues.addReady(queue, position);
    else queues.addDelayed(queue);
  }

  /** After its last attempt. Returns whether it moved. */
  #deadLetterIfLast(queue: QueueEntry, seq: number, failures: number): boolean {
    if (!this.#transfers.isLastAttempt(queue, failures)) return false;
    return this.#transfers.deadLetter(queue, this.#idOf(seq), { seq, state: LEASED }, failures, NO_REASON);
  }

  #idOf(seq: number): Uint8Array {
    return this.#id.get(seq)![0];
  }
}

function nextPosition(queue: QueueEntry, state: number, positions: Map<number, number>): number {
  if (state === DELAYED_LEFT) return queue.leftmost - 1;
  if (state === DELAYED_RIGHT) return queue.rightmost + 1;
  const position = positions.get(queue.id) ?? queue.rightmost + queue.leased;
  positions.set(queue.id, position - 1);
  return position;
}
