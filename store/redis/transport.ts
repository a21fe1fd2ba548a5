/**
 * The way to Redis: what the rest of the Redis store asks of a connection. One server is the only kind of way so far;
 * another kind brings a transport of its own and a rule for which lane a queue uses, and changes nothing else.
 *
 * @module
 */
import { StoreUnavailable } from "../store.ts";
import type { Key } from "./keys.ts";

/** A connection, or several, to the same data. */
export interface Transport {
  /** Whether a command sent now would go out at once. */
  readonly ready: boolean;
  /** Why not, as part of a sentence. */
  whyNotReady(): string;
  /**
   * Calls `queue.lua`.
   * @throws {StoreUnavailable} if the connection is lost or Redis refuses for now
   */
  run(keys: Key[], packed: Uint8Array): Promise<Uint8Array>;
  /** The error for the words with which Redis refused a command. */
  errorFrom(message: string): Error;
}

/** With these codes Redis refuses a command without having begun it, for a reason that will pass. */
const PASSING =
  /^(-?)(LOADING|READONLY|MASTERDOWN|OOM|NOREPLICAS|MISCONF|BUSY|CLUSTERDOWN|TRYAGAIN|NOAUTH|WRONGPASS)\b/;

/** The error for the words with which Redis refused a command. */
export function errorFromRedis(message: string): Error {
  return PASSING.test(message)
    ? new StoreUnavailable(`Redis answers ${message}`, false)
    : new Error(`Redis answers ${message}`);
}
