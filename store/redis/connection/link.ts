/**
 * The way to Redis. There are two: to one server, whether its address is given or Sentinels name it, and to a Cluster.
 * They differ in where a key lives and in how a connection is found again; all else is the same code for both.
 *
 * @module
 */
import { type Buffer, ClientOfflineError, ErrorReply } from "../../../deps.ts";
import { withTimeout } from "../../../core/util/async.ts";
import { StoreUnavailable } from "../../store.ts";
import type { Key } from "../keys.ts";

/** A command as it is sent. */
export type Args = Key[];

/** The way to Redis. */
export interface Link {
  /** In how many groups the partitions can be reached: 1 on one server, one for each partition in a Cluster. */
  readonly batchers: number;
  /** The command that tells subscribers: sharded in a Cluster. */
  readonly publish: "PUBLISH" | "SPUBLISH";
  /** What the names of Pub/Sub channels begin with. */
  readonly channelPrefix: string;
  /** Called when commands that could not be sent may be tried again. */
  onReady: () => void;
  /**
   * Sends commands back to back through one connection to the server that holds the key, and returns their replies,
   * bulk strings as bytes.
   * @throws {StoreUnavailable} if they were not sent or Redis refused the first for now, with its outcome known; if the
   *   connection broke, with its outcome unknown
   */
  send(key: string, commands: Args[]): Promise<unknown[]>;
  /**
   * Tells in batches of the names of all keys on all servers that match a pattern; of one that was there all the time at
   * least once.
   * @throws {StoreUnavailable} as `send`
   */
  scan(pattern: string, found: (keys: Buffer[]) => void): Promise<void>;
  /**
   * Listens on a channel until the returned function is called; after a reconnect too.
   * @throws {StoreUnavailable} if it takes too long
   */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>>;
  /** Closes all connections. */
  close(): void;
}

/** With these codes Redis refuses a command without having begun it, for a reason that may pass. */
const TRANSIENT =
  /^-?(LOADING|READONLY|MASTERDOWN|OOM|NOREPLICAS|MISCONF|BUSY|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|NOAUTH|WRONGPASS|NOPERM)\b/;

/** The error for the words with which Redis refused a command. */
export function errorFromRedis(message: string): Error {
  return TRANSIENT.test(message)
    ? new StoreUnavailable(`Redis answers ${message}`, false)
    : new Error(`Redis answers ${message}`);
}

/**
 * The error for what the driver threw.
 * @param place what was to be reached, as part of a sentence
 */
export function errorFromDriver(error: unknown, place: string): unknown {
  if (error instanceof StoreUnavailable) return error;
  if (error instanceof ErrorReply) return errorFromRedis(error.message);
  if (error instanceof ClientOfflineError) return new StoreUnavailable(`${place} cannot be reached`, false);
  if (!(error instanceof Error)) return error;
  return new StoreUnavailable(`the connection to ${place} broke (${error.message})`, true, { cause: error });
}

/** Names that one step of a scan looks at: Redis is held for less than a millisecond. */
const SCANNED_AT_ONCE = "500";

/**
 * Goes through what a command of the SCAN family gives, in steps.
 * @param send sends the command and returns its reply
 * @param args the command, with the cursor's place left out
 */
export async function scanAll(
  send: (args: Args) => Promise<unknown>,
  [command, ...args]: [command: string, ...args: Args],
  found: (items: Buffer[]) => void,
): Promise<void> {
  const key = command === "SCAN" ? [] : args.splice(0, 1);
  let cursor = "0";
  do {
    const [next, items] = await send([command, ...key, cursor, ...args, "COUNT", SCANNED_AT_ONCE]) as [
      Buffer,
      Buffer[],
    ];
    found(items);
    cursor = String(next);
  } while (cursor !== "0");
}

/**
 * The promise's result, if it comes in time.
 * @throws {StoreUnavailable} for the reason that `why` gives
 */
export function withStoreTimeout<T>(promise: Promise<T>, timeoutMs: number, why: () => string): Promise<T> {
  return withTimeout(promise, timeoutMs, () => {
    throw new StoreUnavailable(why(), false);
  });
}
