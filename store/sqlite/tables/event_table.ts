/**
 * The events of all queues. Inserts and pops are buffered until the transaction ends or something else needs the rows;
 * an index in memory finds events by id. Each method keeps rows, index and counts of queues consistent.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import type { Event, PushOptions, Side } from "../../store.ts";
import { AGAIN } from "../database/group_commit.ts";
import { BLOCKED, DELAYED_LEFT, DELAYED_RIGHT, LEASED, MAX_INLINE_BYTES, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { Clock } from "../database/clock.ts";
import type { QueueDeadlines } from "./deadlines.ts";
import { IdIndex } from "./id_index.ts";
import type { QueueEntry, QueueTable } from "./queue_table.ts";
import { GroupLines, type OtherTables } from "./group_lines.ts";
import type { Group, GroupTable } from "./group_table.ts";
import { LARGE_BYTES, type Membership, type PoppedEvent, WriteBuffer } from "./write_buffer.ts";

export interface Found extends Membership {
  seq: number;
  state: number;
  /** Of contents stored apart. */
  bigBytes: number;
  /** If it was asked for. */
  delivery?: Delivery;
}

/** Identifies a delivery; and the end of the event's time to live. */
export type Delivery = [pushedAt: number, failures: number, expires: number | null];

/** What changes when an event moves to another queue. */
export interface Transferred {
  failures: number;
  reason: Uint8Array | null;
  expires: number | null;
  /** It takes a place of its group, or is blocked until one is free. */
  joins: boolean;
}

/**
 * Large contents read and written in one transaction, in bytes; the last operation may exceed it. Its result, and the
 * write-ahead log, take some ms.
 */
export const MAX_TRANSACTION_BYTES: number = 1024 * 1024;

/** Deleting contents takes less time than reading them: mostly their pages need not be read. */
const DELETING = 1 / 2;

/** The reclaimer removes the others. */
const MAX_EXPIRED_AT_END = 250;

/** After a limit was lowered, in one operation. */
const MAX_BLOCKED_AT_END = 250;

type StateRow = [state: number, apart: 0 | 1, group: Uint8Array | null, turn: number | null, ...Partial<Delivery>];

type EndRow = [
  seq: number,
  expires: number | null,
  id: Uint8Array,
  contents: Uint8Array | null,
  group: Uint8Array | null,
  turn: number | null,
];

export class EventTable {
  readonly lines: GroupLines;
  readonly #queues: QueueTable;
  readonly #groups: GroupTable;
  readonly #clock: Clock;
  readonly #deadlines: QueueDeadlines;
  readonly #ids: IdIndex;
  readonly #buffer: WriteBuffer;
  readonly #insertBig;
  readonly #leftmost;
  readonly #rightmost;
  readonly #state;
  readonly #stateAndDelivery;
  readonly #delivery;
  readonly #transfer;
  readonly #discard;
  readonly #ofQueue;
  readonly #bigSize;
  #lastSeq: number;
  #paused = false;
  #bytesDeleted = 0;
  /** Of large contents, in this transaction. */
  bytesWritten = 0;

  constructor(db: DatabaseSync, tables: Omit<OtherTables, "events">) {
    const { queues, groups, clock, deadlines } = tables;
    this.#buffer = new WriteBuffer(db);
    this.lines = new GroupLines(db, this.#buffer, { ...tables, events: this });
    this.#queues = queues;
    this.#groups = groups;
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#ids = new IdIndex(db);
    this.#insertBig = prepare(db, "insertBigContents");
    this.#leftmost = prepare<EndRow>(db, "leftmostEvent");
    this.#rightmost = prepare<EndRow>(db, "rightmostEvent");
    this.#state = prepare<StateRow>(db, "eventState");
    this.#stateAndDelivery = prepare<StateRow>(db, "eventStateAndDelivery");
    this.#delivery = prepare<Delivery>(db, "eventDelivery");
    this.#transfer = prepare(db, "transferEvent");
    this.#discard = prepare(db, "discardEvent");
    this.#ofQueue = prepare<[seq: number, id: Uint8Array, size: number]>(db, "eventsOfQueue");
    this.#bigSize = prepare<[number]>(db, "bigContentsSize");
    this.#lastSeq = prepare<[number | null]>(db, "lastSeq").get()?.[0] ?? 0;
  }

  /** No further large contents should be read, written or deleted in this transaction. */
  get full(): boolean {
    const bytes = this.#buffer.bytesRead + this.bytesWritten + this.#bytesDeleted * DELETING;
    return this.#paused || bytes >= MAX_TRANSACTION_BYTES;
  }

  /** Call it before a statement reads or changes rows. */
  flush(): void {
    this.#buffer.write();
  }

  insertReady(queue: QueueEntry, side: Side, id: Uint8Array, contents: Uint8Array): void {
    if (side === "right") this.#buffer.writePops();
    const position = side === "left" ? queue.leftmost - 1 : queue.rightmost + 1;
    const seq = this.#nextSeq(queue, id, contents);
    this.#buffer.insert(seq, queue.id, position, this.#clock.now, id, inline(contents));
    this.#queues.addReady(queue, position);
  }

  /** Adds an event with options. */
  insert(queue: QueueEntry, side: Side, id: Uint8Array, contents: Uint8Array, options: PushOptions): void {
    if (side === "right") this.#buffer.writePops();
    const { delayMs = 0, ttlMs = 0, group = null, meta = null } = options;
    const { now } = this.#clock;
    const { id: queueId } = queue;
    const expires = ttlMs > 0 ? this.#clock.after(ttlMs) : null;
    if (expires !== null) this.#deadlines.expiry.add(queueId, expires);
    const end = side === "left" ? queue.leftmost - 1 : queue.rightmost + 1;
    const position = delayMs === 0 ? end : queue.rightmost;
    const joined = delayMs === 0 && group !== null ? this.#groups.of(queueId, group) : undefined;
    const turn = joined === undefined ? null : position;
    const delayed = side === "left" ? DELAYED_LEFT : DELAYED_RIGHT;
    const state = delayMs > 0 ? delayed : joined === undefined ? READY : this.lines.stateOnJoining(queue, joined);
    const due = this.#clock.after(delayMs);
    const seq = this.#nextSeq(queue, id, contents);
    const row = [seq, queueId, state, position, due, now, id, inline(contents), expires, group, turn, meta];
    this.#buffer.insertRow(row);
    if (joined !== undefined) this.#groups.change(joined, position, null, state);
    if (state === READY) this.#queues.addReady(queue, position);
    else if (state === BLOCKED) this.#queues.addBlocked(queue, position);
    else {
      this.#deadlines.due.add(queueId, due);
      this.#queues.addDelayed(queue);
    }
  }

  /**
   * Leases or, with 0, deletes the right-most event, unless it is larger, or large and the transaction is full. Requires
   * a ready one. Events for which the limit of their group leaves no room, because it was lowered, are blocked first.
   */
  popRightmost(queue: QueueEntry, leaseMs: number, maxBytes: number): PoppedEvent | null | typeof AGAIN {
    const due = leaseMs > 0 ? this.#clock.after(leaseMs) : 0;
    let group: Group | undefined;
    for (let events = 0;; events++) {
      const [seq, , , , , , key, turn] = this.#buffer.next(queue.id, due);
      group = turn === null ? undefined : this.#groups.of(queue.id, key!);
      if (group === undefined || this.lines.mayDeliver(queue, group)) break;
      if (events >= MAX_BLOCKED_AT_END) return AGAIN;
      this.#buffer.skip();
      this.lines.block(queue, seq, group, turn!);
      if (queue.ready === 0) return null;
    }
    const event = this.#buffer.pop(maxBytes, this.full);
    if (event === null || event === AGAIN) return event;
    if (due > 0) {
      queue.leased++;
      this.#deadlines.due.add(queue.id, due);
      this.#queues.subtract(queue, READY);
      if (group !== undefined) this.#groups.change(group, event.turn!, READY, LEASED);
    } else {
      this.#ids.remove(queue.id, event.id, event.seq);
      this.#leave(queue, READY, event);
    }
    return event;
  }

  /** Requires a ready event. */
  readEnd(queue: QueueEntry, side: Side): Event | typeof AGAIN {
    const [seq, _expires, id, inline] = this.#end(queue, side);
    if (inline === null && this.full && this.mustWait({ bigBytes: this.#bigSize.get(seq)![0] })) return AGAIN;
    return { id, contents: this.readContents(seq, inline) };
  }

  /** @param inline what the row of the event has */
  readContents(seq: number, inline: Uint8Array | null): Uint8Array {
    return this.#buffer.readContents(seq, inline);
  }

  /** @param withDelivery reads its delivery, too, in the same statement */
  find(queue: QueueEntry, id: Uint8Array, withDelivery = false): Found | undefined {
    const statement = withDelivery ? this.#stateAndDelivery : this.#state;
    let row: StateRow | undefined;
    const seq = this.#ids.find(queue.id, id, (seq) => {
      this.#buffer.writePopsAndInserts(); // what is to be deleted is not in the index
      row = statement.get(seq, queue.id, id);
      if (row?.[0] === BLOCKED && this.#buffer.writePromotions()) row = statement.get(seq, queue.id, id);
      return row !== undefined;
    });
    if (row === undefined) return undefined;
    const [state, apart, group, turn, pushedAt, failures, expires] = row;
    const delivery: Delivery | undefined = pushedAt === undefined ? undefined : [pushedAt, failures!, expires!];
    return { seq, state, bigBytes: apart === 1 ? this.#bigSize.get(seq)![0] : 0, group, turn, delivery };
  }

  /** Whether an event should be read or deleted in a later transaction. */
  mustWait({ bigBytes }: Pick<Found, "bigBytes">): boolean {
    return bigBytes >= LARGE_BYTES && this.full;
  }

  /** Whether a queue holds an id. Removes an expired event, unless it is leased. */
  holds(queue: QueueEntry, id: Uint8Array): boolean {
    const found = this.find(queue, id);
    if (found === undefined) return false;
    if (found.state === LEASED) return true;
    const [_pushedAt, _failures, expires] = this.delivery(found.seq);
    if (!this.#clock.hasReached(expires)) return true;
    this.expire(queue, id, found);
    return false;
  }

  delivery(seq: number): Delivery {
    return this.#delivery.get(seq)!;
  }

  /** To the left end of another queue. The row stays, so contents are not copied. */
  transfer(
    queue: QueueEntry,
    id: Uint8Array,
    found: Omit<Found, "bigBytes">,
    to: QueueEntry,
    change: Transferred,
  ): void {
    const { seq, state, group } = found;
    const { failures, reason, expires, joins } = change;
    const position = to.leftmost - 1;
    const joined = joins && group !== null ? this.#groups.of(to.id, group) : undefined;
    const turn = joined === undefined ? null : position;
    const newState = joined === undefined ? READY : this.lines.stateOnJoining(to, joined);
    this.#transfer.run(seq, to.id, newState, position, this.#clock.now, failures, reason, expires, turn);
    this.#ids.remove(queue.id, id, seq);
    this.#ids.add(to.id, id, seq);
    if (expires !== null) this.#deadlines.expiry.add(to.id, expires);
    if (joined !== undefined) this.#groups.change(joined, position, null, newState);
    if (newState === READY) this.#queues.addReady(to, position);
    else this.#queues.addBlocked(to, position);
    this.#leave(queue, state, found);
  }

  remove(queue: QueueEntry, id: Uint8Array, found: Found): void {
    const { seq, state, bigBytes } = found;
    this.#buffer.delete(seq);
    this.#forget(queue.id, id, seq, bigBytes);
    this.#leave(queue, state, found);
  }

  /** Removes an event, and leaves its row and contents to the cleanup. */
  discard(queue: QueueEntry, id: Uint8Array, found: Found): void {
    const { seq, state } = found;
    const flushedId = this.#queues.flushedId();
    this.#discard.run(seq, flushedId);
    this.#ids.remove(queue.id, id, seq);
    this.#ids.add(flushedId, id, seq);
    this.#leave(queue, state, found);
  }

  expire(queue: QueueEntry, id: Uint8Array, found: Found): void {
    this.remove(queue, id, found);
    queue.counts.expired++;
  }

  /** Removes expired events, up to the first that is not. Returns false after some, if there may be more. */
  expireAtEnd(queue: QueueEntry, side: Side): boolean {
    if (this.#clock.now < this.#deadlines.expiry.of(queue.id)) return true;
    for (let events = 0; queue.ready > 0; events++) {
      const [seq, expires, id, contents, group, turn] = this.#end(queue, side);
      if (!this.#clock.hasReached(expires)) return true;
      const bigBytes = contents === null ? this.#bigSize.get(seq)![0] : 0;
      if (events >= MAX_EXPIRED_AT_END || this.mustWait({ bigBytes })) return false;
      this.expire(queue, id, { seq, state: READY, bigBytes, group, turn });
    }
    return true;
  }

  /** Deletes events until the transaction is full; leaves the queue's counts unchanged. Returns whether all are deleted. */
  deleteRows(queueId: number, limit: number): boolean {
    this.flush();
    const rows = this.#ofQueue.all(queueId, limit);
    for (const [seq, id, bigBytes] of rows) {
      if (this.mustWait({ bigBytes })) return false;
      this.#buffer.delete(seq);
      this.#forget(queueId, id, seq, bigBytes);
    }
    this.flush();
    return rows.length < limit;
  }

  onBegin(paused: boolean): void {
    this.lines.onBegin();
    this.#paused = paused;
    this.#buffer.bytesRead = 0;
    this.bytesWritten = 0;
    this.#bytesDeleted = 0;
    this.#ids.onBegin();
  }

  onRollback(): void {
    this.#buffer.clear();
    this.#ids.onRollback();
  }

  /** Counts an event that is gone from a queue, and gives its place to the next of its group. */
  #leave(queue: QueueEntry, state: number, { group, turn }: Membership): void {
    this.#queues.subtract(queue, state);
    if (turn === null) return;
    const left = this.#groups.of(queue.id, group!);
    this.#groups.change(left, turn, state, null);
    if (state !== BLOCKED) this.lines.promote(queue, left);
  }

  #nextSeq(queue: QueueEntry, id: Uint8Array, contents: Uint8Array): number {
    const seq = ++this.#lastSeq;
    if (contents.length > MAX_INLINE_BYTES) {
      this.#insertBig.run(seq, contents);
      if (contents.length >= LARGE_BYTES) this.bytesWritten += contents.length;
    }
    this.#ids.add(queue.id, id, seq);
    return seq;
  }

  #forget(queueId: number, id: Uint8Array, seq: number, bigBytes: number): void {
    this.#ids.remove(queueId, id, seq);
    if (bigBytes >= LARGE_BYTES) this.#bytesDeleted += bigBytes;
  }

  #end(queue: QueueEntry, side: Side): EndRow {
    this.flush();
    return (side === "left" ? this.#leftmost : this.#rightmost).get(queue.id)!;
  }
}

function inline(contents: Uint8Array): Uint8Array | null {
  return contents.length > MAX_INLINE_BYTES ? null : contents;
}
