/**
 * Pauses between attempts.
 *
 * @module
 */

/** The first pause, in milliseconds. */
const FIRST_MS = 50;
/** The longest, in milliseconds. */
const MAX_MS = 5000;

/**
 * How long to wait after so many failures in a row, in milliseconds: twice as long after each, and somewhere between
 * half of that and all of it, so that those who failed together do not come back together.
 *
 * @param failures 1 or more
 * @param random from 0 to below 1
 */
export function backoff(failures: number, random = Math.random()): number {
  return Math.min(FIRST_MS * 2 ** (failures - 1), MAX_MS) * (1 + random) / 2;
}

/** Resolves after so many milliseconds, or when the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
