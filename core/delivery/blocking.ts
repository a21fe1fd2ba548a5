/**
 * Blocking commands. Only here does a command wait for an event, until a wake-up, a timeout, CLIENT UNBLOCK, a hang-up
 * or shutdown.
 *
 * @module
 */

import { MAX_TIMER_MS } from "../util/async.ts";

export interface Wait<T> {
  wake(value: T): void;
  fail(error: unknown): void;
}

export interface BlockedClient {
  /** Aborted at hang-up and shutdown. */
  readonly signal: AbortSignal;
  /** Ends the wait as a timeout does, or with an error; set only while a command is blocked. */
  unblock: ((error?: unknown) => void) | undefined;
}

/**
 * Blocks a client. Resolves to the value of the wake-up, or to null without one.
 * @param timeoutMs 0 waits without a limit
 * @param begin starts the wait and returns its clean-up; must not end it itself
 */
export function blocking<T>(
  timeoutMs: number,
  client: BlockedClient,
  begin: (wait: Wait<T>) => () => void,
): Promise<T | null> {
  const { signal } = client;
  if (signal.aborted) return Promise.resolve(null);
  const { promise, resolve, reject } = Promise.withResolvers<T | null>();
  let ended = false;
  const end = (finish: () => void) => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    client.unblock = undefined;
    cleanUp(); // before the promise settles, so that the client cannot be woken twice in this turn
    finish();
  };
  const giveUp = () => end(() => resolve(null));
  const timer = timeoutMs > 0 ? setTimeout(giveUp, Math.min(timeoutMs, MAX_TIMER_MS)) : undefined;
  signal.addEventListener("abort", giveUp);
  // Not assigned where it is written: V8 would put it into the old generation, where it keeps the whole wait alive.
  const unblock = (error?: unknown) => error === undefined ? giveUp() : end(() => reject(error));
  client.unblock = unblock;
  const cleanUp = begin({ wake: (value) => end(() => resolve(value)), fail: (error) => end(() => reject(error)) });
  return promise;
}
