/**
 * Commands whose replies are large, of all connections: only so many are worked on at once, so that what they bring fits
 * into memory and nobody else waits long behind them.
 *
 * @module
 */

/** Replies that are expected to be at least so large are counted, in bytes. */
export const LARGE_BYTES: number = 64 * 1024;

/** Bytes expected at once; one reply may be larger. */
const MOST_BYTES = 2 * 1024 * 1024;

/** The large replies that are expected. */
export class LargeReplies {
  #expected = 0;
  #waiting = new Set<() => void>();

  /**
   * Counts a reply, or returns false if there are too many already.
   * @param goOn called when it is worth while to ask again
   */
  expect(bytes: number, goOn: () => void): boolean {
    if (this.#expected > 0 && this.#expected + bytes > MOST_BYTES) {
      this.#waiting.add(goOn);
      return false;
    }
    this.#waiting.delete(goOn);
    this.#expected += bytes;
    return true;
  }

  /** A reply that was counted has come. Those who have waited longest go first, and nobody overtakes them. */
  came(bytes: number): void {
    this.#expected -= bytes;
    while (this.#waiting.size > 0) {
      const [longest] = this.#waiting;
      longest();
      if (this.#waiting.has(longest)) return; // it does not fit yet
    }
  }

  /** Nobody waits there any more. */
  leave(goOn: () => void): void {
    this.#waiting.delete(goOn);
  }
}
