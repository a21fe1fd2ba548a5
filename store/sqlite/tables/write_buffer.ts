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

const INSERTED_COLUMNS = 7;

/** As many as `deleteEvents` has parameters. */
const ROWS_PER_DELETE = 16;

/** Fewer are deleted one by one, which is faster. */
const MIN_ROWS_PER_DELETE = 4;

const NO_SEQS: null[] = Array(ROWS_PER_DELETE).fill(null);

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
  #inserted: Value[] = [];
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
  readonly #insert;
  readonly #insertSome;
  readonly #insertMany;
  readonly #rightmost;
  readonly #big;
  readonly #bigSize;
  readonly #lease;
  readonly #deletePopped;
  readonly #delete;
  readonly #deleteMany;

  constructor(db: DatabaseSync) {
    this.#insert = prepare(db, "insertReadyEvents");
    this.#insertSome = prepare(db, "insertReadyEvents", ROWS_PER_SMALL_INSERT);
    this.#insertMany = prepare(db, "insertReadyEvents", ROWS_PER_INSERT);
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
    this.#inserted.push(seq, queueId, position, now, now, id, contents);
    if (this.#inserted.length === ROWS_PER_INSERT * INSERTED_COLUMNS) this.#writeInserts();
  }

  delete(seq: number): void {
    this.#deleted.push(seq);
    if (this.#deleted.length === ROWS_PER_DELETE) this.#writeDeletes();
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

  /** Writes all but deletions. */
  writeEvents(): void {
    this.writePops();
    this.#writeInserts();
  }

  write(): void {
    this.writeEvents();
    this.#writeDeletes();
  }

  clear(): void {
    this.#inserted = [];
    this.#deleted = [];
    this.#clearPops();
  }

  #writeInserts(): void {
    const values = this.#inserted;
    if (values.length === 0) return;
    this.#inserted = [];
    for (let at = 0; at < values.length;) {
      const rows = (values.length - at) / INSERTED_COLUMNS;
      const [insert, count] = rows >= ROWS_PER_INSERT
        ? [this.#insertMany, ROWS_PER_INSERT]
        : rows >= ROWS_PER_SMALL_INSERT
        ? [this.#insertSome, ROWS_PER_SMALL_INSERT]
        : [this.#insert, 1];
      insert.run(...values.slice(at, at += count * INSERTED_COLUMNS));
    }
  }

  #writeDeletes(): void {
    const seqs = this.#deleted;
    if (seqs.length === 0) return;
    this.#deleted = [];
    if (seqs.length < MIN_ROWS_PER_DELETE) { for (const seq of seqs) this.#delete.run(seq); }
    else this.#deleteMany.run(...seqs, ...NO_SEQS.slice(seqs.length));
  }

  #clearPops(): void {
    this.#rows = [];
    this.#next = 0;
    this.#popped = 0;
  }
}
