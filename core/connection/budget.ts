/**
 * Budgets per event-loop turn. They keep one connection, or a few, from starving all others.
 *
 * While the event loop always has work, the runtime polls sockets only on every 61st turn. So a budget that is used up
 * makes its users pause until a timer fires: then the loop is idle for a moment, and the other sockets are read.
 *
 * Three uses:
 *
 *     bytes of large reads            of all connections, in `connection.ts`
 *     bytes of large replies          of all connections, {@linkcode ReplyBudget}
 *     exclusive commands              of one connection, in `scheduling.ts`
 *
 * @module
 */

/** How long users pause, in milliseconds. */
const PAUSE_MS = 1;

/** Replies expected to have at least this many bytes count against the {@linkcode ReplyBudget}. */
export const LARGE_REPLY_BYTES: number = 64 * 1024;
/** Bytes of large replies that may be pending at once; a single reply may exceed it. */
const MAX_PENDING_REPLY_BYTES = 2 * 1024 * 1024;
/** Bytes of large replies begun between two pauses. */
const REPLY_BYTES_PER_TURN = 1024 * 1024;

/** An amount that may be spent before its users pause. */
export class TurnBudget {
  readonly #limit: number;
  readonly #maxPauseMs: number;
  #left: number;
  #pauseMs = PAUSE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Users that wait for the pause to end, with the amounts that they are going to spend. */
  readonly #waiting = new Map<() => void, number>();

  /**
   * @param limit amount between two pauses
   * @param maxPauseMs pauses that follow one another grow twofold up to this
   */
  constructor(limit: number, maxPauseMs = PAUSE_MS) {
    this.#limit = limit;
    this.#maxPauseMs = maxPauseMs;
    this.#left = limit;
  }

  /** Nothing is left until the pause ends. */
  get exhausted(): boolean {
    return this.#left <= 0;
  }

  /** Spends an amount, also if less is left. */
  spend(amount: number): void {
    this.#left -= amount;
    if (this.#left <= 0) this.#pause();
  }

  /** Has `resume` called when the budget is filled again, after those that wait already. */
  wait(amount: number, resume: () => void): void {
    this.#waiting.set(resume, amount);
    this.#pause();
  }

  /** A new turn has begun by itself: fills the budget, unless a user waits for the pause to end. */
  reset(): void {
    if (this.#waiting.size > 0) return;
    this.close();
    this.#left = this.#limit;
    this.#pauseMs = PAUSE_MS;
  }

  /** Cancels the pause. Nothing that waits is resumed. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #pause(): void {
    this.#timer ??= setTimeout(() => this.#refill(), this.#pauseMs);
  }

  /** Resumes as many waiting users as the budget is enough for. */
  #refill(): void {
    this.#timer = undefined;
    this.#left = this.#limit;
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#maxPauseMs);
    let granted = 0;
    for (const [resume, amount] of [...this.#waiting]) {
      if (granted >= this.#limit || this.exhausted) break;
      this.#waiting.delete(resume);
      granted += amount;
      resume();
    }
    if (this.#waiting.size > 0) this.#pause();
  }
}

/** Bounds the memory and the time that large replies of all connections take. */
export class ReplyBudget {
  readonly #turn = new TurnBudget(REPLY_BYTES_PER_TURN);
  readonly #waiting = new Set<() => void>();
  #pending = 0;

  /**
   * Reserves room for a reply, or returns false and has `resume` called when it is worth asking again.
   * @param bytes expected size
   */
  reserve(bytes: number, resume: () => void): boolean {
    if (this.#pending > 0 && this.#pending + bytes > MAX_PENDING_REPLY_BYTES) {
      this.#waiting.add(resume);
      return false;
    }
    if (this.#turn.exhausted) {
      this.#turn.wait(bytes, resume);
      return false;
    }
    this.#turn.spend(bytes);
    this.#pending += bytes;
    return true;
  }

  /** Frees the room of a reply that has been made. */
  completed(bytes: number): void {
    this.#pending -= bytes;
    // Each is asked once: one that still does not fit is added again.
    for (const resume of [...this.#waiting]) {
      if (this.#pending >= MAX_PENDING_REPLY_BYTES) return;
      this.#waiting.delete(resume);
      resume();
    }
  }

  /** Cancels the pause. */
  close(): void {
    this.#turn.close();
  }
}
