/**
 * A hash table of numbers in typed arrays: open addressing with linear probing, at most three quarters full.
 *
 * @module
 */

const SMALLEST = 8;

/** Numbers above 0, any number of them under each 32-bit hash. The lower bits of the hashes should be spread well. */
export class HashTable {
  #hashes = new Int32Array(SMALLEST);
  /** 0 is a free slot. */
  #values = new Float64Array(SMALLEST);
  #count = 0;

  /** The first value under the hash of which `isIt` says yes, or 0. */
  find(hash: number, isIt: (value: number) => boolean): number {
    const mask = this.#values.length - 1;
    for (let i = hash & mask; this.#values[i] !== 0; i = (i + 1) & mask) {
      if (this.#hashes[i] === hash && isIt(this.#values[i])) return this.#values[i];
    }
    return 0;
  }

  /** Adds a value that is not there yet. */
  add(hash: number, value: number): void {
    if (this.#count >= this.#values.length * 0.75) this.#resize(this.#values.length * 2);
    this.#put(hash, value);
    this.#count++;
  }

  /** Takes a value out, if it is there. */
  remove(hash: number, value: number): void {
    const mask = this.#values.length - 1;
    for (let i = hash & mask; this.#values[i] !== 0; i = (i + 1) & mask) {
      if (this.#values[i] !== value || this.#hashes[i] !== hash) continue;
      this.#close(i);
      this.#count--;
      if (this.#count < mask / 8 && mask >= SMALLEST) this.#resize((mask + 1) / 2);
      return;
    }
  }

  /** Frees a slot, and moves up what would not be found behind a free slot. */
  #close(free: number): void {
    const mask = this.#values.length - 1;
    for (let i = (free + 1) & mask; this.#values[i] !== 0; i = (i + 1) & mask) {
      // How far it is from where its search begins, and how far the free slot is.
      const far = (i - this.#hashes[i]) & mask;
      if (far < ((i - free) & mask)) continue;
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
