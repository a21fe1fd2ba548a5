/**
 * The names of all that okq stores in Redis. Only `script/lua/prelude.lua` knows them too.
 *
 *     okq:layout               string: version of this layout, and whether a Cluster has it, as layout.ts describes it
 *     okq:queues               set: active queues
 *     okq:timers               sorted set: queue → when the reclaimer checks it next (ms), never later than it is due
 *     okq:instances            sorted set: okq instance with consumers → until when it is alive (µs); negative if it
 *                              is dead for good, as queue.lua describes it
 *     okq:timetables           hash: queue and timetable → its record, as timetables.lua describes both
 *     okq:schedule             sorted set: queue and timetable → its next time (ms)
 *     okq:loading              hash: queue → how far a migration or load has written it; gone when that is complete
 *     okq:{<p>}:probe          of any type, gone after the check of permissions that writes it
 *     okq:{<p>}:contents:<t>   string: large contents of an event or a timetable; contents.lua says what the token t is
 *     okq:{<p>}:ready:<q>      list: ids of the ready events of queue q, left to right
 *     okq:{<p>}:events:<q>     hash: id → header and small contents, as prelude.lua describes them; in the empty field
 *                              the record of the queue's policy and state, if there is one, as queue.lua describes it
 *     okq:{<p>}:large:<q>      hash: id → size (4 bytes) and token of its large contents
 *     okq:{<p>}:flushed:<q>    hash: the same of flushed events, until their contents are removed
 *     okq:{<p>}:leases:<q>     sorted set: id → end of the lease (ms)
 *     okq:{<p>}:later:<q>      sorted set: `l` or `r` and an id → when that delayed event enters on that side (ms); `x`
 *                              and an id → when that event expires (ms); `p` → when the pause of the queue ends (ms)
 *     okq:{<p>}:failed:<q>     hash: id → number of failed deliveries (2 bytes) and reason of the last one
 *     okq:{<p>}:tombstones:<q> set: ids of removed events that are still in the ready list, as ready_list.lua describes
 *     okq:{<p>}:consumers:<q>  hash: okq instance → number of its consumers
 *     okq:{<p>}:groups:<q>     hash: key of a group → its places and its line, as groups.lua describes them
 *     okq:{<p>}:blocked:<q>    hash: key of a group and number in its line (6 bytes) → id of a blocked event
 *     okq:{<p>}:done:<q>       sorted set: id of an acknowledged event → until when it is remembered (ms)
 *
 * A queue's name comes last and unescaped, so that no queue has the key of another. A partition is the hash tag of its
 * keys: in a Cluster they share a slot, and one script may use them together. So there each partition p has queues,
 * timers, instances and timetables of its own, `okq:{<p>}:queues` and so on.
 *
 * @module
 */
import { Buffer } from "../../deps.ts";
import { keyOf } from "../bytes.ts";
import { partitionOf, PARTITIONS } from "../partition.ts";

/** The version that this okq reads and writes. */
export const LAYOUT_VERSION = "8";

export const LAYOUT_KEY = "okq:layout";

/** Keys that queues share. */
export interface SharedKeys {
  readonly queues: string;
  readonly timers: string;
  readonly instances: string;
  readonly timetables: string;
  readonly schedule: string;
  readonly loading: string;
}

/** Of all queues on one Redis, or in a Cluster of the queues of a partition. */
export function sharedKeys(partition?: number): SharedKeys {
  const prefix = partition === undefined ? "okq" : `okq:{${partition}}`;
  return {
    queues: `${prefix}:queues`,
    timers: `${prefix}:timers`,
    instances: `${prefix}:instances`,
    timetables: `${prefix}:timetables`,
    schedule: `${prefix}:schedule`,
    loading: `${prefix}:loading`,
  };
}

export const probeKey = (partition: number): string => `okq:{${partition}}:probe`;

/**
 * Of large contents, in the slot of the partition's other keys.
 * @param token no other contents have the same
 */
export const contentsKey = (partition: number, token: string): string => `okq:{${partition}}:contents:${token}`;

export const ALL_KEYS = "okq:*";

export interface KnownKey {
  /** `layout`, `probe`, `contents`, one of the shared keys, such as `queues`, or of a queue's keys, such as `ready`. */
  kind: string;
  queue?: Buffer;
}

const KINDS = [
  "ready",
  "events",
  "large",
  "leases",
  "later",
  "failed",
  "tombstones",
  "flushed",
  "consumers",
  "groups",
  "blocked",
  "done",
];

const SHARED = /^okq:(?:\{(0|[1-9][0-9]*)\}:)?(queues|timers|instances|timetables|schedule|loading)$/;

const KNOWN = new RegExp(`^okq:\\{(0|[1-9][0-9]*)\\}:(probe|contents:[^]*|(${KINDS.join("|")}):([^]*))$`);

/** Undefined if okq never uses such a key. */
export function knownKey(key: Uint8Array, isCluster: boolean): KnownKey | undefined {
  const name = keyOf(key);
  if (name === LAYOUT_KEY) return { kind: "layout" };
  const [, sharer, shared] = SHARED.exec(name) ?? [];
  if (shared !== undefined) {
    const isKnown = isCluster ? Number(sharer) < PARTITIONS : sharer === undefined;
    return isKnown ? { kind: shared } : undefined;
  }
  const [, partition, kind, , queueName] = KNOWN.exec(name) ?? [];
  if (partition === undefined) return undefined;
  if (queueName === undefined) return Number(partition) < PARTITIONS ? { kind: kind.split(":", 1)[0] } : undefined;
  const queue = Buffer.from(queueName, "latin1");
  return partitionOf(queue) === Number(partition) ? { kind: kind.split(":", 1)[0], queue } : undefined;
}

/** Text only if its bytes are ASCII. */
export type Key = string | Buffer;

/** In the order that the scripts expect, before {@linkcode queueKeys}. */
export function listOf({ queues, timers, instances, timetables, schedule }: SharedKeys): Key[] {
  return [queues, timers, instances, timetables, schedule];
}

/** The keys that only this queue has, in the order that the scripts expect. */
export function queueKeys(queue: Uint8Array): Key[] {
  const isText = queue.every((byte) => byte < 0x80);
  return keyNames(queue, KINDS).map((name) => isText ? name : Buffer.from(name, "latin1"));
}

/** The first of {@linkcode queueKeys}. */
export function readyKey(queue: Uint8Array): Buffer {
  return Buffer.from(readyName(queue), "latin1");
}

/**
 * The key of the ready list, after a prefix that keeps the databases of one Redis apart, because channels belong to no
 * database. The driver takes channels as text.
 */
export function channelOf(queue: Uint8Array, prefix: string): string {
  return prefix + readyName(queue);
}

const readyName = (queue: Uint8Array): string => keyNames(queue, ["ready"])[0];

/** Keys of a queue as text: each byte is the character with that code. */
function keyNames(queue: Uint8Array, kinds: string[]): string[] {
  const [partition, name] = [partitionOf(queue), keyOf(queue)];
  return kinds.map((kind) => `okq:{${partition}}:${kind}:${name}`);
}

export const channelPrefix = (database: number): string => `${database}@`;
