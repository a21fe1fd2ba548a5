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
    this.#expected += bytes;
    return true;
  }

  /** A reply that was counted has come. */
  came(bytes: number): void {
    this.#expected -= bytes;
    // Each is asked once: one that does not fit in waits on, and a set shows what is added while it is gone through.
    for (const goOn of [...this.#waiting]) {
      if (this.#expected >= MOST_BYTES) return;
      this.#waiting.delete(goOn);
      goOn();
    }
  }
}
