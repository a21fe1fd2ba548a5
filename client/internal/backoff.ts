/**
 * Delays between attempts to connect or send, and of redeliveries.
 *
 * @module
 */
import { checkNumber } from "./validate.ts";

/** Delays between attempts to connect or send. */
const FIRST_MS = 50;
const MAX_MS = 5000;
/** Default delays of redeliveries. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 300_000;
/** Further doublings would lead to Infinity, and 0 × Infinity to NaN. */
const MAX_DOUBLINGS = 50;

/**
 * In milliseconds: 50, doubled with each failure in a row up to 5,000, less up to a half.
 *
 * @param random from 0 to 1
 */
export function backoff(failures: number, random?: number): number {
  return doubled(FIRST_MS, failures, MAX_MS, random);
}

export class RetryDelays {
  readonly #firstMs: number | undefined;
  readonly #maxMs: number;

  /**
   * @param firstMs after the first attempt; "queue" leaves delays to the queue's policy
   * @throws {RangeError} if a delay is negative or not finite
   */
  constructor(firstMs: number | "queue" = RETRY_MS, maxMs: number = MAX_RETRY_MS) {
    this.#firstMs = firstMs === "queue" ? undefined : checkNumber("retryDelayMs", firstMs, 0);
    this.#maxMs = checkNumber("maxRetryDelayMs", maxMs, 0);
  }

  /**
   * In milliseconds; undefined if the queue decides.
   *
   * @param attempt from 1
   * @param random from 0 to 1
   */
  after(attempt: number, random?: number): number | undefined {
    return this.#firstMs === undefined ? undefined : doubled(this.#firstMs, attempt, this.#maxMs, random);
  }
}

/** Resolves after `ms`, or when the signal aborts. Copied from core: client/ imports nothing of the server. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ms <= 0 || signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/** Random, so that clients that failed together do not try again together. */
function doubled(firstMs: number, attempt: number, maxMs: number, random = Math.random()): number {
  return Math.min(firstMs * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS), maxMs) * (1 + random) / 2;
}
