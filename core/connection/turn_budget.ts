/**
 * Budgets per event-loop turn, so that a few connections cannot starve all others.
 *
 * While the event loop always has work, the runtime polls sockets only on every 61st turn. So the user of a spent
 * budget pauses until a timer fires: the loop is idle for a moment, and other sockets are read.
 *
 *     bytes of large reads            of all connections, in `connection.ts`
 *     bytes of large writes           of all connections, in `reply_queue.ts`
 *     bytes of large replies          of all connections, {@linkcode ReplyBudget}
 *     exclusive commands              of one connection, in `scheduling.ts`
 *
 * @module
 */

const PAUSE_MS = 1;

/** Expected size from which a reply counts against the {@linkcode ReplyBudget}. */
export const LARGE_REPLY_BYTES: number = 64 * 1024;
/** Pending bytes of large replies; a single reply may exceed it. */
const MAX_PENDING_REPLY_BYTES = 2 * 1024 * 1024;
/** Bytes of large replies begun between two pauses. */
const REPLY_BYTES_PER_TURN = 1024 * 1024;

export class TurnBudget {
  readonly #limit: number;
  readonly #maxPauseMs: number;
  #left: number;
  #pauseMs = PAUSE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** With the amounts that the waiting users will spend. */
  readonly #waiting = new Map<() => void, number>();

  /** @param maxPauseMs consecutive pauses double up to this */
  constructor(limit: number, maxPauseMs = PAUSE_MS) {
    this.#limit = limit;
    this.#maxPauseMs = maxPauseMs;
    this.#left = limit;
  }

  get exhausted(): boolean {
    return this.#left <= 0;
  }

  /** Spends an amount, even if less is left. */
  spend(amount: number): void {
    this.#left -= amount;
    if (this.#left <= 0) this.#pause();
  }

  /** Calls `resume` when the budget is filled again, in the order of waiting. */
  wait(amount: number, resume: () => void): void {
    this.#waiting.set(resume, amount);
    this.#pause();
  }

  /** A turn has begun by itself: fills the budget, unless a user waits. */
  reset(): void {
    if (this.#waiting.size > 0) return;
    this.close();
    this.#left = this.#limit;
    this.#pauseMs = PAUSE_MS;
  }

  /** Cancels the pause without resuming any user. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #pause(): void {
    this.#timer ??= setTimeout(() => this.#refill(), this.#pauseMs);
  }

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

/** Bounds memory and time for large replies of all connections. */
export class ReplyBudget {
  readonly #turn = new TurnBudget(REPLY_BYTES_PER_TURN);
  readonly #waiting = new Set<() => void>();
  #pending = 0;

  /** Reserves room for a reply, or returns false and calls `resume` when a second try is worthwhile. */
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
    // Each is resumed once; it waits again if it still does not fit.
    for (const resume of [...this.#waiting]) {
      if (this.#pending >= MAX_PENDING_REPLY_BYTES) return;
      this.#waiting.delete(resume);
      resume();
    }
  }

  close(): void {
    this.#turn.close();
  }
}
