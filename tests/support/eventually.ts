/**
 * Waits for conditions.
 *
 * @module
 */
import { WAIT_MS } from "./limits.ts";

/** Time between two checks, in milliseconds. */
const POLL_MS = 20;

/**
 * Calls `check` until it neither throws nor returns false. Returns its result.
 * @param ms time limit
 * @throws the last error of `check`
 */
export async function eventually<T>(check: () => T | Promise<T>, ms = WAIT_MS): Promise<T> {
  const end = performance.now() + ms;
  while (true) {
    try {
      const result = await check();
      if (result !== false) return result;
      if (performance.now() > end) throw new Error(`The condition was false for ${ms} ms`);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
