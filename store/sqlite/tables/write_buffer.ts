/**
 * Buffers pushes, pops and deletions within a transaction, so that one statement inserts, reads, leases or deletes many
 * rows: each call of a statement takes as long as a row or two.
 *
 * Popped events are the right-most of their queue: all those from some position on, until anything else changes there.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import type { Event } from "../../store.ts";
import { AGAIN } from "../database/group_commit.ts";
import { prepare, type Value } from "../database/statements.ts";

/** More gains little. */
const ROWS_PER_INSERT = 16;

/** For what is left at the end. */
const ROWS_PER_SMALL_INSERT = 4;

/** As many as `deleteEvents` and `promoteEvents` have parameters for. */
const ROWS_PER_CHANGE = 16;

/** Fewer are changed one by one, which is faster. */
const MIN_ROWS_PER_CHANGE = 4;

const NO_VALUES: null[] = Array(2 * ROWS_PER_CHANGE).fill(null);

const MAX_ROWS_PER_READ = 64;

/** Contents from this size on are large: the time that they take depends on their size. */
export const LARGE_BYTES: number = 16 * 1024;

/** Of an event in its group. */
export interface Membership {
  /** Null without one. */
  group: Uint8Array | null;
  /** Null if it takes no place. */
  turn: number | null;
}

export type Row = [
  seq: number,
  position: number,
  id: Uint8Array,
  contents: Uint8Array | null,
  pushedAt: number,
  failures: number,
  group: Uint8Array | null,
  turn: number | null,
  meta: Uint8Array | null,
];

export interface PoppedEvent extends Event, Membership {
  seq: number;
  pushedAt: number;
  failures: number;
  meta: Uint8Array | null;
}

/** Call {@linkcode WriteBuffer.write} before reading the table. */
export class WriteBuffer {
  /** Of large contents, since it was set to 0. */
  bytesRead = 0;
  /** Ready events without options, which are most. */
  readonly #plain: Inserts;
  readonly #others: Inserts;
  /** Turn and position of each blocked event that becomes ready, of one queue. */
  #promoted: number[] = [];
  #promotedQueueId = 0;
  #promotedAt = 0;
  /** `seq` of each row to be deleted. */
  #deleted: number[] = [];
  /** Rows of the queue of the last pop, of which some were popped. */
  #rows: Row[] = [];
  #next = 0;
  /** Events popped since pops were last written. */
  #popped = 0;
  /** Position of the last of them. */
  #lowest = 0;
  #queueId = 0;
  #due = 0;
  /** Number of pops written last: so many rows the next pop reads. */
  #expected = 1;
  readonly #promote;
  readonly #promoteMany;
  readonly #rightmost;
  readonly #big;
  readonly #bigSize;
  readonly #lease;
  readonly #deletePopped;
  readonly #delete;
  readonly #deleteMany;

  constructor(db: DatabaseSync) {
    this.#plain = new Inserts(db, "insertReadyEvents", 7);
    this.#others = new Inserts(db, "insertEvents", 12);
    this.#promote = prepare(db, "promoteEvent");
    this.#promoteMany = prepare(db, "promoteEvents");
    this.#rightmost = prepare<Row>(db, "rightmostEvents");
    this.#big = prepare<[Uint8Array]>(db, "bigContents");
    this.#bigSize = prepare<[number]>(db, "bigContentsSize");
    this.#lease = prepare(db, "leasePopped");
    this.#deletePopped = prepare(db, "deletePopped");
    this.#delete = prepare(db, "deleteEvent");
    this.#deleteMany = prepare(db, "deleteEvents");
  }

  /** `contents` is null if they are stored elsewhere. */
  insert(seq: number, queueId: number, position: number, now: number, id: Uint8Array, contents: Value): void {
    this.#plain.values.push(seq, queueId, position, now, now, id, contents);
    this.#plain.writeIfFull();
  }

  /** Inserts an event with options: all values that `insertEvents` takes. */
  insertRow(values: Value[]): void {
    this.#others.values.push(...values);
    this.#others.writeIfFull();
  }

  /** Has the blocked event with a turn become ready. */
  promote(queueId: number, turn: number, position: number, now: number): void {
    if (queueId !== this.#promotedQueueId || this.#promoted.length === 2 * ROWS_PER_CHANGE) this.writePromotions();
    this.#promotedQueueId = queueId;
    this.#promotedAt = now;
    this.#promoted.push(turn, position);
  }

  delete(seq: number): void {
    this.#deleted.push(seq);
    if (this.#deleted.length === ROWS_PER_CHANGE) this.#writeDeletes();
  }

  /**
   * Reads the right-most event of a queue that has a ready one.
   *
   * @param due when its lease will end, or 0 if it will be deleted
   */
  next(queueId: number, due: number): Row {
    if (queueId !== this.#queueId || due !== this.#due) this.writePops();
    if (this.#next === this.#rows.length) {
      this.#writeDeletes();
      this.#writeInserts();
      this.writePromotions();
      const limit = Math.min(this.#popped || this.#expected, MAX_ROWS_PER_READ);
      this.#rows = this.#rightmost.all(queueId, limit, this.#popped > 0 ? this.#lowest : Number.MAX_SAFE_INTEGER);
      this.#next = 0;
      this.#queueId = queueId;
      this.#due = due;
    }
    return this.#rows[this.#next];
  }

  /** Leaves out the event that was read: another statement changes it. */
  skip(): void {
    this.#next++;
  }

  /**
   * Pops the event that was read, or returns null if its contents have more bytes.
   *
   * @param full large contents must not be read in this transaction
   */
  pop(maxBytes: number, full: boolean): PoppedEvent | null | typeof AGAIN {
    const [seq, position, id, contents, pushedAt, failures, group, turn, meta] = this.#rows[this.#next];
    if (full || maxBytes < Infinity) {
      const size = contents?.length ?? this.#bigSize.get(seq)![0];
      if (size > maxBytes) return null;
      if (full && size >= LARGE_BYTES) return AGAIN;
    }
    this.#next++;
    this.#popped++;
    this.#lowest = position;
    return { seq, id, contents: this.readContents(seq, contents), pushedAt, failures, group, turn, meta };
  }

  /** @param inline what the row of the event has */
  readContents(seq: number, inline: Uint8Array | null): Uint8Array {
    const contents = inline ?? this.#big.get(seq)![0];
    if (contents.length >= LARGE_BYTES) this.bytesRead += contents.length;
    return contents;
  }

  /** Leases or deletes the popped rows. Call it before adding anything on the right. */
  writePops(): void {
    if (this.#popped > 0) {
      if (this.#due === 0) this.#deletePopped.run(this.#queueId, this.#lowest);
      else this.#lease.run(this.#queueId, this.#lowest, this.#due);
      this.#expected = this.#popped;
    }
    this.#clearPops();
  }

  writePopsAndInserts(): void {
    this.writePops();
    this.#writeInserts();
  }

  /** Returns whether there were any. */
  writePromotions(): boolean {
    const promoted = this.#promoted;
    if (promoted.length === 0) return false;
    this.#promoted = [];
    this.#writeInserts();
    const [queueId, now] = [this.#promotedQueueId, this.#promotedAt];
    if (promoted.length < 2 * MIN_ROWS_PER_CHANGE) {
      for (let i = 0; i < promoted.length; i += 2) this.#promote.run(queueId, now, promoted[i], promoted[i + 1]);
    } else this.#promoteMany.run(queueId, now, ...promoted, ...NO_VALUES.slice(promoted.length));
    return true;
  }

  /** Writes all but deletions. */
  writeEvents(): void {
    this.writePopsAndInserts();
    this.writePromotions();
  }

  write(): void {
    this.writeEvents();
    this.#writeDeletes();
  }

  clear(): void {
    this.#plain.values = [];
    this.#others.values = [];
    this.#promoted = [];
    this.#deleted = [];
    this.#clearPops();
  }

  #writeInserts(): void {
    this.#plain.write();
    this.#others.write();
  }

  #writeDeletes(): void {
    const seqs = this.#deleted;
    if (seqs.length === 0) return;
    this.#deleted = [];
    if (seqs.length < MIN_ROWS_PER_CHANGE) { for (const seq of seqs) this.#delete.run(seq); }
    else this.#deleteMany.run(...seqs, ...NO_VALUES.slice(0, ROWS_PER_CHANGE - seqs.length));
  }

  #clearPops(): void {
    this.#rows = [];
    this.#next = 0;
    this.#popped = 0;
  }
}

/** Rows to be inserted by one statement. */
export class Inserts {
  /** Of all rows. */
  values: Value[] = [];
  readonly #columns;
  readonly #one;
  readonly #some;
  readonly #many;

  /** @param name of a statement that inserts a row of so many columns */
  constructor(db: DatabaseSync, name: string, columns: number) {
    this.#columns = columns;
    this.#one = prepare(db, name);
    this.#some = prepare(db, name, ROWS_PER_SMALL_INSERT);
    this.#many = prepare(db, name, ROWS_PER_INSERT);
  }

  writeIfFull(): void {
    if (this.values.length === ROWS_PER_INSERT * this.#columns) this.write();
  }

  write(): void {
    const { values } = this;
    if (values.length === 0) return;
    this.values = [];
    for (let at = 0; at < values.length;) {
      const rows = (values.length - at) / this.#columns;
      const [insert, count] = rows >= ROWS_PER_INSERT
        ? [this.#many, ROWS_PER_INSERT]
        : rows >= ROWS_PER_SMALL_INSERT
        ? [this.#some, ROWS_PER_SMALL_INSERT]
        : [this.#one, 1];
      insert.run(...values.slice(at, at += count * this.#columns));
    }
  }
}
