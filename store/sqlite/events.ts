/**
 * What happens to events. Each method is a part of the current transaction.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import type { Event, Side } from "../store.ts";
import type { Participant } from "./group_commit.ts";
import { Ids } from "./ids.ts";
import { Popped } from "./popped.ts";
import { Pushed } from "./pushed.ts";
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
export class Events implements Participant {
  readonly #queues: Queues;
  readonly #ids: Ids;
  readonly #pushed: Pushed;
  readonly #popped: Popped;
  readonly #insertBig;
  readonly #leftmost;
  readonly #rightmost;
  readonly #big;
  readonly #ready;
  readonly #state;
  readonly #id;
  readonly #some;
  readonly #delete;
  readonly #due;
  readonly #insertFlushed;
  #lastSeq: number;
  /** When the transaction began, in ms. */
  #now = 0;

  constructor(db: DatabaseSync, queues: Queues) {
    this.#queues = queues;
    this.#ids = new Ids(db);
    this.#pushed = new Pushed(db);
    this.#popped = new Popped(db);
    this.#insertBig = prepare(db, "insertBigContents");
    this.#leftmost = prepare<[number, Uint8Array, Uint8Array | null]>(db, "leftmostEvent");
    this.#rightmost = prepare<[number, Uint8Array, Uint8Array | null]>(db, "rightmostEvent");
    this.#big = prepare<[Uint8Array]>(db, "bigContents");
    this.#ready = prepare(db, "readyEvent");
    this.#state = prepare<[number]>(db, "stateOfEvent");
    this.#id = prepare<[Uint8Array]>(db, "idOfEvent");
    this.#some = prepare<[number, Uint8Array]>(db, "someEvents");
    this.#delete = prepare(db, "deleteEvent");
    this.#due = prepare<[number, number]>(db, "dueEvents");
    this.#insertFlushed = prepare(db, "insertFlushed");
    this.#lastSeq = prepare<[number | null]>(db, "lastEvent").get()?.[0] ?? 0;
  }

  push(name: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side): boolean {
    const queue = this.#queues.findOrCreate(name);
    if (this.#find(queue, id) !== undefined) return false;
    const place = side === "left" ? queue.leftmost - 1 : queue.rightmost + 1;
    const seq = ++this.#lastSeq;
    const big = contents.length > INLINE_BYTES;
    if (side === "right") this.#popped.write();
    this.#pushed.add(seq, queue.id, place, this.#now, id, big ? null : contents);
    if (big) this.#insertBig.run(seq, contents);
    this.#ids.add(queue.id, id, seq);
    if (side === "left") queue.leftmost = place;
    this.#arrived(queue, place);
    return true;
  }

  peek(name: Uint8Array, side: Side): Event | null {
    const queue = this.#queues.find(name);
    if (queue === undefined || queue.ready === 0) return null;
    this.#settle();
    const [seq, id, contents] = (side === "left" ? this.#leftmost : this.#rightmost).get(queue.id)!;
    return { id, contents: contents ?? this.#big.get(seq)![0] };
  }

  pop(name: Uint8Array, leaseMs: number): Event | null {
    const queue = this.#queues.find(name);
    if (queue === undefined || queue.ready === 0) return null;
    const due = leaseMs > 0 ? Math.min(this.#now + Math.ceil(leaseMs), LAST_MS) : 0;
    const event = this.#popped.take(queue.id, due, this.#settle);
    if (due > 0) queue.leased++;
    else this.#ids.remove(queue.id, event.id, event.seq);
    queue.ready--;
    this.#queues.touch(queue);
    return event;
  }

  ack(name: Uint8Array, id: Uint8Array): number {
    const queue = this.#queues.find(name);
    const found = queue && this.#find(queue, id);
    if (!found) return 0;
    this.#remove(queue.id, id, found.seq);
    if (found.state === LEASED) queue.leased--;
    else queue.ready--;
    this.#queues.touch(queue);
    return 1;
  }

  redo(name: Uint8Array, id: Uint8Array): number {
    const queue = this.#queues.find(name);
    const found = queue && this.#find(queue, id);
    if (!found || found.state !== LEASED) return 0;
    this.#giveBack(queue, found.seq, queue.rightmost + 1, this.#now);
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
    this.removeSome(queue.id, FLUSHED_AT_ONCE);
    queue.ready = queue.leased = queue.arrivals = 0;
    this.#queues.touch(queue);
  }

  /** Removes up to `limit` events that bear the number of that queue, and returns how many it found. */
  removeSome(queueId: number, limit: number): number {
    this.#settle();
    const rows = this.#some.all(queueId, limit);
    for (const [seq, id] of rows) this.#remove(queueId, id, seq);
    return rows.length;
  }

  /**
   * Gives back up to `limit` events whose leases had ended by `now`, oldest first. `places` carries from call to call
   * which place in each queue is next: they run downwards from one that leaves room for all that is leased, so the
   * oldest is right-most whenever anybody looks.
   */
  endLeases(now: number, limit: number, places: Map<number, number>): Ended {
    this.#settle();
    let back = 0;
    const rows = this.#due.all(now, limit);
    for (const [seq, queueId] of rows) {
      const queue = this.#queues.byId(queueId);
      if (queue === undefined) {
        this.#remove(queueId, this.#id.get(seq)![0], seq); // flushed
        continue;
      }
      const place = places.get(queueId) ?? queue.rightmost + queue.leased;
      places.set(queueId, place - 1);
      this.#giveBack(queue, seq, place, now);
      back++;
    }
    return { seen: rows.length, back };
  }

  begun(): void {
    this.#now = Date.now();
    this.#ids.begun();
    this.#queues.begun();
  }

  save(): boolean {
    this.#settle();
    return this.#queues.save();
  }

  forget(): void {
    this.#pushed.clear();
    this.#popped.clear();
    this.#ids.undo();
    this.#queues.forget();
  }

  committed(): void {
    this.#queues.committed();
  }

  /** Brings the table up to date. */
  readonly #settle = () => {
    this.#popped.write();
    this.#pushed.write();
  };

  #find(queue: Queue, id: Uint8Array): { seq: number; state: number } | undefined {
    let state: number | undefined;
    const seq = this.#ids.find(queue.id, id, (seq) => {
      this.#settle();
      state = this.#state.get(seq, queue.id, id)?.[0];
      return state !== undefined;
    });
    return state === undefined ? undefined : { seq, state };
  }

  #remove(queueId: number, id: Uint8Array, seq: number): void {
    this.#delete.run(seq);
    this.#ids.remove(queueId, id, seq);
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
