/**
 * What Deno, Node 20 and Bun do differently.
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

/** `Promise.withResolvers`, which Node 20 lacks. */
export function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>["resolve"];
  let reject!: PromiseWithResolvers<T>["reject"];
  const promise = new Promise<T>((...functions) => [resolve, reject] = functions);
  return { promise, resolve, reject };
}
