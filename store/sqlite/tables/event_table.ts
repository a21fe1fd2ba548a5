/**
 * The rows of the events of all queues, as the current transaction sees them: finding one, removing one, and what is held
 * back until the end of the transaction. What happens to events is in `events.ts` and `returns.ts`.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import type { TransactionListener } from "../database/group_commit.ts";
import { IdIndex } from "./id_index.ts";
import type { Policies } from "../operations/policies.ts";
import { PopBuffer } from "./pop_buffer.ts";
import { InsertBuffer } from "./insert_buffer.ts";
import { type QueueEntry, type QueueTable, totalOf } from "./queue_table.ts";
import { prepare } from "../database/statements.ts";

/** `events.state`. */
export const READY = 0;
/** A consumer has it. */
export const LEASED = 1;
/** It will enter on the left. */
export const DELAYED_LEFT = 2;
/** It will enter on the right. */
export const DELAYED_RIGHT = 3;

/** The last millisecond that takes six bytes in a record, in the year 6429. */
export const LAST_MS = 2 ** 47 - 1;

/** A row that was found. */
export interface Found {
  /** Its key. */
  seq: number;
  /** What state its event is in. */
  state: number;
}

/** What a delivery is known by, and when the time of its event is up. */
export type Delivery = [arrived: number, failures: number, expires: number | null];

/** The rows of all events. */
export class EventTable implements TransactionListener {
  /** The queues that they belong to. */
  readonly queues: QueueTable;
  /** What was said of those. */
  readonly policies: Policies;
  /** Which row has which id. */
  readonly ids: IdIndex;
  /** Those not in the table yet. */
  readonly insertBuffer: InsertBuffer;
  /** Those whose new state is not in the table yet. */
  readonly popBuffer: PopBuffer;
  /** When the transaction began, in ms. */
  now = 0;
  /** No event's time is up before this, in ms; not of those that are being processed and were seen. */
  nextExpiry: number;
  readonly #state;
  readonly #delivery;
  readonly #delete;
  readonly #nextExpiry;

  constructor(db: DatabaseSync, queues: QueueTable, policies: Policies) {
    this.queues = queues;
    this.policies = policies;
    this.ids = new IdIndex(db);
    this.insertBuffer = new InsertBuffer(db);
    this.popBuffer = new PopBuffer(db);
    this.#state = prepare<[number]>(db, "stateOfEvent");
    this.#delivery = prepare<Delivery>(db, "deliveryOfEvent");
    this.#delete = prepare(db, "deleteEvent");
    this.#nextExpiry = prepare<[number | null]>(db, "nextExpiry");
    this.nextExpiry = this.readNextExpiry();
  }

  /** Brings the table up to date. */
  readonly flush = (): void => {
    this.popBuffer.write();
    this.insertBuffer.write();
  };

  /** The event of an id. */
  find(queue: QueueEntry, id: Uint8Array): Found | undefined {
    let state: number | undefined;
    const seq = this.ids.find(queue.id, id, (seq) => {
      this.flush();
      state = this.#state.get(seq, queue.id, id)?.[0];
      return state !== undefined;
    });
    return state === undefined ? undefined : { seq, state };
  }

  /** Whether a queue holds an id. An event whose time is up does not count: it is removed, unless a consumer has it. */
  holds(queue: QueueEntry, id: Uint8Array): boolean {
    const found = this.find(queue, id);
    if (found === undefined) return false;
    if (found.state === LEASED || !this.isExpired(this.delivery(found.seq)[2])) return true;
    this.expire(queue, id, found);
    return false;
  }

  /** Whether the policy of a queue lets it hold no more events. */
  isFull(queue: QueueEntry): boolean {
    const { maxLength } = this.policies.of(queue.key);
    return maxLength > 0 && totalOf(queue) >= maxLength;
  }

  /** What is known of the delivery of an event. */
  delivery(seq: number): Delivery {
    return this.#delivery.get(seq)!;
  }

  /** Removes an event that bears the number of a queue, which the figures of that queue do not show yet. */
  delete(queueId: number, id: Uint8Array, seq: number): void {
    this.#delete.run(seq);
    this.ids.remove(queueId, id, seq);
  }

  /** Removes an event. */
  remove(queue: QueueEntry, id: Uint8Array, { seq, state }: Found): void {
    this.delete(queue.id, id, seq);
    this.left(queue, state);
  }

  /** Removes an event because its time is up. */
  expire(queue: QueueEntry, id: Uint8Array, found: Found): void {
    this.remove(queue, id, found);
    queue.counts.expired++;
  }

  /** Counts an event that has left a state. */
  left(queue: QueueEntry, state: number): void {
    if (state === READY) queue.ready--;
    else if (state === LEASED) queue.leased--;
    else queue.delayed--;
    this.queues.touch(queue);
  }

  /** Counts an event that has become ready at a place. */
  arrived(queue: QueueEntry, place: number): void {
    if (place > queue.rightmost) queue.rightmost = place;
    if (place < queue.leftmost) queue.leftmost = place;
    queue.ready++;
    queue.arrivals++;
    this.queues.touch(queue);
  }

  /** The time in so many ms, as it can be stored. */
  after(ms: number): number {
    return Math.min(this.now + Math.ceil(ms), LAST_MS);
  }

  /** Whether the time of an event is up, seen or not. */
  isExpired(expires: number | null): boolean {
    return expires !== null && expires <= this.now;
  }

  /** What {@linkcode EventTable.nextExpiry} is at the most. */
  readNextExpiry(): number {
    return this.#nextExpiry.get()?.[0] ?? Infinity;
  }

  begun(): void {
    this.now = Date.now();
    this.ids.begun();
    this.queues.begun();
    for (const name of this.policies.begun(this.now)) this.queues.announce(name);
  }

  save(): boolean {
    this.flush();
    return this.queues.save();
  }

  forget(): void {
    this.insertBuffer.clear();
    this.popBuffer.clear();
    this.ids.undo();
    this.queues.forget();
    this.policies.forget();
    this.nextExpiry = 0; // to be read again
  }

  committed(): void {
    this.queues.committed();
  }
}
