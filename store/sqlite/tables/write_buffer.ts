/**
 * Buffers pushes and pops within a transaction, so that one statement inserts, reads, leases or deletes many rows.
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

const INSERTED_COLUMNS = 7;

/** The first pop of a transaction reads one row, each further read twice as many. */
const MAX_ROWS_PER_READ = 64;

/** Contents from this size on are large: the time that they take depends on their size. */
export const LARGE_BYTES: number = 16 * 1024;

type Row = [
  seq: number,
  position: number,
  id: Uint8Array,
  contents: Uint8Array | null,
  pushedAt: number,
  failures: number,
];

export interface PoppedEvent extends Event {
  seq: number;
  pushedAt: number;
  failures: number;
}

/** Call {@linkcode WriteBuffer.write} before reading the table. */
export class WriteBuffer {
  /** Of large contents, since it was set to 0. */
  bytesRead = 0;
  #inserted: Value[] = [];
  /** Right end of the queue of the last pop, of which some were popped. */
  #rows: Row[] = [];
  #popped = 0;
  #queueId = 0;
  #due = 0;
  readonly #insert;
  readonly #insertMany;
  readonly #rightmost;
  readonly #big;
  readonly #bigSize;
  readonly #lease;
  readonly #delete;

  constructor(db: DatabaseSync) {
    this.#insert = prepare(db, "insertReadyEvents");
    this.#insertMany = prepare(db, "insertReadyEvents", ROWS_PER_INSERT);
    this.#rightmost = prepare<Row>(db, "rightmostEvents");
    this.#big = prepare<[Uint8Array]>(db, "bigContents");
    this.#bigSize = prepare<[number]>(db, "bigContentsSize");
    this.#lease = prepare(db, "leasePopped");
    this.#delete = prepare(db, "deletePopped");
  }

  /** `contents` is null if they are stored elsewhere. */
  insert(seq: number, queueId: number, position: number, now: number, id: Uint8Array, contents: Value): void {
    this.#inserted.push(seq, queueId, position, now, now, id, contents);
    if (this.#inserted.length < ROWS_PER_INSERT * INSERTED_COLUMNS) return;
    this.#insertMany.run(...this.#inserted);
    this.#inserted = [];
  }

  /**
   * Pops the right-most event of a queue that has a ready one, or returns null if its contents have more bytes.
   *
   * @param due when its lease ends, or 0 to delete it
   * @param full large contents must not be read in this transaction
   */
  pop(queueId: number, due: number, maxBytes: number, full: boolean): PoppedEvent | null | typeof AGAIN {
    if (queueId !== this.#queueId || due !== this.#due) this.writePops();
    if (this.#popped === this.#rows.length) {
      const limit = Math.min(Math.max(this.#rows.length * 2, 1), MAX_ROWS_PER_READ);
      this.write();
      this.#rows = this.#rightmost.all(queueId, limit);
      this.#queueId = queueId;
      this.#due = due;
    }
    const [seq, _position, id, contents, pushedAt, failures] = this.#rows[this.#popped];
    if (full || maxBytes < Infinity) {
      const size = contents?.length ?? this.#bigSize.get(seq)![0];
      if (size > maxBytes) return null;
      if (full && size >= LARGE_BYTES) return AGAIN;
    }
    this.#popped++;
    return { seq, id, contents: this.readContents(seq, contents), pushedAt, failures };
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
      const [_seq, position] = this.#rows[this.#popped - 1];
      if (this.#due === 0) this.#delete.run(this.#queueId, position);
      else this.#lease.run(this.#queueId, position, this.#due);
    }
    this.#clearPops();
  }

  write(): void {
    this.writePops();
    if (this.#inserted.length === 0) return;
    const values = this.#inserted;
    this.#inserted = [];
    for (let i = 0; i < values.length; i += INSERTED_COLUMNS) {
      this.#insert.run(...values.slice(i, i + INSERTED_COLUMNS));
    }
  }

  clear(): void {
    this.#inserted = [];
    this.#clearPops();
  }

  #clearPops(): void {
    this.#rows = [];
    this.#popped = 0;
  }
}
