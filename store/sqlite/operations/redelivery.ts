/**
 * Returns events to their queues, and removes expired ones, in the current transaction.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { backoffMs } from "../../policy.ts";
import type { NackOptions } from "../../store.ts";
import { AGAIN } from "../database/group_commit.ts";
import { DELAYED_LEFT, DELAYED_RIGHT, LEASED, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { Found } from "../tables/event_table.ts";
import type { QueueEntry } from "../tables/queue_table.ts";
import type { Tables } from "../tables/tables.ts";
import { isReceipt } from "./receipt.ts";
import type { Transfers } from "./transfers.ts";

type DueRow = [
  seq: number,
  state: number,
  due: number,
  expires: number | null,
  failures: number,
  group: Uint8Array | null,
  turn: number | null,
];

type ExpiredRow = [
  seq: number,
  state: number,
  expires: number,
  id: Uint8Array,
  bigBytes: number,
  group: Uint8Array | null,
  turn: number | null,
];

/** Leases and delays of a queue that end together, in several steps. */
export interface DueBatch {
  /** Those that had ended by then, in ms since the epoch. */
  until: number;
  /**
   * Of the next event whose lease has ended. It decreases from one that leaves room for all leased events, so that the
   * earliest is right-most after every step. Undefined before the first of them: delayed events may take positions.
   */
  position?: number;
}

/** What one step did. */
export interface ReclaimStep {
  /** Events looked at. */
  seen: number;
  /** Events that became ready. */
  ready: number;
  /** When the first of them was due; Infinity if none was. */
  firstDue: number;
}

/** After a lease has ended. */
const NO_REASON = new Uint8Array();

export class Redelivery {
  readonly #tables: Tables;
  readonly #transfers: Transfers;
  readonly #requeueRow;
  readonly #setDue;
  readonly #id;
  readonly #due;
  readonly #expired;
  readonly #markExpirySeen;

  constructor(db: DatabaseSync, tables: Tables, transfers: Transfers) {
    this.#tables = tables;
    this.#transfers = transfers;
    this.#requeueRow = prepare(db, "requeueEvent");
    this.#setDue = prepare(db, "setDue");
    this.#id = prepare<[id: Uint8Array, bigBytes: number]>(db, "eventId");
    this.#due = prepare<DueRow>(db, "dueEvents");
    this.#expired = prepare<ExpiredRow>(db, "expiredEvents");
    this.#markExpirySeen = prepare(db, "markExpirySeen");
  }

  redo(name: Uint8Array, id: Uint8Array, receipt?: Uint8Array): number | typeof AGAIN {
    return this.#endDelivery(name, id, receipt, (queue, found) => this.#requeue(queue, found, 1, null));
  }

  release(name: Uint8Array, id: Uint8Array, receipt: Uint8Array): number | typeof AGAIN {
    return this.#endDelivery(name, id, receipt, (queue, found) => this.#requeue(queue, found, 0, null));
  }

  nack(
    name: Uint8Array,
    id: Uint8Array,
    receipt: Uint8Array | undefined,
    options: NackOptions = {},
  ): number | typeof AGAIN {
    const { dead = false, reason = NO_REASON } = options;
    return this.#endDelivery(name, id, receipt, (queue, found, failures) => {
      const last = dead || this.#transfers.isLastAttempt(queue, failures + 1);
      if (last && this.#transfers.deadLetter(queue, id, found, failures + 1, reason)) return 2;
      const delayMs = dead ? undefined : options.delayMs;
      const delay = delayMs ?? backoffMs(this.#tables.policies.of(queue.key), failures + 1);
      return this.#requeue(queue, found, 1, reason, delay);
    });
  }

  endDelay(name: Uint8Array, id: Uint8Array): number {
    const { clock, deadlines, events, queues } = this.#tables;
    const queue = queues.find(name);
    const found = queue && events.find(queue, id);
    if (!queue || (found?.state !== DELAYED_LEFT && found?.state !== DELAYED_RIGHT)) return 0;
    this.#setDue.run(found.seq, clock.now);
    deadlines.due.add(queue.id, clock.now);
    return 1;
  }

  touch(name: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): number {
    const delivery = this.#findDelivery(name, id, receipt);
    if (delivery === undefined) return 0;
    const due = this.#tables.clock.after(leaseMs);
    this.#setDue.run(delivery.found.seq, due);
    this.#tables.deadlines.due.add(delivery.queue.id, due);
    return 1;
  }

  /**
   * Ends up to `limit` leases and delays of a queue, the earliest first.
   *
   * @param batches by the id of the queue, kept from step to step
   */
  endDue(queueId: number, limit: number, batches: Map<number, DueBatch>): ReclaimStep {
    const { clock, deadlines, events, groups, queues } = this.#tables;
    const step: ReclaimStep = { seen: 0, ready: 0, firstDue: Infinity };
    events.flush();
    const queue = queues.byId(queueId);
    if (queue === undefined) {
      deadlines.forget(queueId);
      return step;
    }
    const batch = batches.get(queueId) ?? { until: clock.now };
    for (const [seq, state, due, expires, failures, group, turn] of this.#due.all(queueId, batch.until, limit)) {
      if (clock.hasReached(expires)) {
        const [id, bigBytes] = this.#id.get(seq)!;
        if (step.seen > 0 && events.mustWait({ bigBytes })) {
          batches.set(queueId, batch);
          return step;
        }
        events.expire(queue, id, { seq, state, bigBytes, group, turn });
      } else if (state === LEASED && this.#deadLetterIfLast(queue, { seq, state, group, turn }, failures + 1)) {
        step.ready++;
      } else if (state !== LEASED && group !== null && turn === null && failures === 0) {
        const position = nextPosition(queue, state, batch);
        queues.subtract(queue, state);
        if (events.lines.join(queue, seq, group, position)) step.ready++;
      } else {
        const position = nextPosition(queue, state, batch);
        const ended = state === LEASED ? 1 : 0;
        this.#requeueRow.run(seq, READY, position, clock.now, ended, ended === 1 ? NO_REASON : null);
        if (turn !== null) groups.change(groups.of(queue.id, group!), turn, state, READY);
        queues.subtract(queue, state);
        queues.addReady(queue, position);
        queue.counts.redelivered += ended;
        step.ready++;
      }
      step.seen++;
      step.firstDue = Math.min(step.firstDue, due);
    }
    if (step.seen === limit) batches.set(queueId, batch);
    else {
      batches.delete(queueId);
      events.flush();
      deadlines.due.read(queueId);
    }
    return step;
  }

  /** Removes up to `limit` expired events of a queue, except leased ones. */
  removeExpired(queueId: number, limit: number): ReclaimStep {
    const { clock, deadlines, events, queues } = this.#tables;
    const step: ReclaimStep = { seen: 0, ready: 0, firstDue: Infinity };
    events.flush();
    const queue = queues.byId(queueId);
    if (queue === undefined) {
      deadlines.forget(queueId);
      return step;
    }
    const rows = this.#expired.all(queueId, clock.now, limit);
    for (const [seq, state, expires, id, bigBytes, group, turn] of rows) {
      if (step.seen > 0 && state !== LEASED && events.mustWait({ bigBytes })) return step;
      step.seen++;
      step.firstDue = Math.min(step.firstDue, expires);
      if (state === LEASED) this.#markExpirySeen.run(seq);
      else if (turn === null) events.expire(queue, id, { seq, state, bigBytes, group, turn });
      else this.#expireIfHeld(queue, id, seq);
    }
    if (rows.length < limit) {
      events.flush();
      deadlines.expiry.read(queueId);
    }
    return step;
  }

  /** Has blocked events of a queue take places after its limit was raised. */
  fillPlaces(queueId: number, limit: number): ReclaimStep {
    const { events, groups, queues } = this.#tables;
    const queue = queues.byId(queueId);
    if (queue === undefined) {
      groups.raised(queueId); // it has no groups either
      return { seen: 0, ready: 0, firstDue: Infinity };
    }
    return { ...events.lines.fillPlaces(queue, limit), firstDue: Infinity };
  }

  /** Ends the delivery of a leased event; with a receipt, only that delivery. Returns 0, 1, or what `end` returns. */
  #endDelivery(
    name: Uint8Array,
    id: Uint8Array,
    receipt: Uint8Array | undefined,
    end: (queue: QueueEntry, found: Found, failures: number) => number,
  ): number | typeof AGAIN {
    const delivery = this.#findDelivery(name, id, receipt);
    if (delivery === undefined) return 0;
    const { queue, found, failures, expires } = delivery;
    const { clock, events } = this.#tables;
    if (!clock.hasReached(expires)) return end(queue, found, failures);
    if (events.mustWait(found)) return AGAIN;
    events.expire(queue, id, found);
    return 1;
  }

  #findDelivery(name: Uint8Array, id: Uint8Array, receipt?: Uint8Array) {
    const { events, queues } = this.#tables;
    const queue = queues.find(name);
    const found = queue && events.find(queue, id, true);
    if (found?.state !== LEASED || !queue) return undefined;
    const delivery = found.delivery!;
    if (receipt && !isReceipt(receipt, found.seq, delivery)) return undefined;
    const [_pushedAt, failures, expires] = delivery;
    return { queue, found, failures, expires };
  }

  #requeue(queue: QueueEntry, found: Found, ended: 0 | 1, reason: Uint8Array | null, delayMs = 0): number {
    const { seq, group, turn } = found;
    const { clock, deadlines, groups, queues } = this.#tables;
    queues.subtract(queue, LEASED);
    queue.counts.redelivered += ended;
    const position = delayMs > 0 ? queue.rightmost : queue.rightmost + 1;
    const state = delayMs > 0 ? DELAYED_RIGHT : READY;
    const due = clock.after(delayMs);
    this.#requeueRow.run(seq, state, position, due, ended, reason);
    if (turn !== null) groups.change(groups.of(queue.id, group!), turn, LEASED, state);
    if (state === READY) queues.addReady(queue, position);
    else {
      deadlines.due.add(queue.id, due);
      queues.addDelayed(queue);
    }
    return 1;
  }

  /** The next event of a group may have changed its state, or be gone, since it was read. */
  #expireIfHeld(queue: QueueEntry, id: Uint8Array, seq: number): void {
    const { events } = this.#tables;
    const found = events.find(queue, id);
    if (found?.seq === seq) events.expire(queue, id, found);
  }

  /** After its last attempt. Returns whether it moved. */
  #deadLetterIfLast(queue: QueueEntry, found: Omit<Found, "bigBytes">, failures: number): boolean {
    if (!this.#transfers.isLastAttempt(queue, failures)) return false;
    const [id] = this.#id.get(found.seq)!;
    return this.#transfers.deadLetter(queue, id, found, failures, NO_REASON);
  }
}

function nextPosition(queue: QueueEntry, state: number, batch: DueBatch): number {
  if (state === DELAYED_LEFT) return queue.leftmost - 1;
  if (state === DELAYED_RIGHT) return queue.rightmost + 1;
  const position = batch.position ?? queue.rightmost + queue.leased;
  batch.position = position - 1;
  return position;
}
