/**
 * Popped events, held back within their transaction so that one statement reads many and one leases or removes them.
 *
 * They are the right-most of a queue, so they are all those from some place on, until anything else happens there. That
 * is why whoever reads the table, or adds an event on the right, calls {@linkcode PopBuffer.write} first.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import type { Event } from "../../store.ts";
import { prepare } from "../database/statements.ts";

/** The most rows read at once. The first pop of a transaction reads one, and each time it is twice as many. */
const MOST_ROWS = 64;

type Row = [
  seq: number,
  place: number,
  id: Uint8Array,
  contents: Uint8Array | null,
  arrived: number,
  failures: number,
];

/** An event that was taken, and what its receipt is made of. */
export interface PoppedEvent extends Event {
  /** Its row. */
  seq: number;
  /** When it was pushed, in ms. */
  arrived: number;
  /** How many deliveries before have ended. */
  failures: number;
}

/** The right end of one queue. */
export class PopBuffer {
  #queue = 0;
  #due = 0;
  #rows: Row[] = [];
  #taken = 0;
  readonly #rightmost;
  readonly #big;
  readonly #lease;
  readonly #delete;

  constructor(db: DatabaseSync) {
    this.#rightmost = prepare<Row>(db, "rightmostEvents");
    this.#big = prepare<[Uint8Array]>(db, "bigContents");
    this.#lease = prepare(db, "leaseEvents");
    this.#delete = prepare(db, "deletePopped");
  }

  /**
   * Takes the right-most event of a queue that has some.
   *
   * @param due when its lease ends, or 0 to remove it
   * @param settle called before rows are read, so that all of them are in the table
   */
  take(queue: number, due: number, settle: () => void): PoppedEvent {
    let wanted = this.#rows.length * 2;
    if (queue !== this.#queue || due !== this.#due) {
      this.write();
      wanted = 1;
    }
    if (this.#taken === this.#rows.length) {
      this.write();
      settle();
      this.#rows = this.#rightmost.all(queue, Math.min(Math.max(wanted, 1), MOST_ROWS));
      this.#queue = queue;
      this.#due = due;
    }
    const [seq, , id, contents, arrived, failures] = this.#rows[this.#taken++];
    return { seq, id, contents: contents ?? this.#big.get(seq)![0], arrived, failures };
  }

  /** Leases or removes in the table what was taken. */
  write(): void {
    if (this.#taken === 0) return;
    const place = this.#rows[this.#taken - 1][1];
    if (this.#due === 0) this.#delete.run(this.#queue, place);
    else this.#lease.run(this.#queue, place, this.#due);
    this.clear();
  }

  /** Drops what is held back. */
  clear(): void {
    this.#rows = [];
    this.#taken = 0;
  }
}
