/**
 * Delays, timeouts and deadlines.
 *
 * @module
 */

/** Resolves after `ms` milliseconds, or as soon as the signal aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}

/**
 * The promise's result if it settles within `ms` milliseconds, else what `onTimeout` returns or throws. The promise may
 * still settle later; that is ignored.
 */
export async function withTimeout<T>(promise: Promise<T>, ms: number, onTimeout: () => T): Promise<T> {
  const { promise: timeout, resolve } = Promise.withResolvers<typeof TIMED_OUT>();
  const timer = setTimeout(() => resolve(TIMED_OUT), ms);
  promise.catch(() => {});
  try {
    const first = await Promise.race([promise, timeout]);
    return first === TIMED_OUT ? onTimeout() : first;
  } finally {
    clearTimeout(timer);
  }
}

const TIMED_OUT = Symbol("timed out");

/** One time limit for several steps. Runs from its construction until it is disposed of. */
export class Deadline implements Disposable {
  readonly #passed = Promise.withResolvers<void>();
  readonly #timer: ReturnType<typeof setTimeout>;

  /**
   * @param ms the limit in milliseconds
   * @param onPassed called once when it has passed
   */
  constructor(ms: number, onPassed: () => void) {
    this.#timer = setTimeout(() => {
      onPassed();
      this.#passed.resolve();
    }, ms);
  }

  /** Resolves when the step is done or the deadline has passed. */
  async wait(step: Promise<unknown>): Promise<void> {
    await Promise.race([step, this.#passed.promise]);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** An abort signal that is created when it is first needed: most clients never need theirs. */
export class LazySignal {
  readonly #reason: unknown;
  #controller: AbortController | undefined;
  #aborted = false;

  /** @param reason why it aborts; without one each abort would create an error with a stack trace */
  constructor(reason: unknown) {
    this.#reason = reason;
  }

  /** The signal; aborted already if {@linkcode abort} was called. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Aborts the signal. */
  abort(): void {
    this.#aborted = true;
    this.#controller?.abort(this.#reason);
  }
}
