/**
 * A hash table of numbers in typed arrays: open addressing with linear probing, at most three quarters full.
 *
 * @module
 */

const MIN_SLOTS = 8;

/**
 * Numbers above 0, any number of them under each 32-bit hash. The lower bits of the hashes should be well distributed.
 */
export class HashTable {
  #hashes = new Int32Array(MIN_SLOTS);
  /** 0 is a free slot. */
  #values = new Float64Array(MIN_SLOTS);
  #count = 0;

  /** The first value under a hash for which `matches` returns true, or 0. */
  find(hash: number, matches: (value: number) => boolean): number {
    const mask = this.#values.length - 1;
    for (let i = hash & mask; this.#values[i] !== 0; i = (i + 1) & mask) {
      if (this.#hashes[i] === hash && matches(this.#values[i])) return this.#values[i];
    }
    return 0;
  }

  /** Adds a value that is not in the table. */
  add(hash: number, value: number): void {
    if (this.#count >= this.#values.length * 0.75) this.#resize(this.#values.length * 2);
    this.#put(hash, value);
    this.#count++;
  }

  /** Removes a value, if it is in the table. */
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

  /** Frees a slot, and moves back the values behind it that a search would no longer find. */
  #free(free: number): void {
    const mask = this.#values.length - 1;
    for (let i = (free + 1) & mask; this.#values[i] !== 0; i = (i + 1) & mask) {
      // The distance of the value from where its search begins, compared with its distance from the free slot.
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
