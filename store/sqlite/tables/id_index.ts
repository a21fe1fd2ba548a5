/**
 * Where the event of an id is, in memory: a hash table from (queue, id) to the `seq` of the row.
 *
 * On disk this would be an index, and the slowest part of the store by far: ids come in no order, so nearly every push
 * and every acknowledgement would write a page of its own into the log. One process owns the file, so memory will do. It
 * takes 16 to 32 bytes for each event whatever the length of its id, because only a hash is kept: the row has the last
 * word on whether it is the id that was meant. The table is filled from the rows when the file is opened.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { HashTable } from "./hash_table.ts";
import { prepare } from "../database/statements.ts";

/** Rows read at a time when the file is opened. */
const ROWS_PER_READ = 5_000;

/** A table that is full is rebuilt, which must not take long; so there are many small ones. */
const TABLES = 256;

/** Finds events by queue and id. */
export class IdIndex {
  readonly #tables = Array.from({ length: TABLES }, () => new HashTable());
  /** So that nobody can choose ids that all have the same hash. */
  readonly #seed = crypto.getRandomValues(new Int32Array(1))[0];
  /** What this transaction did, to be undone: pairs of a hash and a `seq`, which is negative where it was removed. */
  #done: number[] = [];

  /** Reads all ids that the file holds, about a million in two seconds. */
  constructor(db: DatabaseSync) {
    const read = prepare<[number, number, Uint8Array]>(db, "idsOfEvents");
    for (let after = 0, rows; (rows = read.all(after, ROWS_PER_READ)).length > 0; after = rows.at(-1)![0]) {
      for (const [seq, queue, id] of rows) this.#add(this.#hash(queue, id), seq);
    }
  }

  /** The first `seq` that may belong to the id and of which `isIt` says that it does, or 0. */
  find(queue: number, id: Uint8Array, isIt: (seq: number) => boolean): number {
    const hash = this.#hash(queue, id);
    return this.#tableOf(hash).find(hash, isIt);
  }

  /** Notes where the event of an id is. */
  add(queue: number, id: Uint8Array, seq: number): void {
    const hash = this.#hash(queue, id);
    this.#add(hash, seq);
    this.#done.push(hash, seq);
  }

  /** Forgets an event. */
  remove(queue: number, id: Uint8Array, seq: number): void {
    const hash = this.#hash(queue, id);
    this.#tableOf(hash).remove(hash, seq);
    this.#done.push(hash, -seq);
  }

  /** From here on counts what {@linkcode IdIndex.undo} undoes. */
  begun(): void {
    this.#done = [];
  }

  /** Undoes what was done in this transaction. */
  undo(): void {
    for (let i = this.#done.length - 2; i >= 0; i -= 2) {
      const hash = this.#done[i];
      const seq = this.#done[i + 1];
      if (seq > 0) this.#tableOf(hash).remove(hash, seq);
      else this.#add(hash, -seq);
    }
    this.#done = [];
  }

  #add(hash: number, seq: number): void {
    this.#tableOf(hash).add(hash, seq);
  }

  #tableOf(hash: number): HashTable {
    return this.#tables[hash >>> 24];
  }

  /** FNV-1a from a start that is ours alone, and the last steps of MurmurHash3, which spread it over all 32 bits. */
  #hash(queue: number, id: Uint8Array): number {
    let hash = this.#seed ^ Math.imul(queue, 0x9e3779b1);
    for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id[i], 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}
