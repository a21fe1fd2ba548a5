/**
 * Timers and a clock that a test moves.
 *
 * @module
 */

/** Replaces `setTimeout`, `clearTimeout` and `performance.now` until it is disposed of. Time stands still by itself. */
export class FakeTimers implements Disposable {
  readonly #real = { setTimeout, clearTimeout, now: performance.now };
  readonly #timers = new Map<number, { at: number; callback: () => void }>();
  #now = 0;
  #ids = 0;

  constructor() {
    globalThis.setTimeout = ((callback: () => void, ms = 0) => {
      this.#timers.set(++this.#ids, { at: this.#now + ms, callback });
      return this.#ids;
    }) as unknown as typeof setTimeout;
    globalThis.clearTimeout = (id) => void this.#timers.delete(id as number);
    performance.now = () => this.#now;
  }

  /** The delays of the pending timers, from now, in milliseconds. */
  get pending(): number[] {
    return Array.from(this.#timers.values(), ({ at }) => at - this.#now);
  }

  /** Moves the clock, and calls what is due on the way, in the order of time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (true) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (due.length === 0) break;
      const [id, { at, callback }] = due[0];
      this.#timers.delete(id);
      this.#now = at;
      callback();
    }
    this.#now = end;
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#real.setTimeout;
    globalThis.clearTimeout = this.#real.clearTimeout;
    performance.now = this.#real.now;
  }
}
