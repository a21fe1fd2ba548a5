/**
 * Waiting for what happens by itself, without a guess at how long it takes.
 *
 * @module
 */

/** How long to wait between two looks, in milliseconds. */
const LOOK_MS = 10;

/**
 * Calls `check` until it passes, and returns what it returned. Failing means throwing, or returning false.
 * @param ms how long to go on; whatever is tested should take far less
 * @throws what `check` threw last
 */
export async function eventually<T>(check: () => T | Promise<T>, ms = 20_000): Promise<T> {
  const end = performance.now() + ms;
  while (true) {
    try {
      const result = await check();
      if (result !== false) return result;
      if (performance.now() > end) throw new Error(`Waited ${ms} ms in vain`);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
