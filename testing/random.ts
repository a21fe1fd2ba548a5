/**
 * Chance that can be had again: the same seed makes the same choices.
 *
 * @module
 */

/** A source of numbers that a seed determines. */
export class Random {
  #state: number;

  /** @param seed a whole number */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 to below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** Whether something happens that happens so often, from 0 to 1. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of several. */
  pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)];
  }

  /** Another source, for someone who chooses at times of their own. */
  fork(): Random {
    return new Random(this.between(0, 2 ** 32 - 1));
  }
}
