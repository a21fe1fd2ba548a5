/**
 * Buffers pops within a transaction, so that one statement reads many events and one leases or deletes them.
 *
 * Popped events are the right-most of their queue, so they are all those from some position on, until anything else
 * changes there. So call {@linkcode PopBuffer.write} before reading the table or adding an event on the right.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import type { Event } from "../../store.ts";
import { prepare } from "../database/statements.ts";

/** The largest number of rows read at once. The first pop of a transaction reads one, and each read twice as many. */
const MAX_ROWS = 64;

type Row = [
  seq: number,
  position: number,
  id: Uint8Array,
  contents: Uint8Array | null,
  pushedAt: number,
  failures: number,
];

/** A popped event, with the parts of its receipt. */
export interface PoppedEvent extends Event {
  seq: number;
  pushedAt: number;
  /** The number of its deliveries that have ended. */
  failures: number;
}

/** The right end of one queue. */
export class PopBuffer {
  #queueId = 0;
  #due = 0;
  #rows: Row[] = [];
  /** How many of the rows were popped. */
  #popped = 0;
  readonly #rightmost;
  readonly #big;
  readonly #lease;
  readonly #delete;

  constructor(db: DatabaseSync) {
    this.#rightmost = prepare<Row>(db, "rightmostEvents");
    this.#big = prepare<[Uint8Array]>(db, "bigContents");
    this.#lease = prepare(db, "leasePopped");
    this.#delete = prepare(db, "deletePopped");
  }

  /**
   * Pops the right-most event of a queue that has a ready one.
   *
   * @param due when its lease ends, or 0 to delete it
   * @param flush called before rows are read, so that all of them are in the table
   */
  pop(queueId: number, due: number, flush: () => void): PoppedEvent {
    let wanted = this.#rows.length * 2;
    if (queueId !== this.#queueId || due !== this.#due) {
      this.write();
      wanted = 1;
    }
    if (this.#popped === this.#rows.length) {
      this.write();
      flush();
      this.#rows = this.#rightmost.all(queueId, Math.min(Math.max(wanted, 1), MAX_ROWS));
      this.#queueId = queueId;
      this.#due = due;
    }
    const [seq, _position, id, contents, pushedAt, failures] = this.#rows[this.#popped++];
    return { seq, id, contents: contents ?? this.#big.get(seq)![0], pushedAt, failures };
  }

  /** Leases or deletes the popped events in the table. */
  write(): void {
    if (this.#popped === 0) return;
    const [_seq, position] = this.#rows[this.#popped - 1];
    if (this.#due === 0) this.#delete.run(this.#queueId, position);
    else this.#lease.run(this.#queueId, position, this.#due);
    this.clear();
  }

  /** Drops what is buffered. */
  clear(): void {
    this.#rows = [];
    this.#popped = 0;
  }
}
