/**
 * The link to Redis: one server (`single_link.ts`, with or without Sentinels) or a Cluster (`cluster_link.ts`). They
 * differ in where a key lives and in how they reconnect.
 *
 * @module
 */
import type { Buffer } from "../../../deps.ts";
import type { EncodedArguments } from "../../../resp/encoded_arguments.ts";
import { withTimeout } from "../../../core/util/async.ts";
import { StoreUnavailable } from "../../store.ts";
import { ClientOfflineError, ErrorReply } from "../deps.ts";
import type { Key } from "../keys.ts";

export { countArguments, EncodedArguments } from "../../../resp/encoded_arguments.ts";

/** Of a command, its name first. */
export type Args = (Key | EncodedArguments)[];

export interface Link {
  /** Groups of partitions that are reached separately: 1, or one per partition in a Cluster. */
  readonly batchers: number;
  /** What an OK means, by the last check of each server. */
  readonly durability: string;
  /** Whether every server had an append-only file when it was last checked. */
  readonly appendOnly: boolean;
  readonly publish: "PUBLISH" | "SPUBLISH";
  readonly channelPrefix: string;
  /** Whether the library of functions may be called at the server of a key. */
  hasLibrary(key: string): boolean;
  /** Called when commands that could not be sent may be tried again. */
  onReady: () => void;
  /**
   * Sends commands back to back through one connection to the server of the key. Returns their replies, bulk strings as
   * bytes.
   * @throws {StoreUnavailable} with a known outcome if they were not sent or Redis refused the first for now; with an
   * unknown outcome if the connection broke
   */
  send(key: string, commands: Args[]): Promise<unknown[]>;
  /**
   * The same for long replies, which keep no others waiting where there is a connection for them.
   * @throws {StoreUnavailable} as {@linkcode send}
   */
  sendApart(key: string, commands: Args[]): Promise<unknown[]>;
  /**
   * Reports matching keys of all servers, in batches. A key that exists throughout is reported at least once.
   * @throws {StoreUnavailable} as {@linkcode send}
   */
  scan(pattern: string, onKeys: (keys: Buffer[]) => void): Promise<void>;
  /**
   * Listens on a channel, across reconnects, until the returned function is called.
   * @throws {StoreUnavailable} if it takes too long
   */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>>;
  /** Redis has refused a part of a script that needs a permission: checks what is missing, and reports it. */
  recheck(key: string): void;
  close(): void;
}

/** A library of Redis functions. */
export interface LibrarySource {
  /** Also of its function. No other source has the same. */
  readonly name: string;
  readonly source: string;
}

/** What a link that writes needs of each server. */
export interface WriteNeeds {
  /** Loaded where Redis has functions and lets okq use them. */
  library: LibrarySource;
  /** Changes are confirmed by replicas. */
  waits: boolean;
  /** The longest argument of a command. */
  argumentBytes: number;
}

/** How a link uses one of its servers. */
export interface ServerUse extends Pick<Link, "publish" | "channelPrefix"> {
  /** Its name, as part of a sentence. */
  server: string;
  username: string | undefined;
  /** A partition on that server. */
  partition: number;
  /** Undefined if the link only reads. */
  needs: WriteNeeds | undefined;
}

/** Codes with which Redis refuses a command before it begins, for a reason that may pass. */
export const TRANSIENT =
  /^-?(LOADING|READONLY|MASTERDOWN|OOM|NOREPLICAS|MISCONF|BUSY|CLUSTERDOWN|TRYAGAIN|NOTYET|MOVED|ASK|NOAUTH|WRONGPASS)\b/;

/**
 * The user of okq may not run a command, or not on its keys and channels; a script may have written before. Redis
 * before 7.2 tells scripts without the code.
 */
export const FORBIDDEN = /^-?NOPERM\b|ACL failure in script|The user executing the script/;

export function errorFromRedis(message: string): Error {
  const forbidden = FORBIDDEN.test(message);
  if (!forbidden && !TRANSIENT.test(message)) return new Error(`Redis answers ${message}`);
  return new StoreUnavailable(`Redis answers ${message}`, forbidden && /\bscript\b/.test(message));
}

/** @param server its name, as part of a sentence */
export function errorFromConnection(error: unknown, server: string): unknown {
  if (error instanceof StoreUnavailable) return error;
  if (error instanceof ErrorReply) return errorFromRedis(error.message);
  if (error instanceof ClientOfflineError) return new StoreUnavailable(`${server} cannot be reached`, false);
  if (!(error instanceof Error)) return error;
  return new StoreUnavailable(`the connection to ${server} broke (${error.message})`, true, { cause: error });
}

/** Part of a sentence. An error for a host with several addresses has its messages in its parts. */
export function reasonOf(error: unknown): string {
  if (error instanceof StoreUnavailable) return error.reason;
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  return error instanceof Error ? error.message || error.name : String(error);
}

/** Less than a millisecond of Redis. */
const SCAN_COUNT = "500";

/** Iterates a command of the SCAN family; `args` has no cursor. */
export async function scanAll(
  send: (args: Args) => Promise<unknown>,
  [command, ...args]: [command: string, ...args: Args],
  onItems: (items: Buffer[]) => void,
): Promise<void> {
  const key = command === "SCAN" ? [] : args.splice(0, 1);
  let cursor = "0";
  do {
    const [next, items] = await send([command, ...key, cursor, ...args, "COUNT", SCAN_COUNT]) as [
      Buffer,
      Buffer[],
    ];
    onItems(items);
    cursor = String(next);
  } while (cursor !== "0");
}

/** @throws {StoreUnavailable} with `reason`, if the promise takes too long */
export function withStoreTimeout<T>(promise: Promise<T>, timeoutMs: number, reason: () => string): Promise<T> {
  return withTimeout(promise, timeoutMs, () => {
    throw new StoreUnavailable(reason(), false);
  });
}
