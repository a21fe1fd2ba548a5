/**
 * Delays between attempts: to connect or send again, and to deliver a failed event again.
 *
 * @module
 */
import { checkNumber } from "./validate.ts";

/** Delay after the first failed attempt to connect or send, in milliseconds. */
const FIRST_MS = 50;
/** Longest such delay, in milliseconds. */
const MAX_MS = 5000;
/** Default delay of the first redelivery, in milliseconds. */
const RETRY_MS = 1000;
/** Default longest delay of a redelivery, in milliseconds. */
const MAX_RETRY_MS = 300_000;
/** Doublings after which a delay grows no more. Further ones would lead to Infinity, and 0 × Infinity to NaN. */
const MAX_DOUBLINGS = 50;

/**
 * The delay after a number of failures in a row, in milliseconds: 50 ms, doubled with each further failure, up to 5 s,
 * less up to a half.
 *
 * @param failures 1 or more
 * @param random from 0 to 1
 */
export function backoff(failures: number, random?: number): number {
  return doubled(FIRST_MS, failures, MAX_MS, random);
}

/** When events whose handler failed are delivered again. */
export class RetryDelays {
  readonly #firstMs: number | undefined;
  readonly #maxMs: number;

  /**
   * @param firstMs after the first attempt, in milliseconds; "queue" leaves delays to the queue's policy
   * @param maxMs longest delay, in milliseconds
   * @throws {RangeError} if one of them is negative or not finite
   */
  constructor(firstMs: number | "queue" = RETRY_MS, maxMs: number = MAX_RETRY_MS) {
    this.#firstMs = firstMs === "queue" ? undefined : checkNumber("retryDelayMs", firstMs, 0);
    this.#maxMs = checkNumber("maxRetryDelayMs", maxMs, 0);
  }

  /**
   * The delay after a failed attempt, in milliseconds; undefined if the queue decides.
   *
   * @param attempt from 1
   * @param random from 0 to 1
   */
  after(attempt: number, random?: number): number | undefined {
    return this.#firstMs === undefined ? undefined : doubled(this.#firstMs, attempt, this.#maxMs, random);
  }
}

/**
 * Resolves after `ms` milliseconds, or as soon as the signal aborts. A copy of core's: client/ imports nothing of the
 * server.
 */
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

/** Up to a half is taken off at random, so that clients that failed together do not try again together. */
function doubled(firstMs: number, attempt: number, maxMs: number, random = Math.random()): number {
  return Math.min(firstMs * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS), maxMs) * (1 + random) / 2;
}
