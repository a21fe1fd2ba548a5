/**
 * What happens to events. Each method is a part of the current transaction.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import type { Event, Side } from "../store.ts";
import type { Queue, Queues } from "./queues.ts";
import { prepare } from "./statement.ts";

/** Contents up to this many bytes stand in the row of their event. */
export const INLINE_BYTES = 256;

/** Where `events.state` is not ready, which is 0. */
const LEASED = 1;

/** The last millisecond that takes six bytes in a record, in the year 6429. */
const LAST_MS = 2 ** 47 - 1;

/** A queue with more events than this is flushed by dropping its number: removing them takes some µs each. */
const FLUSHED_AT_ONCE = 2_000;

/** What a step of {@linkcode Events.endLeases} came to. */
export interface Ended {
  /** Leases looked at; fewer than asked for when there are no more. */
  seen: number;
  /** Events that came back. */
  back: number;
}

/** The events of all queues. */
export class Events {
  readonly #queues: Queues;
  readonly #insert;
  readonly #insertBig;
  readonly #leftmost;
  readonly #rightmost;
  readonly #big;
  readonly #lease;
  readonly #ready;
  readonly #find;
  readonly #delete;
  readonly #deleteAll;
  readonly #due;
  readonly #insertFlushed;

  constructor(db: DatabaseSync, queues: Queues) {
    this.#queues = queues;
    this.#insert = prepare(db, "insertEvent");
    this.#insertBig = prepare(db, "insertBigContents");
    this.#leftmost = prepare<[number, Uint8Array, Uint8Array | null]>(db, "leftmostEvent");
    this.#rightmost = prepare<[number, Uint8Array, Uint8Array | null]>(db, "rightmostEvent");
    this.#big = prepare<[Uint8Array]>(db, "bigContents");
    this.#lease = prepare(db, "leaseEvent");
    this.#ready = prepare(db, "readyEvent");
    this.#find = prepare<[number, number]>(db, "findEvent");
    this.#delete = prepare(db, "deleteEvent");
    this.#deleteAll = prepare(db, "deleteEvents");
    this.#due = prepare<[number, number]>(db, "dueEvents");
    this.#insertFlushed = prepare(db, "insertFlushed");
  }

  push(name: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side): boolean {
    const queue = this.#queues.findOrCreate(name);
    const place = side === "left" ? queue.leftmost - 1 : queue.rightmost + 1;
    const big = contents.length > INLINE_BYTES;
    const { changes, lastInsertRowid } = this.#insert.run(queue.id, place, Date.now(), id, big ? null : contents);
    if (changes === 0) return false;
    if (big) this.#insertBig.run(lastInsertRowid, contents);
    if (side === "left") queue.leftmost = place;
    this.#arrived(queue, place);
    return true;
  }

  peek(name: Uint8Array, side: Side): Event | null {
    const queue = this.#queues.find(name);
    if (queue === undefined || queue.ready === 0) return null;
    const [seq, id, contents] = (side === "left" ? this.#leftmost : this.#rightmost).get(queue.id)!;
    return { id, contents: contents ?? this.#big.get(seq)![0] };
  }

  pop(name: Uint8Array, leaseMs: number): Event | null {
    const queue = this.#queues.find(name);
    if (queue === undefined || queue.ready === 0) return null;
    const [seq, id, contents] = this.#rightmost.get(queue.id)!;
    const event = { id, contents: contents ?? this.#big.get(seq)![0] };
    if (leaseMs > 0) {
      this.#lease.run(seq, Math.min(Date.now() + Math.ceil(leaseMs), LAST_MS));
      queue.leased++;
    } else this.#delete.run(seq);
    queue.ready--;
    this.#queues.touch(queue);
    return event;
  }

  ack(name: Uint8Array, id: Uint8Array): number {
    const queue = this.#queues.find(name);
    const found = queue && this.#find.get(queue.id, id);
    if (!found) return 0;
    const [seq, state] = found;
    this.#delete.run(seq);
    if (state === LEASED) queue.leased--;
    else queue.ready--;
    this.#queues.touch(queue);
    return 1;
  }

  redo(name: Uint8Array, id: Uint8Array): number {
    const queue = this.#queues.find(name);
    const found = queue && this.#find.get(queue.id, id);
    if (!found || found[1] !== LEASED) return 0;
    this.#giveBack(queue, found[0], queue.rightmost + 1, Date.now());
    return 1;
  }

  flush(name: Uint8Array): void {
    const queue = this.#queues.find(name);
    if (queue === undefined) return;
    if (queue.ready + queue.leased > FLUSHED_AT_ONCE) {
      this.#insertFlushed.run(queue.id);
      this.#queues.drop(queue);
      return;
    }
    this.#deleteAll.run(queue.id);
    queue.ready = queue.leased = queue.arrivals = 0;
    this.#queues.touch(queue);
  }

  /**
   * Gives back up to `limit` events whose leases had ended by `now`, oldest first. `places` carries from call to call
   * which place in each queue is next: they run downwards from one that leaves room for all that is leased, so the
   * oldest is right-most whenever anybody looks.
   */
  endLeases(now: number, limit: number, places: Map<number, number>): Ended {
    let back = 0;
    const rows = this.#due.all(now, limit);
    for (const [seq, queueId] of rows) {
      const queue = this.#queues.byId(queueId);
      if (queue === undefined) {
        this.#delete.run(seq); // flushed
        continue;
      }
      const place = places.get(queueId) ?? queue.rightmost + queue.leased;
      places.set(queueId, place - 1);
      this.#giveBack(queue, seq, place, now);
      back++;
    }
    return { seen: rows.length, back };
  }

  #giveBack(queue: Queue, seq: number, place: number, now: number): void {
    this.#ready.run(seq, place, now);
    queue.leased--;
    this.#arrived(queue, place);
  }

  #arrived(queue: Queue, place: number): void {
    if (place > queue.rightmost) queue.rightmost = place;
    queue.ready++;
    queue.arrivals++;
    this.#queues.touch(queue);
  }
}
