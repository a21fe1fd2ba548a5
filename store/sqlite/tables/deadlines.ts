/**
 * The earliest deadlines of each queue, in memory: queues where nothing is due cost nothing, and one where much is due
 * takes turns with the others.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { prepare } from "../database/statements.ts";

/** Of one kind, by the id of the queue. Times are in ms since the epoch. */
export class Deadlines {
  /** Never too late; too early if the event is gone. */
  readonly #earliest = new Map<number, number>();
  /** What this transaction replaced by later times. */
  readonly #replaced = new Map<number, number>();
  readonly #next;

  /** Reads those of all queues. */
  constructor(db: DatabaseSync, statements: { next: string; all: string }) {
    this.#next = prepare<[number | null]>(db, statements.next);
    for (const [queueId, time] of prepare<[number, number]>(db, statements.all).all()) this.add(queueId, time);
  }

  of(queueId: number): number {
    return this.#earliest.get(queueId) ?? Infinity;
  }

  add(queueId: number, time: number): void {
    if (time < this.of(queueId)) this.#earliest.set(queueId, time);
  }

  /** Reads the exact time of a queue. Buffered changes must have been written. */
  read(queueId: number): void {
    const [next] = this.#next.get(queueId)!;
    this.forget(queueId);
    if (next !== null) this.add(queueId, next);
  }

  forget(queueId: number): void {
    const time = this.of(queueId);
    if (time < Infinity && !this.#replaced.has(queueId)) this.#replaced.set(queueId, time);
    this.#earliest.delete(queueId);
  }

  /** The ids of the queues where something may be due. */
  due(now: number): number[] {
    const due = [];
    for (const [queueId, time] of this.#earliest) if (time <= now) due.push(queueId);
    return due;
  }

  onBegin(): void {
    this.#replaced.clear();
  }

  onRollback(): void {
    for (const [queueId, time] of this.#replaced) this.add(queueId, time);
  }
}

export class QueueDeadlines {
  /** Ends of leases and delays. */
  readonly due: Deadlines;
  /** Ends of times to live, except those of leased events that the reclaimer has seen. */
  readonly expiry: Deadlines;

  constructor(db: DatabaseSync) {
    this.due = new Deadlines(db, { next: "nextDue", all: "nextDueOfEach" });
    this.expiry = new Deadlines(db, { next: "nextExpiry", all: "nextExpiryOfEach" });
  }

  forget(queueId: number): void {
    this.due.forget(queueId);
    this.expiry.forget(queueId);
  }

  onBegin(): void {
    this.due.onBegin();
    this.expiry.onBegin();
  }

  onRollback(): void {
    this.due.onRollback();
    this.expiry.onRollback();
  }
}
