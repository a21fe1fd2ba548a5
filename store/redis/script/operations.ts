/**
 * The operations of the script: their codes and how the results of each are read. Arguments and results are described in
 * `lua/`, where each operation is.
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

/** An operation and the type of its result. */
export interface Operation<Result> {
  /** Its place in the script's table, from 1. */
  readonly code: number;
  /** Whether it may change something. */
  readonly writes: boolean;
  /** Takes the operation's results off the script's reply. */
  read(reply: Unpacker): Result;
}

const uint = (reply: Unpacker): number => reply.uint();

function event(reply: Unpacker): Event | null {
  const id = reply.bytes();
  return id && { id, contents: stripHeader(reply.bytes()!) };
}

function claimed(reply: Unpacker): Claimed[] {
  return Array.from({ length: reply.uint() }, () => {
    const id = reply.bytes()!;
    const value = reply.bytes()!;
    const failed = reply.uint();
    return { id, contents: stripHeader(value), attempt: failed + 1, receipt: makeReceipt(value, failed) };
  });
}

const pushed = (reply: Unpacker): boolean => reply.uint() === 1;

/** The figures of a queue that the store keeps. */
export type StoredQueueStatus = Omit<QueueStatus, "queue" | keyof QueueCounts>;

function figures(reply: Unpacker): StoredQueueStatus {
  const [total, processing, consumers] = [reply.uint(), reply.uint(), reply.uint()];
  const [ready, oldestMs, paused] = [reply.uint(), reply.uint(), reply.uint() === 1];
  return { total, processing, consumers, ready, delayed: total - ready - processing, oldestMs, paused };
}

/** What came of something that may need the dead queue's place. */
interface Failed {
  /** The name of the dead queue, if it has to be done again with the place of that. */
  needed: Uint8Array | null;
}

function info(reply: Unpacker, id: Uint8Array, state: EventState): EventInfo {
  const [attempts, ageMs, size, dueMs] = [reply.uint(), reply.uint(), reply.uint(), reply.uint()];
  return { id, state, attempts, ageMs, size, dueMs };
}

function infos(reply: Unpacker, state: EventState): EventInfo[] {
  return Array.from({ length: reply.uint() }, () => info(reply, reply.bytes()!, state));
}

/** A part of a list that ZSCAN went through. */
interface Scanned {
  cursor: string;
  events: EventInfo[];
}

const scanned = (state: EventState) => (reply: Unpacker): Scanned => ({
  cursor: keyOf(reply.bytes()!),
  events: infos(reply, state),
});

/** The codes of states. */
const STATES: EventState[] = ["ready", "processing", "delayed"];

function details(reply: Unpacker): EventDetails | null {
  const id = reply.bytes();
  if (id === null) return null;
  const known = info(reply, id, "ready");
  const state = STATES[reply.uint()];
  const ends = reply.uint() === 1;
  const endMs = reply.uint();
  const reason = reply.bytes()!;
  return { ...known, state, expiresMs: ends ? endMs : null, reason, contents: stripHeader(reply.bytes()!) };
}

export const PUSH_LEFT: Operation<boolean> = { code: 1, writes: true, read: pushed };
export const PUSH_RIGHT: Operation<boolean> = { code: 2, writes: true, read: pushed };
export const PEEK_LEFT: Operation<Event | null> = { code: 3, writes: false, read: event };
export const PEEK_RIGHT: Operation<Event | null> = { code: 4, writes: false, read: event };
export const POP: Operation<Event | null> = { code: 5, writes: true, read: event };
export const ACK: Operation<number> = { code: 7, writes: true, read: uint };
export const REDO: Operation<number> = { code: 10, writes: true, read: uint };
export const FLUSH: Operation<number> = { code: 13, writes: true, read: uint };
export const READY: Operation<number> = { code: 14, writes: false, read: uint };
export const STATUS: Operation<StoredQueueStatus> = { code: 15, writes: false, read: figures };
export const REGISTER: Operation<number> = { code: 16, writes: true, read: uint };
export const RECLAIM: Operation<Failed & { ready: number; more: boolean }> = {
  code: 17,
  writes: true,
  read: (reply) => ({ ready: reply.uint(), more: reply.uint() === 1, needed: reply.bytes() }),
};
export const PUSH_LEFT_OPTIONS: Operation<boolean> = { code: 18, writes: true, read: pushed };
export const PUSH_RIGHT_OPTIONS: Operation<boolean> = { code: 19, writes: true, read: pushed };
export const CLAIM: Operation<Claimed[]> = { code: 6, writes: true, read: claimed };
export const ACK_DELIVERY: Operation<number> = { code: 8, writes: true, read: uint };
export const RELEASE: Operation<number> = { code: 11, writes: true, read: uint };
export const NACK: Operation<Failed & { done: number }> = {
  code: 12,
  writes: true,
  read: (reply) => ({ done: reply.uint(), needed: reply.bytes() }),
};
export const TOUCH: Operation<number> = { code: 9, writes: true, read: uint };
export const POLICY: Operation<Policy> = { code: 20, writes: false, read: (reply) => readPolicyRecord(reply.bytes()) };
export const SET_POLICY: Operation<number> = { code: 21, writes: true, read: uint };
export const PAUSE: Operation<number> = { code: 22, writes: true, read: uint };
export const RESUME: Operation<number> = { code: 23, writes: true, read: uint };
export const MOVE: Operation<MoveResult & { more: boolean }> = {
  code: 24,
  writes: true,
  read: (reply) => ({ moved: reply.uint(), skipped: reply.uint(), more: reply.uint() === 1 }),
};
export const LIST_READY: Operation<{ events: EventInfo[]; birth: Uint8Array; place: number; more: boolean }> = {
  code: 25,
  writes: false,
  read: (reply) => ({
    events: infos(reply, "ready"),
    birth: reply.bytes()!,
    place: reply.uint(),
    more: reply.uint() === 1,
  }),
};
export const LIST_PROCESSING: Operation<Scanned> = { code: 26, writes: false, read: scanned("processing") };
export const LIST_DELAYED: Operation<Scanned> = { code: 27, writes: false, read: scanned("delayed") };
export const GET: Operation<EventDetails | null> = { code: 28, writes: false, read: details };
