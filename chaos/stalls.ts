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
  #ableSince = 0;
  #pending = new Set<string>();
  #whenResumed = Promise.withResolvers<void>();

  /** @param queues that are pushed to all the time */
  constructor(queues: readonly string[]) {
    this.#queues = queues;
    this.#whenResumed.resolve();
  }

  /** Something was pushed. */
  ok(queue: string): void {
    this.#mark();
    if (this.#outages > 0 || !this.#pending.delete(queue) || this.#pending.size > 0) return;
    this.resumed = Math.max(this.resumed, performance.now() - this.#ableSince);
    this.#whenResumed.resolve();
  }

  /** The store cannot be expected to serve while this runs; afterwards every queue must take pushes again. */
  async outage<T>(work: () => Promise<T>): Promise<T> {
    this.#mark();
    this.#outages++;
    try {
      return await work();
    } finally {
      this.#outages--;
      this.#since = this.#ableSince = performance.now();
      this.#pending = new Set(this.#queues);
      this.#whenResumed = Promise.withResolvers<void>();
    }
  }

  /** Resolves when every queue has taken a push since the last outage, or in vain after `ms`. */
  async resumption(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, this.#whenResumed.promise]);
    clearTimeout(timer);
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
