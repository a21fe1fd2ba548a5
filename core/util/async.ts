/**
 * Delays, timeouts and deadlines.
 *
 * @module
 */

/** Longest delay of a timer, in milliseconds: 24 days. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

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
 * The promise's result within `ms` milliseconds, else what `onTimeout` returns or throws; a later result is ignored.
 */
export async function withTimeout<T>(promise: Promise<T>, ms: number, onTimeout: () => T): Promise<T> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  promise.catch(() => {});
  try {
    return await Promise.race([promise, timeout.then(onTimeout)]);
  } finally {
    clearTimeout(timer);
  }
}

/** The results of all promises. If one rejects it still waits for the others, and then throws the first error. */
export async function settleAll<T>(promises: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

/** One time limit for several steps, from its construction until it is disposed of. */
export class Deadline implements Disposable {
  readonly #passed = Promise.withResolvers<void>();
  readonly #timer: ReturnType<typeof setTimeout>;

  /** @param onPassed called once */
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

/** An abort signal that is created on demand: most clients never need theirs. */
export class LazySignal {
  readonly #reason: unknown;
  #controller: AbortController | undefined;
  #aborted = false;

  /** @param reason without one each abort would create an error with a stack trace */
  constructor(reason: unknown) {
    this.#reason = reason;
  }

  /** Aborted already if {@linkcode abort} was called. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort(this.#reason);
  }
}
