/**
 * The Redis keys of the okq written in Go.
 *
 *     queue:{<q>}                list: ids of the ready events, left to right
 *     queue:{<q>}:claimed        list: ids of the leased events, the last popped on the left
 *     queue:{<q>}:items          hash: id → contents
 *     queue:{<q>}:consumers      sorted set: consumer → time of its last heartbeat in seconds, one every ten seconds
 *     queue:{<q>}:lock:<id>      string that expires with the lease
 *     queue:{<q>}:restore:<id>   string that expires ten seconds after an older version gave the event back
 *     queue:{<q>}:moving         set: ids that a migration has read; unknown to the Go okq
 *
 * @module
 */
import { Buffer } from "../deps.ts";
import { keyOf } from "../store/bytes.ts";

/** A pattern of SCAN. */
export const GO_KEYS = "queue:{*";

export interface GoKeys {
  ready: Buffer;
  claimed: Buffer;
  items: Buffer;
  consumers: Buffer;
  moving: Buffer;
}

export function goKeys(queue: Uint8Array): GoKeys {
  const key = (suffix: string) => Buffer.from(`queue:{${keyOf(queue)}}${suffix}`, "latin1");
  return {
    ready: key(""),
    claimed: key(":claimed"),
    items: key(":items"),
    consumers: key(":consumers"),
    moving: key(":moving"),
  };
}

/** Undefined for locks and keys of other programs. */
export function goQueueOf(key: Uint8Array): Buffer | undefined {
  const [, name] = /^queue:\{([^]*)\}(?::claimed|:items|:consumers|:moving)?$/.exec(keyOf(key)) ?? [];
  return name === undefined ? undefined : Buffer.from(name, "latin1");
}

/** A queue's name may look the same, but only a lock is a string. */
export function looksLikeLock(key: Uint8Array): boolean {
  return /\}:(?:lock|restore):/.test(keyOf(key));
}
