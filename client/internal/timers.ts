/**
 * Timers, in Deno and in Node.
 *
 * @module
 */

type Timer = ReturnType<typeof setTimeout>;

/** Lets the program end although the timer is pending. Returns the timer. */
export function unref(timer: Timer): Timer {
  if (typeof timer === "number") Deno.unrefTimer(timer);
  else (timer as { unref(): void }).unref();
  return timer;
}
