/**
 * One at a time, and first come, first served.
 *
 * @module
 */

/** The turns at something. */
export class Mutex {
  #taken = false;
  #waiting = new Set<() => void>();

  /** Nobody has a turn or waits for one. */
  get idle(): boolean {
    return !this.#taken;
  }

  /** Resolves to true when it is the caller's turn, which `done` ends, or to false if it would go on waiting after the signal. */
  acquire(signal: AbortSignal): Promise<boolean> {
    if (!this.#taken) {
      this.#taken = true;
      return Promise.resolve(true);
    }
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const leave = () => {
        this.#waiting.delete(enter);
        resolve(false);
      };
      const enter = () => {
        signal.removeEventListener("abort", leave);
        this.#waiting.delete(enter);
        resolve(true);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.add(enter);
    });
  }

  /** Ends a turn: the next one begins. */
  release(): void {
    const [next] = this.#waiting;
    if (next) next();
    else this.#taken = false;
  }
}
