/**
 * Blocking commands. This is the one place where a command waits for an event; the wait ends by a wake-up, a timeout,
 * CLIENT UNBLOCK, the client's hang-up or the server's shutdown, whichever comes first.
 *
 * @module
 */

/** Longest delay of a timer, in milliseconds: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How the starter of a wait ends it. */
export interface Wait<T> {
  /** Ends the wait with a value. */
  wake(value: T): void;
  /** Ends the wait with an error. */
  fail(error: unknown): void;
}

/** A client whose command may block. */
export interface BlockedClient {
  /** Aborted at the client's hang-up and at shutdown. */
  readonly signal: AbortSignal;
  /** Ends the wait as a timeout does, or with an error; set only while a command is blocked. */
  unblock: ((error?: unknown) => void) | undefined;
}

/**
 * Blocks a client. Resolves to the value of the wake-up, or to null if the wait ends without one.
 * @param timeoutMs 0 waits without a limit
 * @param begin starts the wait, and returns what must be done when it has ended in whichever way; must not end it itself
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
  const end = (settle: () => void) => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    client.unblock = undefined;
    cleanUp(); // before the promise settles, so that the client cannot be woken twice in this turn
    settle();
  };
  const giveUp = () => end(() => resolve(null));
  const timer = timeoutMs > 0 ? setTimeout(giveUp, Math.min(timeoutMs, MAX_TIMER_MS)) : undefined;
  signal.addEventListener("abort", giveUp);
  client.unblock = (error) => error === undefined ? giveUp() : end(() => reject(error));
  const cleanUp = begin({ wake: (value) => end(() => resolve(value)), fail: (error) => end(() => reject(error)) });
  return promise;
}
