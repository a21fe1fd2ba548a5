/**
 * Finds events by id, in memory: hash tables from (queue, id) to the `seq` of the row.
 *
 * An index on disk would be by far the slowest part of the store: ids come in no order, so nearly every push and
 * acknowledgement would write a page of its own to the log. One process owns the file, so memory is enough: 16 to 32
 * bytes an event, because only a hash is kept, and the row decides.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { prepare } from "../database/statements.ts";

const ROWS_PER_READ = 5_000;

/** Many, because a full one is rebuilt at once. */
const TABLES = 256;

const MIN_SLOTS = 8;

export class IdIndex {
  readonly #tables = Array.from({ length: TABLES }, () => new HashTable());
  /** Random, so that no client can choose ids with equal hashes. */
  readonly #seed = crypto.getRandomValues(new Int32Array(1))[0];
  /** Of this transaction: pairs of a hash and a `seq`, negative if removed. */
  #changes: number[] = [];

  /** Reads the ids of all events: a million in about two seconds. */
  constructor(db: DatabaseSync) {
    const read = prepare<[seq: number, queueId: number, id: Uint8Array]>(db, "eventIds");
    for (let after = 0, rows; (rows = read.all(after, ROWS_PER_READ)).length > 0;) {
      for (const [seq, queueId, id] of rows) {
        this.#add(this.#hash(queueId, id), seq);
        after = seq;
      }
    }
  }

  /** The first `seq` under the hash of an id that matches, or 0. */
  find(queueId: number, id: Uint8Array, matches: (seq: number) => boolean): number {
    const hash = this.#hash(queueId, id);
    return this.#tableOf(hash).find(hash, matches);
  }

  add(queueId: number, id: Uint8Array, seq: number): void {
    const hash = this.#hash(queueId, id);
    this.#add(hash, seq);
    this.#changes.push(hash, seq);
  }

  remove(queueId: number, id: Uint8Array, seq: number): void {
    const hash = this.#hash(queueId, id);
    this.#tableOf(hash).remove(hash, seq);
    this.#changes.push(hash, -seq);
  }

  onBegin(): void {
    this.#changes = [];
  }

  onRollback(): void {
    for (let i = this.#changes.length - 2; i >= 0; i -= 2) {
      const hash = this.#changes[i];
      const seq = this.#changes[i + 1];
      if (seq > 0) this.#tableOf(hash).remove(hash, seq);
      else this.#add(hash, -seq);
    }
    this.#changes = [];
  }

  #add(hash: number, seq: number): void {
    this.#tableOf(hash).add(hash, seq);
  }

  #tableOf(hash: number): HashTable {
    return this.#tables[hash >>> 24];
  }

  /** FNV-1a from the seed, then the last steps of MurmurHash3, which spread it over all 32 bits. */
  #hash(queueId: number, id: Uint8Array): number {
    let hash = this.#seed ^ Math.imul(queueId, 0x9e3779b1);
    for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id[i], 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}

/**
 * Numbers above 0, any number of them under each 32-bit hash, whose lower bits should be well distributed. Open
 * addressing with linear probing, at most three quarters full.
 */
export class HashTable {
  #hashes = new Int32Array(MIN_SLOTS);
  /** 0 in a free slot. */
  #values = new Float64Array(MIN_SLOTS);
  #count = 0;

  /** The first value under a hash that matches, or 0. */
  find(hash: number, matches: (value: number) => boolean): number {
    const mask = this.#values.length - 1;
    for (let i = hash & mask; this.#values[i] !== 0; i = (i + 1) & mask) {
      if (this.#hashes[i] === hash && matches(this.#values[i])) return this.#values[i];
    }
    return 0;
  }

  /** The value must not be there yet. */
  add(hash: number, value: number): void {
    if (this.#count >= this.#values.length * 0.75) this.#resize(this.#values.length * 2);
    this.#put(hash, value);
    this.#count++;
  }

  remove(hash: number, value: number): void {
    const mask = this.#values.length - 1;
    for (let i = hash & mask; this.#values[i] !== 0; i = (i + 1) & mask) {
      if (this.#values[i] !== value || this.#hashes[i] !== hash) continue;
      this.#free(i);
      this.#count--;
      if (this.#count < mask / 8 && mask >= MIN_SLOTS) this.#resize((mask + 1) / 2);
      return;
    }
  }

  /** Frees a slot, and moves back values behind it that a search would no longer find. */
  #free(free: number): void {
    const mask = this.#values.length - 1;
    for (let i = (free + 1) & mask; this.#values[i] !== 0; i = (i + 1) & mask) {
      // Its distances from where its search begins, and from the free slot.
      const distance = (i - this.#hashes[i]) & mask;
      if (distance < ((i - free) & mask)) continue;
      this.#hashes[free] = this.#hashes[i];
      this.#values[free] = this.#values[i];
      free = i;
    }
    this.#values[free] = 0;
  }

  #put(hash: number, value: number): void {
    const mask = this.#values.length - 1;
    let i = hash & mask;
    while (this.#values[i] !== 0) i = (i + 1) & mask;
    this.#hashes[i] = hash;
    this.#values[i] = value;
  }

  #resize(slots: number): void {
    const hashes = this.#hashes;
    const values = this.#values;
    this.#hashes = new Int32Array(slots);
    this.#values = new Float64Array(slots);
    for (let i = 0; i < values.length; i++) if (values[i] !== 0) this.#put(hashes[i], values[i]);
  }
}
