/**
 * The operations of the script: code, number of arguments, and how a result is read. The files in `lua/` describe the
 * arguments and the result of each; `lua/dispatch.lua` has the same table for Redis, with the names in lower case.
 *
 * @module
 */
import { keyOf } from "../../bytes.ts";
import type { QueueCounts } from "../../counters.ts";
import type { Policy } from "../../policy.ts";
import type { Claimed, Event, EventDetails, EventInfo, EventState, MoveResult, QueueStatus } from "../../store.ts";
import { makeReceipt, stripHeader } from "./event_header.ts";
import type { Unpacker } from "../batching/msgpack.ts";
import { readPolicyRecord } from "./policy_record.ts";

/** An argument of an operation. A queue, which must be in the same partition, is sent as its position in the batch. */
export type Argument = Uint8Array | number | { queue: Uint8Array };

/** An operation with the types of its arguments and its result. */
export interface Operation<Args extends Argument[], Result> {
  /** Its number in the script's table, from 1. */
  readonly code: number;
  /** Number of arguments after the parameter. */
  readonly args: number;
  /** Whether it may change something. */
  readonly writes: boolean;
  /** Takes the operation's result off the script's reply. */
  read(reply: Unpacker): Result;
}

/** A queue's status without what each okq instance counts for itself. */
export type StoredQueueStatus = Omit<QueueStatus, "queue" | keyof QueueCounts>;

/** Part of the result of an operation that may move events to the dead queue. */
interface MayNeedDeadQueue {
  /** Name of the dead queue if the operation did nothing because it was not given that queue; otherwise null. */
  needed: Uint8Array | null;
}

/** Part of a list that ZSCAN iterates over. */
interface ScannedPart {
  cursor: string;
  events: EventInfo[];
}

/** Part of the list of ready events. */
interface ReadyPart {
  events: EventInfo[];
  /** Stamp of the last event. */
  stamp: Uint8Array;
  /** Position of the last event from the right, from 1. */
  position: number;
  more: boolean;
}

/** The states of events by their codes in the result of `get`. */
const STATES: EventState[] = ["ready", "processing", "delayed"];

const uint = (reply: Unpacker): number => reply.uint();

const bool = (reply: Unpacker): boolean => reply.uint() === 1;

const policy = (reply: Unpacker): Policy => readPolicyRecord(reply.bytes());

const nacked = (reply: Unpacker) => ({ done: reply.uint(), needed: reply.bytes() });

const reclaimed = (reply: Unpacker) => ({ ready: reply.uint(), more: bool(reply), needed: reply.bytes() });

const moved = (reply: Unpacker) => ({ moved: reply.uint(), skipped: reply.uint(), more: bool(reply) });

function event(reply: Unpacker): Event | null {
  const id = reply.bytes();
  return id && { id, contents: stripHeader(reply.bytes()!) };
}

function claimed(reply: Unpacker): Claimed[] {
  return Array.from({ length: reply.uint() }, () => {
    const id = reply.bytes()!;
    const value = reply.bytes()!;
    const failures = reply.uint();
    return { id, contents: stripHeader(value), attempt: failures + 1, receipt: makeReceipt(value, failures) };
  });
}

function status(reply: Unpacker): StoredQueueStatus {
  const [total, processing, consumers] = [reply.uint(), reply.uint(), reply.uint()];
  const [ready, oldestMs, paused] = [reply.uint(), reply.uint(), bool(reply)];
  return { total, processing, consumers, ready, delayed: total - ready - processing, oldestMs, paused };
}

function info(reply: Unpacker, id: Uint8Array, state: EventState): EventInfo {
  const [attempts, ageMs, size, dueMs] = [reply.uint(), reply.uint(), reply.uint(), reply.uint()];
  return { id, state, attempts, ageMs, size, dueMs };
}

function infos(reply: Unpacker, state: EventState): EventInfo[] {
  return Array.from({ length: reply.uint() }, () => info(reply, reply.bytes()!, state));
}

const readyPart = (reply: Unpacker): ReadyPart => ({
  events: infos(reply, "ready"),
  stamp: reply.bytes()!,
  position: reply.uint(),
  more: bool(reply),
});

const scannedPart = (state: EventState) => (reply: Unpacker): ScannedPart => ({
  cursor: keyOf(reply.bytes()!),
  events: infos(reply, state),
});

function details(reply: Unpacker): EventDetails | null {
  const id = reply.bytes();
  if (id === null) return null;
  const known = info(reply, id, "ready");
  const state = STATES[reply.uint()];
  const expires = bool(reply);
  const timeLeftMs = reply.uint();
  const reason = reply.bytes()!;
  const contents = stripHeader(reply.bytes()!);
  return { ...known, state, expiresMs: expires ? timeLeftMs : null, reason, contents };
}

type EventArgs = [id: Uint8Array, contents: Uint8Array];

/** An empty receipt is that of any delivery. */
type DeliveryArgs = [id: Uint8Array, receipt: Uint8Array];

export const PUSH_LEFT: Operation<EventArgs, boolean> = { code: 1, args: 2, writes: true, read: bool };
export const PUSH_RIGHT: Operation<EventArgs, boolean> = { code: 2, args: 2, writes: true, read: bool };
export const PEEK_LEFT: Operation<[], Event | null> = { code: 3, args: 0, writes: false, read: event };
export const PEEK_RIGHT: Operation<[], Event | null> = { code: 4, args: 0, writes: false, read: event };
export const POP: Operation<[], Event | null> = { code: 5, args: 0, writes: true, read: event };
export const CLAIM: Operation<[count: number], Claimed[]> = { code: 6, args: 1, writes: true, read: claimed };
export const ACK: Operation<[id: Uint8Array], number> = { code: 7, args: 1, writes: true, read: uint };
export const ACK_DELIVERY: Operation<DeliveryArgs, number> = { code: 8, args: 2, writes: true, read: uint };
export const TOUCH: Operation<DeliveryArgs, number> = { code: 9, args: 2, writes: true, read: uint };
export const REDO: Operation<DeliveryArgs, number> = { code: 10, args: 2, writes: true, read: uint };
export const RELEASE: Operation<DeliveryArgs, number> = { code: 11, args: 2, writes: true, read: uint };
export const NACK: Operation<
  [...DeliveryArgs, reason: Uint8Array, deadQueue: Argument],
  { done: number } & MayNeedDeadQueue
> = { code: 12, args: 4, writes: true, read: nacked };
export const FLUSH: Operation<[], number> = { code: 13, args: 0, writes: true, read: uint };
export const READY: Operation<[], number> = { code: 14, args: 0, writes: false, read: uint };
export const STATUS: Operation<[], StoredQueueStatus> = { code: 15, args: 0, writes: false, read: status };
export const REGISTER: Operation<[instance: Uint8Array, consumers: Uint8Array], number> = {
  code: 16,
  args: 2,
  writes: true,
  read: uint,
};
export const RECLAIM: Operation<[deadQueue: Argument], { ready: number; more: boolean } & MayNeedDeadQueue> = {
  code: 17,
  args: 1,
  writes: true,
  read: reclaimed,
};
export const PUSH_LEFT_OPTIONS: Operation<[...EventArgs, ttlMs: number], boolean> = {
  code: 18,
  args: 3,
  writes: true,
  read: bool,
};
export const PUSH_RIGHT_OPTIONS: Operation<[...EventArgs, ttlMs: number], boolean> = {
  code: 19,
  args: 3,
  writes: true,
  read: bool,
};
export const POLICY: Operation<[], Policy> = { code: 20, args: 0, writes: false, read: policy };
export const SET_POLICY: Operation<[change: Uint8Array], number> = { code: 21, args: 1, writes: true, read: uint };
export const PAUSE: Operation<[], number> = { code: 22, args: 0, writes: true, read: uint };
export const RESUME: Operation<[], number> = { code: 23, args: 0, writes: true, read: uint };
export const MOVE: Operation<[destination: { queue: Uint8Array }, skipped: number], MoveResult & { more: boolean }> = {
  code: 24,
  args: 2,
  writes: true,
  read: moved,
};
export const LIST_READY: Operation<[id: Uint8Array, stamp: Uint8Array, position: number], ReadyPart> = {
  code: 25,
  args: 3,
  writes: false,
  read: readyPart,
};
export const LIST_PROCESSING: Operation<[cursor: Uint8Array], ScannedPart> = {
  code: 26,
  args: 1,
  writes: false,
  read: scannedPart("processing"),
};
export const LIST_DELAYED: Operation<[cursor: Uint8Array], ScannedPart> = {
  code: 27,
  args: 1,
  writes: false,
  read: scannedPart("delayed"),
};
export const GET: Operation<[id: Uint8Array], EventDetails | null> = {
  code: 28,
  args: 1,
  writes: false,
  read: details,
};
