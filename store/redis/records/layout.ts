/**
 * Keys and values in Redis, for records: `lua/groups.lua` describes those of groups.
 *
 * @module
 */
import { Buffer } from "../../../deps.ts";
import type { Side } from "../../store.ts";
import type { Link } from "../connection/link.ts";
import { type Key, queueKeys, type SharedKeys, sharedKeys } from "../keys.ts";

/** The keys that all queues share, of each partition in a Cluster. */
export function sharedKeysOf({ batchers }: Link): SharedKeys[] {
  return Array.from({ length: batchers }, (_, partition) => sharedKeysFor(batchers, partition));
}

export function sharedKeysFor(batchers: number, partition: number): SharedKeys {
  return sharedKeys(batchers > 1 ? partition : undefined);
}

type Kind =
  | "ready"
  | "events"
  | "large"
  | "leases"
  | "later"
  | "failed"
  | "tombstones"
  | "groups"
  | "blocked"
  | "done";

/** The keys of a queue. */
export function keysByKind(queue: Uint8Array): Record<Kind, Key> {
  const [ready, events, large, leases, later, failed, tombstones, , , groups, blocked, done] = queueKeys(queue);
  return { ready, events, large, leases, later, failed, tombstones, groups, blocked, done };
}

/** The kinds of a delayed event in `later`: the side on which it enters. */
export const ENTER: Record<Side, number> = { left: 0x6c, right: 0x72 };

/** An entry of `later`. @param kind its first letter */
export function laterEntry(kind: string, id: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(kind), id]);
}

/** Number of the first event in a line that has had none on the right. */
const MIDDLE = 2 ** 47;
const NUMBER_BYTES = 6;
const STATE_BYTES = 24;

export interface GroupState {
  held: number;
  /** Leased ones of them. */
  out: number;
  blocked: number;
  first: number;
  last: number;
}

/** Null is that of a group without events. */
export function readGroupState(state: Buffer | null): GroupState {
  if (state === null) return { held: 0, out: 0, blocked: 0, first: MIDDLE, last: MIDDLE };
  return {
    held: state.readUInt32BE(0),
    out: state.readUInt32BE(4),
    blocked: state.readUInt32BE(8),
    first: state.readUIntBE(12, NUMBER_BYTES),
    last: state.readUIntBE(12 + NUMBER_BYTES, NUMBER_BYTES),
  };
}

export function packGroupState({ held, out, blocked, first, last }: GroupState): Buffer {
  const state = Buffer.alloc(STATE_BYTES);
  [held, out, blocked].forEach((number, i) => state.writeUInt32BE(number, 4 * i));
  [first, last].forEach((number, i) => state.writeUIntBE(number, 12 + NUMBER_BYTES * i, NUMBER_BYTES));
  return state;
}

/** The field of `blocked` of an event. */
export function blockedField(group: Uint8Array, number: number): Buffer {
  const field = Buffer.alloc(group.length + NUMBER_BYTES);
  field.set(group);
  field.writeUIntBE(number, group.length, NUMBER_BYTES);
  return field;
}
