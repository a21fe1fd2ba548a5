/**
 * Commands whose replies are large, of all connections: only so many are worked on at once, and after so many bytes there
 * is a rest, so that what they bring fits into memory and nobody else waits long behind them.
 *
 * @module
 */

/** Replies that are expected to be at least so large are counted, in bytes. */
export const LARGE_BYTES: number = 64 * 1024;

/** Bytes expected at once; one reply may be larger. */
const MOST_BYTES = 2 * 1024 * 1024;

/** Bytes between two rests. */
const TURN_BYTES = 1024 * 1024;

/** How long a rest is, in milliseconds; see `pace.ts` for why there must be one. */
const REST_MS = 1;

/** The large replies that are expected. */
export class ReplyBudget {
  #expected = 0;
  #left = TURN_BYTES;
  #waiting = new Set<() => void>();
  #rest: ReturnType<typeof setTimeout> | undefined;

  /**
   * Counts a reply, or returns false if it is not yet its turn.
   * @param goOn called when it is worth while to ask again
   */
  reserve(bytes: number, goOn: () => void): boolean {
    const full = this.#expected > 0 && this.#expected + bytes > MOST_BYTES;
    if (full || this.#left <= 0) {
      this.#waiting.add(goOn);
      return false;
    }
    this.#expected += bytes;
    this.#left -= bytes;
    if (this.#left <= 0) this.#rest = setTimeout(() => this.#rested(), REST_MS);
    return true;
  }

  /** A reply that was counted has come. */
  completed(bytes: number): void {
    this.#expected -= bytes;
    this.#goOn();
  }

  /** All connections have ended. */
  end(): void {
    clearTimeout(this.#rest);
  }

  #rested(): void {
    this.#left = TURN_BYTES;
    this.#goOn();
  }

  #goOn(): void {
    // Each is asked once: one that does not fit in waits on, and a set shows what is added while it is gone through.
    for (const goOn of [...this.#waiting]) {
      if (this.#expected >= MOST_BYTES || this.#left <= 0) return;
      this.#waiting.delete(goOn);
      goOn();
    }
  }
}
