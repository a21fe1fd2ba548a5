/**
 * The names of everything that okq keeps in Redis. No other file but `lua/batch.lua` knows them.
 *
 *     okq:layout               the version of this layout, a string
 *     okq:{<p>}:queues         set: the active queues of partition p
 *     okq:{<p>}:timers         sorted set: queue → when it must next be looked at (ms), never later than it is due
 *     okq:{<p>}:ready:<q>      list: ids of the ready events of queue q, left to right
 *     okq:{<p>}:events:<q>     hash: id → head (lua/events.lua describes it) and contents; in the empty field the queue's
 *                              policy and pause, if it has any (lua/policy.lua describes them)
 *     okq:{<p>}:leases:<q>     sorted set: id → deadline (ms) of the events being processed
 *     okq:{<p>}:later:<q>      sorted set: `l` or `r` and id → when that delayed event enters on that side (ms); `x` and
 *                              id → when that event's time is up (ms), infinite if it was up while it was processed;
 *                              `p` alone → when the queue's pause ends (ms)
 *     okq:{<p>}:failed:<q>     hash: id → how many deliveries have ended without QACK (2 bytes), and why the last did
 *     okq:{<p>}:consumers:<q>  hash: okq instance → `<consumers>:<when they are forgotten, ms>`
 *
 * A queue's name stands last and unescaped, so no name can collide with another's keys. A partition is a Cluster hash
 * tag: all its keys share a slot, and one script may touch them together.
 *
 * @module
 */
import { Buffer } from "../../deps.ts";
import { keyOf } from "../bytes.ts";
import { partitionOf, PARTITIONS } from "../partition.ts";

/** The version of the layout that this okq reads and writes. */
export const LAYOUT_VERSION = "3";

/** Where the version of the layout is kept. */
export const LAYOUT_KEY = "okq:layout";

/** How many keys {@linkcode queueKeys} gives; `lua/batch.lua` counts on their order. */
export const KEYS_PER_QUEUE = 8;

/** The set of the active queues of a partition. */
export const queuesKey = (partition: number): string => `okq:{${partition}}:queues`;

/** The timers of a partition. */
export const timersKey = (partition: number): string => `okq:{${partition}}:timers`;

/** What the names of all keys begin with, as a pattern of SCAN. */
export const ALL_KEYS = "okq:*";

/** What a key is, by its name alone. */
export interface KnownKey {
  /** `layout`, `queues`, `timers`, or what it holds of a queue. */
  kind: string;
  /** The name of the queue, where it is one queue's. */
  queue?: Buffer;
}

/** What is kept under a name, or undefined if nothing of okq's is. */
export function knownKey(key: Uint8Array): KnownKey | undefined {
  const name = keyOf(key);
  if (name === LAYOUT_KEY) return { kind: "layout" };
  const [, partition, kind, , of] =
    /^okq:\{(0|[1-9][0-9]*)\}:(queues|timers|(ready|events|leases|later|failed|consumers):([^]*))$/.exec(name) ?? [];
  if (partition === undefined) return undefined;
  if (of === undefined) return Number(partition) < PARTITIONS ? { kind } : undefined;
  const queue = Buffer.from(of, "latin1");
  return partitionOf(queue) === Number(partition) ? { kind: kind.split(":", 1)[0], queue } : undefined;
}

/** A key: text where its bytes are ASCII, which the driver sends faster. */
export type Key = string | Buffer;

/** Every key that an operation on the queue may touch, in the order that `lua/batch.lua` expects. */
export function queueKeys(queue: Uint8Array): Key[] {
  const partition = partitionOf(queue);
  const name = keyOf(queue);
  const ascii = queue.every((byte) => byte < 0x80);
  const named = (kind: string): Key => {
    const key = `okq:{${partition}}:${kind}:${name}`;
    return ascii ? key : Buffer.from(key, "latin1");
  };
  return [
    named("ready"),
    named("events"),
    named("leases"),
    named("later"),
    named("failed"),
    named("consumers"),
    queuesKey(partition),
    timersKey(partition),
  ];
}

/**
 * The Pub/Sub channel on which a queue's new events are told: the name of its ready list after a prefix that keeps the
 * databases of one Redis apart, since channels know no database. The driver takes channels as text, so each byte is
 * the character of that code.
 */
export function channelOf(queue: Uint8Array, prefix: string): string {
  return `${prefix}okq:{${partitionOf(queue)}}:ready:${keyOf(queue)}`;
}

/** What {@linkcode channelOf} puts first for a database. */
export const channelPrefix = (database: number): string => `${database}@`;
