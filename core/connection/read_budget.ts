/**
 * Fairness between connections that send without end and all others.
 *
 * A socket that always has more to read never lets the event loop rest, and while it does not rest the runtime looks for
 * what other sockets have received only now and then: every sixty-first time round. So large reads are paced: after so
 * many bytes, of all connections together, those who made them wait for a millisecond. What others have sent is read
 * meanwhile.
 *
 * @module
 */

/** Reads of this many bytes and more are paced. */
export const LARGE_READ_BYTES: number = 16 * 1024;

/** The largest read. */
export const MAX_READ_BYTES: number = 256 * 1024;

/** Bytes of large reads between two rests. */
const TURN_BYTES = 512 * 1024;

/** How long a rest is, in milliseconds. */
const REST_MS = 1;

/** Those who read much. */
export class ReadBudget {
  #left = TURN_BYTES;
  #waiting: { bytes: number; goOn: () => void }[] = [];
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** Takes note of a large read. Returns whether a rest must precede the next. */
  consume(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left <= 0;
  }

  /** Waits until it is time for the next large read. @param bytes how many the last one had */
  wait(bytes: number): Promise<void> {
    this.#rest ??= setTimeout(() => this.#next(), REST_MS); // from now on: one that is over already is no rest
    return new Promise((resolve) => this.#waiting.push({ bytes, goOn: resolve }));
  }

  /** All connections have ended. */
  end(): void {
    clearTimeout(this.#rest);
  }

  /** As many go on as will read {@linkcode TURN_BYTES}, if each reads what it read before. */
  #next(): void {
    this.#rest = undefined;
    this.#left = TURN_BYTES;
    let going = 0;
    for (let bytes = 0; going < this.#waiting.length && bytes < TURN_BYTES; going++) {
      bytes += this.#waiting[going].bytes;
    }
    for (const { goOn } of this.#waiting.splice(0, going)) goOn();
    if (this.#waiting.length > 0) this.#rest = setTimeout(() => this.#next(), REST_MS);
  }
}
