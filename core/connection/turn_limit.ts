/**
 * Fairness between connections: a row of commands that run alone, each begun by the answer to the one before, would
 * otherwise keep all others waiting until the row ends.
 *
 * @module
 */

/** Commands that run alone begun in one turn of the event loop. */
const MAX_IN_TURN = 32;

/**
 * How long the first break of a row is, in milliseconds: the event loop must rest, or it does not look for what others
 * have sent. Each further one is twice as long, up to {@linkcode LONGEST_REST_MS}: nobody who means well sends such rows.
 */
const REST_MS = 1;

/** The longest break, in milliseconds. */
const LONGEST_REST_MS = 8;

/** Breaks rows of one connection that get too long. */
export class ExclusiveTurnLimit {
  readonly #goOn: () => void;
  #begun = 0;
  #restMs = REST_MS;
  #pause: ReturnType<typeof setTimeout> | undefined;

  /** @param goOn called in a later turn when a row had to be broken */
  constructor(goOn: () => void) {
    this.#goOn = goOn;
  }

  /** The row is broken until `goOn` is called. */
  get paused(): boolean {
    return this.#pause !== undefined;
  }

  /** A new turn begins by itself. */
  next(): void {
    if (this.#begun <= MAX_IN_TURN) this.#restMs = REST_MS;
    this.#begun = 0;
  }

  /** Counts a command, and breaks the row before it if there were too many in this turn. Returns whether it did. */
  breaks(): boolean {
    if (this.#begun++ < MAX_IN_TURN) return false;
    this.#pause ??= setTimeout(() => {
      this.#begun = 0;
      this.#pause = undefined;
      this.#goOn();
    }, this.#restMs);
    this.#restMs = Math.min(this.#restMs * 2, LONGEST_REST_MS);
    return true;
  }

  /** There are no more turns. */
  end(): void {
    clearTimeout(this.#pause);
  }
}
