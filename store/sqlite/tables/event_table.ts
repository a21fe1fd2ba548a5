/**
 * The events of all queues. Inserts and pops are buffered until the end of the transaction, or until something else
 * needs the rows; an index in memory finds events by id.
 *
 * Each method keeps rows, index and counts of queues consistent. Which of them an operation needs is in `operations/`.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import type { Event, PushOptions, Side } from "../../store.ts";
import { DELAYED_LEFT, DELAYED_RIGHT, LEASED, MAX_INLINE_BYTES, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { Clock } from "./clock.ts";
import { IdIndex } from "./id_index.ts";
import type { QueueEntry, QueueTable } from "./queue_table.ts";
import { type PoppedEvent, WriteBuffer } from "./write_buffer.ts";

/** A row that was found. */
export interface Found {
  /** Its key. */
  seq: number;
  /** The state of its event. */
  state: number;
}

/** The columns that identify a delivery, and the end of the event's time to live. */
export type Delivery = [pushedAt: number, failures: number, expires: number | null];

/** The columns of an event that change when it moves to another queue. */
export interface Transferred {
  failures: number;
  reason: Uint8Array | null;
  expires: number | null;
}

type EndRow = [seq: number, expires: number | null, id: Uint8Array, contents: Uint8Array | null];

/** The rows of all events. */
export class EventTable {
  /** No event expires before this time, except leased ones that are marked as expired. */
  nextExpiry: number;
  readonly #queues: QueueTable;
  readonly #clock: Clock;
  readonly #ids: IdIndex;
  readonly #buffer: WriteBuffer;
  readonly #insert;
  readonly #insertBig;
  readonly #leftmost;
  readonly #rightmost;
  readonly #big;
  readonly #state;
  readonly #delivery;
  readonly #transfer;
  readonly #ofQueue;
  readonly #delete;
  readonly #nextExpiry;
  #lastSeq: number;

  constructor(db: DatabaseSync, queues: QueueTable, clock: Clock) {
    this.#queues = queues;
    this.#clock = clock;
    this.#ids = new IdIndex(db);
    this.#buffer = new WriteBuffer(db);
    this.#insert = prepare(db, "insertEvent");
    this.#insertBig = prepare(db, "insertBigContents");
    this.#leftmost = prepare<EndRow>(db, "leftmostEvent");
    this.#rightmost = prepare<EndRow>(db, "rightmostEvent");
    this.#big = prepare<[Uint8Array]>(db, "bigContents");
    this.#state = prepare<[number]>(db, "eventState");
    this.#delivery = prepare<Delivery>(db, "eventDelivery");
    this.#transfer = prepare(db, "transferEvent");
    this.#ofQueue = prepare<[seq: number, id: Uint8Array]>(db, "eventsOfQueue");
    this.#delete = prepare(db, "deleteEvent");
    this.#nextExpiry = prepare<[number | null]>(db, "nextExpiry");
    this.#lastSeq = prepare<[number | null]>(db, "lastSeq").get()?.[0] ?? 0;
    this.nextExpiry = this.readNextExpiry();
  }

  /** Writes the buffered changes. Call it before reading or changing rows by a statement. */
  flush(): void {
    this.#buffer.write();
  }

  /** Adds a ready event at one end of a queue. */
  insertReady(queue: QueueEntry, side: Side, id: Uint8Array, contents: Uint8Array): void {
    if (side === "right") this.#buffer.writePops();
    const position = side === "left" ? queue.leftmost - 1 : queue.rightmost + 1;
    const seq = this.#nextSeq(queue, id, contents);
    this.#buffer.insert(seq, queue.id, position, this.#clock.now, id, inline(contents));
    this.#queues.addReady(queue, position);
  }

  /** Adds an event with a delay or a time to live. */
  insert(queue: QueueEntry, side: Side, id: Uint8Array, contents: Uint8Array, options: PushOptions): void {
    if (side === "right") this.#buffer.writePops();
    const { delayMs = 0, ttlMs = 0 } = options;
    const { now } = this.#clock;
    const expires = ttlMs > 0 ? this.#clock.after(ttlMs) : null;
    if (expires !== null) this.nextExpiry = Math.min(this.nextExpiry, expires);
    const end = side === "left" ? queue.leftmost - 1 : queue.rightmost + 1;
    const position = delayMs === 0 ? end : queue.rightmost;
    const state = delayMs === 0 ? READY : side === "left" ? DELAYED_LEFT : DELAYED_RIGHT;
    const due = this.#clock.after(delayMs);
    const seq = this.#nextSeq(queue, id, contents);
    this.#insert.run(seq, queue.id, state, position, due, now, id, inline(contents), expires);
    if (state === READY) this.#queues.addReady(queue, position);
    else this.#queues.addDelayed(queue);
  }

  /** Leases or, with 0, deletes the right-most event of a queue that has a ready one. */
  popRightmost(queue: QueueEntry, leaseMs: number): PoppedEvent {
    const event = this.#buffer.pop(queue.id, leaseMs > 0 ? this.#clock.after(leaseMs) : 0);
    if (leaseMs > 0) queue.leased++;
    else this.#ids.remove(queue.id, event.id, event.seq);
    this.#queues.subtract(queue, READY);
    return event;
  }

  /** The event at one end of a queue that has a ready one. */
  readEnd(queue: QueueEntry, side: Side): Event {
    const [seq, _expires, id, contents] = this.#end(queue, side);
    return { id, contents: contents ?? this.#big.get(seq)![0] };
  }

  /** Finds an event by its id. */
  find(queue: QueueEntry, id: Uint8Array): Found | undefined {
    let state: number | undefined;
    const seq = this.#ids.find(queue.id, id, (seq) => {
      this.flush();
      state = this.#state.get(seq, queue.id, id)?.[0];
      return state !== undefined;
    });
    return state === undefined ? undefined : { seq, state };
  }

  /** Whether a queue holds an id. An expired event is removed and does not count, unless it is leased. */
  holds(queue: QueueEntry, id: Uint8Array): boolean {
    const found = this.find(queue, id);
    if (found === undefined) return false;
    if (found.state === LEASED) return true;
    const [_pushedAt, _failures, expires] = this.delivery(found.seq);
    if (!this.#clock.hasReached(expires)) return true;
    this.expire(queue, id, found);
    return false;
  }

  /** The current delivery of an event. */
  delivery(seq: number): Delivery {
    return this.#delivery.get(seq)!;
  }

  /** Moves an event to the left end of another queue. Its row stays, so its contents are not copied. */
  transfer(queue: QueueEntry, id: Uint8Array, { seq, state }: Found, to: QueueEntry, change: Transferred): void {
    const { failures, reason, expires } = change;
    const position = to.leftmost - 1;
    this.#transfer.run(seq, to.id, position, this.#clock.now, failures, reason, expires);
    this.#ids.remove(queue.id, id, seq);
    this.#ids.add(to.id, id, seq);
    this.#queues.subtract(queue, state);
    this.#queues.addReady(to, position);
  }

  /** Removes an event. */
  remove(queue: QueueEntry, id: Uint8Array, { seq, state }: Found): void {
    this.deleteRow(queue.id, id, seq);
    this.#queues.subtract(queue, state);
  }

  /** Removes an event because its time to live has ended. */
  expire(queue: QueueEntry, id: Uint8Array, found: Found): void {
    this.remove(queue, id, found);
    queue.counts.expired++;
  }

  /** Removes expired events at one end of a queue, up to the first that is not expired. */
  expireAtEnd(queue: QueueEntry, side: Side): void {
    if (this.#clock.now < this.nextExpiry) return;
    while (queue.ready > 0) {
      const [seq, expires, id] = this.#end(queue, side);
      if (!this.#clock.hasReached(expires)) return;
      this.expire(queue, id, { seq, state: READY });
    }
  }

  /** Deletes an event without changing the counts of its queue. */
  deleteRow(queueId: number, id: Uint8Array, seq: number): void {
    this.#delete.run(seq);
    this.#ids.remove(queueId, id, seq);
  }

  /** Deletes up to `limit` events of a queue without changing its counts. Returns the number of events deleted. */
  deleteRows(queueId: number, limit: number): number {
    this.flush();
    const rows = this.#ofQueue.all(queueId, limit);
    for (const [seq, id] of rows) this.deleteRow(queueId, id, seq);
    return rows.length;
  }

  /** Reads what {@linkcode EventTable.nextExpiry} should be. */
  readNextExpiry(): number {
    return this.#nextExpiry.get()?.[0] ?? Infinity;
  }

  onBegin(): void {
    this.#ids.onBegin();
  }

  onRollback(): void {
    this.#buffer.clear();
    this.#ids.onRollback();
    this.nextExpiry = 0; // to be read again
  }

  #nextSeq(queue: QueueEntry, id: Uint8Array, contents: Uint8Array): number {
    const seq = ++this.#lastSeq;
    if (contents.length > MAX_INLINE_BYTES) this.#insertBig.run(seq, contents);
    this.#ids.add(queue.id, id, seq);
    return seq;
  }

  #end(queue: QueueEntry, side: Side): EndRow {
    this.flush();
    return (side === "left" ? this.#leftmost : this.#rightmost).get(queue.id)!;
  }
}

function inline(contents: Uint8Array): Uint8Array | null {
  return contents.length > MAX_INLINE_BYTES ? null : contents;
}
