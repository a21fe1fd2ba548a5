/**
 * The longest time without a successful push while the store could serve.
 *
 * @module
 */

/** All times are in milliseconds. */
export class Stalls {
  longest = 0;
  /** Longest time from the end of an outage until each of its queues took a push; Infinity if one did not. */
  resumed = 0;
  readonly #queues: readonly string[];
  #lastPush = performance.now();
  #running = true;
  #outages = 0;
  /** Queues without a push since their outage ended, with the time of that end. */
  readonly #pending = new Map<string, number>();
  #onResumed = () => {};

  constructor(queues: readonly string[]) {
    this.#queues = queues;
  }

  pushed(queue: string): void {
    this.#mark();
    const since = this.#pending.get(queue);
    if (since === undefined) return;
    this.resumed = Math.max(this.resumed, performance.now() - since);
    this.#pending.delete(queue);
    if (this.#pending.size === 0) this.#onResumed();
  }

  /** No push can succeed while `work` runs. @param queues that must take pushes afterwards; all by default */
  async outage<T>(work: () => Promise<T>, queues: readonly string[] = this.#queues): Promise<T> {
    this.#mark();
    this.#outages++;
    try {
      return await this.outageOf(queues, work);
    } finally {
      this.#outages--;
      this.#lastPush = performance.now();
    }
  }

  /** No push to these queues can succeed while `work` runs; each must take one afterwards. */
  async outageOf<T>(queues: readonly string[], work: () => Promise<T>): Promise<T> {
    for (const queue of queues) this.#pending.delete(queue);
    try {
      return await work();
    } finally {
      for (const queue of queues) this.#pending.set(queue, performance.now());
    }
  }

  /** Resolves when every queue has taken a push since its last outage, or after `timeoutMs`. */
  async resumption(timeoutMs: number): Promise<void> {
    if (this.#pending.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onResumed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    if (this.#pending.size > 0) this.resumed = Infinity;
  }

  stop(): void {
    this.#mark();
    this.#running = false;
  }

  #mark(): void {
    const now = performance.now();
    if (this.#running && this.#outages === 0) this.longest = Math.max(this.longest, now - this.#lastPush);
    this.#lastPush = now;
  }
}
