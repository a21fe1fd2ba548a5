/**
 * The names of what the okq written in Go keeps in Redis.
 *
 *     queue:{<q>}                list: ids of the ready events of queue q, left to right
 *     queue:{<q>}:claimed        list: ids of the events being processed, the last popped on the left
 *     queue:{<q>}:items          hash: id → contents
 *     queue:{<q>}:consumers      sorted set: consumer → its last sign of life (seconds), given every ten seconds
 *     queue:{<q>}:lock:<id>      string that expires with the lease of the event
 *     queue:{<q>}:restore:<id>   string that expires ten seconds after an older version gave the event back
 *     queue:{<q>}:moving         set: ids that are being moved by us; the Go okq does not know it
 *
 * @module
 */
import { Buffer } from "../deps.ts";
import { keyOf } from "../store/bytes.ts";

/** What the names of all keys begin with, as a pattern of SCAN. */
export const GO_KEYS = "queue:{*";

/** The keys of a queue. */
export interface GoKeys {
  ready: Buffer;
  claimed: Buffer;
  items: Buffer;
  consumers: Buffer;
  moving: Buffer;
}

/** The keys of a queue by its name. */
export function goKeys(queue: Uint8Array): GoKeys {
  const key = (end: string) => Buffer.from(`queue:{${keyOf(queue)}}${end}`, "latin1");
  return {
    ready: key(""),
    claimed: key(":claimed"),
    items: key(":items"),
    consumers: key(":consumers"),
    moving: key(":moving"),
  };
}

/** The name of the queue whose key this is; undefined for locks and what is not of the Go okq. */
export function goQueueOf(key: Uint8Array): Buffer | undefined {
  const [, name] = /^queue:\{([^]*)\}(?::claimed|:items|:consumers|:moving)?$/.exec(keyOf(key)) ?? [];
  return name === undefined ? undefined : Buffer.from(name, "latin1");
}

/** Whether a key looks like the lock of an event. The name of a queue may look so too: only a lock is a string. */
export function looksLocked(key: Uint8Array): boolean {
  return /\}:(?:lock|restore):/.test(keyOf(key));
}
