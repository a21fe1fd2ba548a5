/**
 * A time by which work has to be over.
 *
 * @module
 */

/** Runs from the time that it is made until it is disposed of. */
export class Deadline implements Disposable {
  readonly #passed = Promise.withResolvers<void>();
  readonly #timer: ReturnType<typeof setTimeout>;

  /** @param onPassed called when the time is up */
  constructor(ms: number, onPassed: () => void) {
    this.#timer = setTimeout(() => {
      onPassed();
      this.#passed.resolve();
    }, ms);
  }

  /** Waits for work, but not beyond the deadline. */
  async wait(work: Promise<unknown>): Promise<void> {
    await Promise.race([work, this.#passed.promise]);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
