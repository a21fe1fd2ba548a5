/**
 * Checks times that a server or a store reports.
 *
 * @module
 */
import { assert } from "../deps.ts";

/** The clocks of the server and of the test are rounded to milliseconds. */
const ROUNDING_MS = 2;

/** Measures the time since it was made: what it times lasted no longer, however slow the machine is. */
export class Stopwatch {
  readonly #startedAt = Date.now();

  /** Asserts the time since something that happened after the start, and at least `min` ago. In milliseconds. */
  assertAge(ageMs: number, min = 0): void {
    const elapsed = Date.now() - this.#startedAt;
    assert.ok(ageMs >= min && ageMs <= elapsed + ROUNDING_MS, `${ageMs} ms instead of ${min} to ${elapsed}`);
  }

  /** Asserts the rest of a time that began after the start. @param of the whole time, in milliseconds */
  assertRemaining(leftMs: number, of: number): void {
    const elapsed = Date.now() - this.#startedAt;
    assert.ok(
      leftMs <= of && leftMs >= of - elapsed - ROUNDING_MS,
      `${leftMs} ms of ${of} ms are left after ${elapsed} ms`,
    );
  }
}
