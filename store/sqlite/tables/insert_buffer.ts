/**
 * Buffers the rows of pushed events within a transaction, so that one statement inserts many.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { prepare, type Value } from "../database/statements.ts";

/** The number of rows that one statement inserts; more gains little. */
const ROWS_PER_INSERT = 16;

const COLUMNS = 7;

/** Rows of ready events that are not in the table yet. Call {@linkcode InsertBuffer.write} before reading the table. */
export class InsertBuffer {
  #values: Value[] = [];
  readonly #insert;
  readonly #insertMany;

  constructor(db: DatabaseSync) {
    this.#insert = prepare(db, "insertReadyEvents");
    this.#insertMany = prepare(db, "insertReadyEvents", ROWS_PER_INSERT);
  }

  /** Adds a row. `contents` is null if they are stored elsewhere. */
  add(seq: number, queueId: number, position: number, now: number, id: Uint8Array, contents: Uint8Array | null): void {
    this.#values.push(seq, queueId, position, now, now, id, contents);
    if (this.#values.length < ROWS_PER_INSERT * COLUMNS) return;
    this.#insertMany.run(...this.#values);
    this.#values = [];
  }

  /** Inserts the buffered rows. */
  write(): void {
    if (this.#values.length === 0) return;
    const values = this.#values;
    this.#values = [];
    for (let i = 0; i < values.length; i += COLUMNS) this.#insert.run(...values.slice(i, i + COLUMNS));
  }

  /** Drops the buffered rows. */
  clear(): void {
    this.#values = [];
  }
}
