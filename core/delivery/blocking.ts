/**
 * The one place where a command waits: for a wake-up, the end of its time, CLIENT UNBLOCK, the client's hang-up or the
 * server's shutdown, whichever is first.
 *
 * @module
 */

/** How a wait that `begin` was given can end. */
export interface Wait<T> {
  /** Ends the wait with a value. */
  wake(value: T): void;
  /** Ends the wait with an error. */
  fail(error: unknown): void;
}

/** Whose command waits. */
export interface BlockedClient {
  /** Aborted at the client's hang-up or the shutdown. */
  readonly signal: AbortSignal;
  /** Ends the wait as if its time were up, or with an error; there only while a command waits. */
  unblock: ((error?: unknown) => void) | undefined;
}

/**
 * Waits until `begin`'s wait is woken; null when the time is up or it is given up first.
 * @param timeoutMs in milliseconds, 0 for ever
 * @param begin starts the wait and returns what to do when it has ended, however it ended; it must not end it itself
 */
export function blocking<T>(
  timeoutMs: number,
  client: BlockedClient,
  begin: (wait: Wait<T>) => () => void,
): Promise<T | null> {
  const { signal } = client;
  if (signal.aborted) return Promise.resolve(null);
  const { promise, resolve, reject } = Promise.withResolvers<T | null>();
  const giveUp = () => end(() => resolve(null));
  const timer = timeoutMs > 0 ? setTimeout(giveUp, Math.min(timeoutMs, MAX_TIMER_MS)) : undefined;
  signal.addEventListener("abort", giveUp);
  client.unblock = (error) => error === undefined ? giveUp() : end(() => reject(error));
  let ended = false;
  const end = (settle: () => void) => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    client.unblock = undefined;
    leave(); // at once: whoever left cannot be woken a second time in this turn
    settle();
  };
  const leave = begin({ wake: (value) => end(() => resolve(value)), fail: (error) => end(() => reject(error)) });
  return promise;
}

/** The longest time that a timer can be set for, in milliseconds: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;
