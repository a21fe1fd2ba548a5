/**
 * What producers and consumers do with events. Each method is a part of the current transaction.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { MAX_CLAIM_COUNT } from "../../limits.ts";
import { type Claimed, type Event, type PushOptions, QueueFull, type Side } from "../../store.ts";
import type { PoppedEvent } from "../tables/pop_buffer.ts";
import { type QueueEntry, type QueueTable, totalOf } from "../tables/queue_table.ts";
import { isReceipt, makeReceipt } from "./receipt.ts";
import { DELAYED_LEFT, DELAYED_RIGHT, type EventTable, LEASED, READY } from "../tables/event_table.ts";
import { prepare } from "../database/statements.ts";

/** Contents up to this many bytes stand in the row of their event. */
export const INLINE_BYTES = 256;

/** A queue with more events than this is flushed by dropping its number: removing them takes some µs each. */
const FLUSHED_AT_ONCE = 2_000;

type EndRow = [seq: number, id: Uint8Array, contents: Uint8Array | null, expires: number | null];

/** The events of all queues. */
export class EventOperations {
  readonly #rows: EventTable;
  readonly #queues: QueueTable;
  readonly #insertWith;
  readonly #insertBig;
  readonly #leftmost;
  readonly #rightmost;
  readonly #big;
  readonly #some;
  readonly #insertFlushed;
  #lastSeq: number;

  constructor(db: DatabaseSync, rows: EventTable) {
    this.#rows = rows;
    this.#queues = rows.queues;
    this.#insertWith = prepare(db, "insertEventWith");
    this.#insertBig = prepare(db, "insertBigContents");
    this.#leftmost = prepare<EndRow>(db, "leftmostEvent");
    this.#rightmost = prepare<EndRow>(db, "rightmostEvent");
    this.#big = prepare<[Uint8Array]>(db, "bigContents");
    this.#some = prepare<[number, Uint8Array]>(db, "someEvents");
    this.#insertFlushed = prepare(db, "insertFlushed");
    this.#lastSeq = prepare<[number | null]>(db, "lastEvent").get()?.[0] ?? 0;
  }

  push(name: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): boolean | QueueFull {
    const rows = this.#rows;
    const queue = this.#queues.findOrCreate(name);
    if (rows.holds(queue, id)) return false;
    if (rows.isFull(queue)) return new QueueFull();
    const seq = ++this.#lastSeq;
    const big = contents.length > INLINE_BYTES;
    const kept = big ? null : contents;
    if (side === "right") rows.popBuffer.write();
    if (options?.delayMs || options?.ttlMs) this.#pushWith(queue, seq, id, kept, side, options);
    else {
      const place = side === "left" ? queue.leftmost - 1 : queue.rightmost + 1;
      rows.insertBuffer.add(seq, queue.id, place, rows.now, id, kept);
      rows.arrived(queue, place);
    }
    if (big) this.#insertBig.run(seq, contents);
    rows.ids.add(queue.id, id, seq);
    queue.counts.pushed++;
    return true;
  }

  peek(name: Uint8Array, side: Side): Event | null {
    const queue = this.#queues.find(name);
    if (queue === undefined) return null;
    this.expireAtEnd(queue, side);
    if (queue.ready === 0) return null;
    this.#rows.flush();
    const [seq, id, contents] = this.#atEnd(queue, side)!;
    return { id, contents: contents ?? this.#big.get(seq)![0] };
  }

  pop(name: Uint8Array, leaseMs?: number): Event | null {
    const queue = this.#queues.find(name);
    return (queue && this.#take(queue, leaseMs)) ?? null;
  }

  claim(name: Uint8Array, most: number, leaseMs?: number): Claimed[] {
    const claimed: Claimed[] = [];
    const queue = this.#queues.find(name);
    for (let n = Math.min(most, MAX_CLAIM_COUNT); queue !== undefined && n > 0; n--) {
      const taken = this.#take(queue, leaseMs);
      if (taken === null) break;
      const { id, contents, arrived, failures, seq } = taken;
      claimed.push({ id, contents, attempt: failures + 1, receipt: makeReceipt(arrived, seq, failures) });
    }
    return claimed;
  }

  ack(name: Uint8Array, id: Uint8Array, receipt?: Uint8Array): number {
    const rows = this.#rows;
    const queue = this.#queues.find(name);
    const found = queue && rows.find(queue, id);
    if (!found) return 0;
    if (receipt && !(found.state === LEASED && isReceipt(receipt, found.seq, rows.delivery(found.seq)))) return 0;
    rows.remove(queue, id, found);
    queue!.counts.acked++;
    return 1;
  }

  flush(name: Uint8Array): void {
    const queue = this.#queues.find(name);
    if (queue === undefined) return;
    if (totalOf(queue) > FLUSHED_AT_ONCE) {
      this.#insertFlushed.run(queue.id);
      this.#queues.drop(queue);
      return;
    }
    this.removeSome(queue.id, FLUSHED_AT_ONCE);
    queue.ready =
      queue.leased =
      queue.delayed =
      queue.arrivals =
        0;
    this.#queues.touch(queue);
  }

  /** Removes up to `limit` events that bear the number of that queue, and returns how many it found. */
  removeSome(queueId: number, limit: number): number {
    this.#rows.flush();
    const rows = this.#some.all(queueId, limit);
    for (const [seq, id] of rows) this.#rows.delete(queueId, id, seq);
    return rows.length;
  }

  #pushWith(
    queue: QueueEntry,
    seq: number,
    id: Uint8Array,
    kept: Uint8Array | null,
    side: Side,
    options: PushOptions,
  ): void {
    const rows = this.#rows;
    const { delayMs = 0, ttlMs = 0 } = options;
    const expires = ttlMs > 0 ? rows.after(ttlMs) : null;
    if (expires !== null) rows.nextExpiry = Math.min(rows.nextExpiry, expires);
    const end = side === "left" ? queue.leftmost - 1 : queue.rightmost + 1;
    const place = delayMs === 0 ? end : queue.rightmost;
    const state = delayMs === 0 ? READY : side === "left" ? DELAYED_LEFT : DELAYED_RIGHT;
    this.#insertWith.run(seq, queue.id, state, place, rows.after(delayMs), rows.now, id, kept, expires);
    if (state === READY) return rows.arrived(queue, place);
    queue.delayed++;
    this.#queues.touch(queue);
  }

  #take(queue: QueueEntry, wanted?: number): PoppedEvent | null {
    const rows = this.#rows;
    if (rows.policies.isPaused(queue.key)) return null;
    this.expireAtEnd(queue, "right");
    if (queue.ready === 0) return null;
    const leaseMs = wanted ?? rows.policies.of(queue.key).leaseMs;
    const taken = rows.popBuffer.take(queue.id, leaseMs > 0 ? rows.after(leaseMs) : 0, rows.flush);
    if (leaseMs > 0) queue.leased++;
    else {
      rows.ids.remove(queue.id, taken.id, taken.seq);
      queue.counts.acked++;
    }
    rows.left(queue, READY);
    return taken;
  }

  /** Removes events at one end whose time is up, until there is one to be delivered. */
  expireAtEnd(queue: QueueEntry, side: Side): void {
    const rows = this.#rows;
    if (rows.now < rows.nextExpiry) return;
    while (queue.ready > 0) {
      rows.flush();
      const [seq, id, , expires] = this.#atEnd(queue, side)!;
      if (!rows.isExpired(expires)) return;
      rows.expire(queue, id, { seq, state: READY });
    }
  }

  #atEnd(queue: QueueEntry, side: Side): EndRow | undefined {
    return (side === "left" ? this.#leftmost : this.#rightmost).get(queue.id);
  }
}
