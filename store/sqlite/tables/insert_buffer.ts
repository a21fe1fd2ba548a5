/**
 * Rows of pushed events, held back within their transaction so that one statement inserts many.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { prepare, type Value } from "../database/statements.ts";

/** Rows that one statement inserts: more gain little. */
const ROWS_PER_INSERT = 16;

const COLUMNS = 7;

/** The rows that are not in the table yet. Whoever reads the table calls {@linkcode InsertBuffer.write} first. */
export class InsertBuffer {
  #values: Value[] = [];
  readonly #insert;
  readonly #insertMany;

  constructor(db: DatabaseSync) {
    this.#insert = prepare(db, "insertEvent");
    this.#insertMany = prepare(db, "insertEvent", ROWS_PER_INSERT);
  }

  /** Holds back a row; `contents` is null if they are elsewhere. */
  add(seq: number, queue: number, place: number, now: number, id: Uint8Array, contents: Uint8Array | null): void {
    this.#values.push(seq, queue, place, now, now, id, contents);
    if (this.#values.length < ROWS_PER_INSERT * COLUMNS) return;
    this.#insertMany.run(...this.#values);
    this.#values = [];
  }

  /** Inserts what is held back. */
  write(): void {
    if (this.#values.length === 0) return;
    const values = this.#values;
    this.#values = [];
    for (let i = 0; i < values.length; i += COLUMNS) this.#insert.run(...values.slice(i, i + COLUMNS));
  }

  /** Drops what is held back. */
  clear(): void {
    this.#values = [];
  }
}
