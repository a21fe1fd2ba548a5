/**
 * How long a connection may leave what it was sent unanswered.
 *
 * @module
 */

/**
 * Watches over the calls through one connection, which are answered in the order in which they were sent. One timer
 * serves all of them: it is set for the oldest, and only when it goes off does it look who is the oldest by then. A timer
 * for each call would cost a tenth of the call.
 */
export class ReplyTimeout {
  readonly #timeoutMs: number;
  readonly #stalled: () => void;
  #unanswered: number[] = []; // when each was sent, in milliseconds of `performance.now()`
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param timeoutMs how long an answer may take, in milliseconds
   * @param stalled called, once, when one takes longer
   */
  constructor(timeoutMs: number, stalled: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#stalled = stalled;
  }

  /** Something was sent. */
  sent(): void {
    this.#unanswered.push(performance.now());
    this.#timer ??= setTimeout(() => this.#check(), this.#timeoutMs);
  }

  /** The oldest that was sent has been answered, or given up. */
  answered(): void {
    this.#unanswered.shift();
  }

  /** Nothing is watched over until something is sent again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    this.#timer = undefined;
    if (this.#unanswered.length === 0) return;
    const left = this.#unanswered[0] + this.#timeoutMs - performance.now();
    if (left > 0) this.#timer = setTimeout(() => this.#check(), left);
    else this.#stalled();
  }
}
