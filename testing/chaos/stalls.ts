/**
 * How long nobody could push although the store could serve.
 *
 * @module
 */

/** Takes the time between successful pushes. Times are in milliseconds. */
export class Stalls {
  /** The longest time without a successful push while the store could serve. */
  longest = 0;
  /** The longest time from the end of an outage until something was pushed to every queue. */
  resumed = 0;
  readonly #queues: readonly string[];
  #since = performance.now();
  #running = true;
  #outages = 0;
  /** Queues to which nothing has been pushed since they could be pushed to again, with that time. */
  readonly #pending = new Map<string, number>();
  #whenResumed = () => {};

  /** @param queues that are pushed to all the time */
  constructor(queues: readonly string[]) {
    this.#queues = queues;
  }

  /** Something was pushed. */
  ok(queue: string): void {
    this.#mark();
    const able = this.#pending.get(queue);
    if (able === undefined) return;
    this.resumed = Math.max(this.resumed, performance.now() - able);
    this.#pending.delete(queue);
    if (this.#pending.size === 0) this.#whenResumed();
  }

  /**
   * The store cannot be expected to take any push while this runs.
   * @param queues to which it must take pushes afterwards, by default all
   */
  async outage<T>(work: () => Promise<T>, queues: readonly string[] = this.#queues): Promise<T> {
    this.#mark();
    this.#outages++;
    try {
      return await this.outageOf(queues, work);
    } finally {
      this.#outages--;
      this.#since = performance.now();
    }
  }

  /** The store cannot be expected to take pushes to some queues while this runs, and must afterwards. */
  async outageOf<T>(queues: readonly string[], work: () => Promise<T>): Promise<T> {
    for (const queue of queues) this.#pending.delete(queue);
    try {
      return await work();
    } finally {
      for (const queue of queues) this.#pending.set(queue, performance.now());
    }
  }

  /** Resolves when every queue has taken a push since its last outage, or in vain after `ms`. */
  async resumption(ms: number): Promise<void> {
    if (this.#pending.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#whenResumed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    if (this.#pending.size > 0) this.resumed = Infinity;
  }

  /** Nobody pushes any more. */
  stop(): void {
    this.#mark();
    this.#running = false;
  }

  #mark(): void {
    const now = performance.now();
    if (this.#running && this.#outages === 0) this.longest = Math.max(this.longest, now - this.#since);
    this.#since = now;
  }
}
