/**
 * The operations of the script, which a batch names. The files in `lua/` describe arguments and results.
 *
 * @module
 */
import { keyOf } from "../../bytes.ts";
import type { QueueCounts } from "../../counters.ts";
import type { Policy } from "../../policy.ts";
import type {
  BuryResult,
  Claimed,
  Event,
  EventDetails,
  EventInfo,
  EventState,
  FireResult,
  MoveEventResult,
  QueueStatus,
} from "../../store.ts";
import { makeReceipt, type ReadableEvent, readEvent, setContents } from "./event_header.ts";
import type { Unpacker } from "../batching/msgpack.ts";
import { readPolicyRecord } from "./policy_record.ts";

/** A queue, which must be in the same partition, is sent as its position in the batch. */
export type Argument = Uint8Array | number | { queue: Uint8Array } | Uint8Array[];

export interface Operation<Args extends Argument[], Result> {
  readonly name: Uint8Array;
  /** Arguments after the parameter. */
  readonly args: number;
  /** The second argument is the contents of an event, or the ids and contents of events in turn. */
  readonly stores: boolean;
  /** It may change something. */
  readonly writes: boolean;
  read(reply: Unpacker, unread: UnreadEvent[]): Result;
}

/** Without what each okq instance counts for itself. */
export type StoredQueueStatus = Omit<QueueStatus, "queue" | keyof QueueCounts>;

/** By their codes in the result of `get`. */
const STATES: EventState[] = ["ready", "processing", "delayed", "blocked", "done"];

const uint = (reply: Unpacker): number => reply.uint();

const bool = (reply: Unpacker): boolean => reply.uint() === 1;

const duplicate = (reply: Unpacker): Uint8Array | null => reply.bytes();

const policy = (reply: Unpacker): Policy => readPolicyRecord(reply.bytes());

/** `needed` is the dead queue, if the operation did nothing because it was not given that queue. */
const nacked = (reply: Unpacker) => ({ done: reply.uint(), needed: reply.bytes() });

/** `nextPart` is where to go on sweeping the ready list, or 0. */
const reclaimed = (reply: Unpacker) => ({ ready: reply.uint(), nextPart: reply.uint(), needed: reply.bytes() });

/** By their codes. */
const BURY_RESULTS: BuryResult[] = ["absent", "buried", "duplicate"];

const buried = (reply: Unpacker) => ({ result: BURY_RESULTS[reply.uint()], needed: reply.bytes() });

/** By their codes. */
const MOVE_EVENT_RESULTS: MoveEventResult[] = ["absent", "moved", "duplicate", "full"];

const movedEvent = (reply: Unpacker) => MOVE_EVENT_RESULTS[reply.uint()];

const moved = (reply: Unpacker) => ({ moved: reply.uint(), skipped: reply.uint(), more: bool(reply) });

/** An event whose large contents are still to be read. Until then they are empty. */
export interface UnreadEvent {
  event: ReadableEvent;
  /** Where its contents are, or null if they are lost. */
  key: Uint8Array | null;
  /** Of the contents, in bytes, with the meta before them. */
  size: number;
  /** Length of that meta; -1 without meta. */
  metaBytes: number;
  /** The operation has removed the event: whoever reads its contents deletes them. */
  isRemoved: boolean;
}

const EMPTY: Uint8Array = new Uint8Array();

function withContents<T extends ReadableEvent>(event: T, value: Uint8Array, reply: Unpacker, unread: UnreadEvent[]): T {
  const { group, metaBytes, small, largeBytes } = readEvent(value);
  if (group !== null) event.group = group;
  if (small !== null) setContents(event, small, metaBytes);
  else {
    const key = reply.bytes();
    unread.push({ event, key, size: largeBytes, metaBytes, isRemoved: bool(reply) });
  }
  return event;
}

function event(reply: Unpacker, unread: UnreadEvent[]): Event | null {
  const id = reply.bytes();
  return id && withContents({ id, contents: EMPTY }, reply.bytes()!, reply, unread);
}

function claimed(reply: Unpacker, unread: UnreadEvent[]): Claimed[] {
  return Array.from({ length: reply.uint() }, () => {
    const id = reply.bytes()!;
    const value = reply.bytes()!;
    const known = { id, contents: EMPTY, attempt: 0, receipt: EMPTY, group: null, meta: null };
    const event = withContents<Claimed>(known, value, reply, unread);
    const failures = reply.uint();
    event.attempt = failures + 1;
    event.receipt = makeReceipt(value, failures);
    return event;
  });
}

function status(reply: Unpacker): StoredQueueStatus {
  const [total, processing, consumers] = [reply.uint(), reply.uint(), reply.uint()];
  const [ready, oldestMs, paused] = [reply.uint(), reply.uint(), bool(reply)];
  const [blocked, limited] = [reply.uint(), bool(reply)];
  const delayed = total - ready - processing - blocked;
  return { total, processing, consumers, ready, delayed, blocked, oldestMs, paused, limited };
}

function info(reply: Unpacker, id: Uint8Array, state: EventState): EventInfo {
  const [attempts, ageMs, size, dueMs] = [reply.uint(), reply.uint(), reply.uint(), reply.uint()];
  return { id, state, attempts, ageMs, size, dueMs };
}

function infos(reply: Unpacker, state: EventState): EventInfo[] {
  return Array.from({ length: reply.uint() }, () => info(reply, reply.bytes()!, state));
}

/** `lastId` is empty if there are no events. */
const readyPart = (reply: Unpacker) => ({
  events: infos(reply, "ready"),
  lastId: reply.bytes()!,
  stamp: reply.bytes()!,
  position: reply.uint(),
  more: bool(reply),
});

const scannedPart = (state: EventState) => (reply: Unpacker) => ({
  cursor: keyOf(reply.bytes()!),
  events: infos(reply, state),
});

type ScannedPart = ReturnType<ReturnType<typeof scannedPart>>;

function details(reply: Unpacker, unread: UnreadEvent[]): EventDetails | null {
  const id = reply.bytes();
  if (id === null) return null;
  const known = info(reply, id, "ready");
  const state = STATES[reply.uint()];
  const expires = bool(reply);
  const timeLeftMs = reply.uint();
  const reason = reply.bytes()!;
  const [group, meta] = [null, null];
  const event = { ...known, state, expiresMs: expires ? timeLeftMs : null, reason, group, meta, contents: EMPTY };
  reply.bytes(); // the id again
  return withContents<EventDetails>(event, reply.bytes()!, reply, unread);
}

/** `key` is that of large contents. */
const timetable = (reply: Unpacker) => ({ record: reply.bytes(), nextAt: reply.uint(), key: reply.bytes() });

/** By their codes. */
const FIRE_RESULTS: FireResult[] = ["duplicate", "pushed", "full", "changed"];

const fired = (reply: Unpacker) => FIRE_RESULTS[reply.uint()];

type EventArgs = [id: Uint8Array, contents: Uint8Array];

/** `contents` has the meta in front; the group is empty for none, `metaBytes` -1. */
type PushOptionsArgs = [...EventArgs, ttlMs: number, group: Uint8Array, metaBytes: number];

/** The rest as of `PushOptionsArgs`. */
type PushAllArgs = [ttlMs: number, events: Uint8Array[], group: Uint8Array, metaBytes: number];

/** An empty receipt is that of any delivery. */
type DeliveryArgs = [id: Uint8Array, receipt: Uint8Array];

type NackArgs = [...DeliveryArgs, reason: Uint8Array, deadQueue: Argument];

type MoveArgs = [destination: { queue: Uint8Array }, skipped: number];

/** `contents` has the meta in front; the group is empty for none, `metaBytes` -1. Times are in milliseconds. */
type TimetableArgs = [
  name: Uint8Array,
  contents: Uint8Array,
  rule: Uint8Array,
  group: Uint8Array,
  metaBytes: number,
  nextAt: number,
  lastAt: number,
];

type ListReadyArgs = [id: Uint8Array, stamp: Uint8Array, position: number];

const utf8 = new TextEncoder();

const operation = (writes: boolean, stores = false) =>
<Args extends Argument[], Result>(
  name: string,
  args: number,
  read: (reply: Unpacker, unread: UnreadEvent[]) => Result,
): Operation<Args, Result> => ({ name: utf8.encode(name), args, writes, stores, read });

const reads = operation(false);
const changes = operation(true);
const stores = operation(true, true);

export const PUSH_LEFT = stores<EventArgs, boolean>("push_left", 2, bool);
export const PUSH_RIGHT = stores<EventArgs, boolean>("push_right", 2, bool);
export const PEEK_LEFT = reads<[], Event | null>("peek_left", 0, event);
export const PEEK_RIGHT = reads<[], Event | null>("peek_right", 0, event);
export const POP = changes<[], Event | null>("pop", 0, event);
export const CLAIM = changes<[count: number, maxBytes: number], Claimed[]>("claim", 2, claimed);
export const ACK = changes<[id: Uint8Array], number>("ack", 1, uint);
export const ACK_DELIVERY = changes<DeliveryArgs, number>("ack_delivery", 2, uint);
export const ACK_ALL = changes<[deliveries: Uint8Array[]], number>("ack_all", 1, uint);
export const TOUCH = changes<DeliveryArgs, number>("touch", 2, uint);
export const REDO = changes<DeliveryArgs, number>("redo", 2, uint);
export const RELEASE = changes<DeliveryArgs, number>("release", 2, uint);
export const NACK = changes<NackArgs, ReturnType<typeof nacked>>("nack", 4, nacked);
export const FLUSH = changes<[], number>("flush", 0, uint);
export const READY = reads<[], number>("ready", 0, uint);
export const STATUS = reads<[], StoredQueueStatus>("status", 0, status);
export const REGISTER = changes<[instance: Uint8Array, consumers: number, known: number], number>("register", 3, uint);
export const FORGET_DEAD = changes<[], number>("forget_dead", 0, uint);
export const RECLAIM = changes<[deadQueue: Argument, part: number], ReturnType<typeof reclaimed>>(
  "reclaim",
  2,
  reclaimed,
);
export const PUSH_LEFT_OPTIONS = stores<PushOptionsArgs, boolean>("push_left_options", 5, bool);
export const PUSH_RIGHT_OPTIONS = stores<PushOptionsArgs, boolean>("push_right_options", 5, bool);
export const PUSH_ALL_LEFT = stores<PushAllArgs, Uint8Array | null>("push_all_left", 4, duplicate);
export const PUSH_ALL_RIGHT = stores<PushAllArgs, Uint8Array | null>("push_all_right", 4, duplicate);
export const POLICY = reads<[], Policy>("policy", 0, policy);
export const SET_POLICY = changes<[change: Uint8Array], number>("set_policy", 1, uint);
export const PAUSE = changes<[], number>("pause", 0, uint);
export const RESUME = changes<[], number>("resume", 0, uint);
export const MOVE = changes<MoveArgs, ReturnType<typeof moved>>("move", 2, moved);
export const LIST_READY = reads<ListReadyArgs, ReturnType<typeof readyPart>>("list_ready", 3, readyPart);
export const LIST_PROCESSING = reads<[cursor: Uint8Array], ScannedPart>(
  "list_processing",
  1,
  scannedPart("processing"),
);
export const LIST_DELAYED = reads<[cursor: Uint8Array], ScannedPart>(
  "list_delayed",
  1,
  scannedPart("delayed"),
);
export const LIST_BLOCKED = reads<[cursor: Uint8Array], ScannedPart>(
  "list_blocked",
  1,
  scannedPart("blocked"),
);
export const GET = reads<[id: Uint8Array], EventDetails | null>("get", 1, details);
export const BURY = changes<[id: Uint8Array, deadQueue: Argument], ReturnType<typeof buried>>(
  "bury",
  2,
  buried,
);
export const END_DELAY = changes<[id: Uint8Array], number>("end_delay", 1, uint);
export const LIST_READY_LEFT = reads<ListReadyArgs, ReturnType<typeof readyPart>>(
  "list_ready_left",
  3,
  readyPart,
);
export const MOVE_EVENT = changes<[id: Uint8Array, destination: { queue: Uint8Array }], MoveEventResult>(
  "move_event",
  2,
  movedEvent,
);
export const SET_TIMETABLE = stores<TimetableArgs, boolean>("set_timetable", 7, bool);
export const DELETE_TIMETABLE = changes<[name: Uint8Array], boolean>("delete_timetable", 1, bool);
export const TIMETABLE = reads<[name: Uint8Array], ReturnType<typeof timetable>>("timetable", 1, timetable);
export const FIRE_TIMETABLE = changes<[name: Uint8Array, dueAt: number, id: Uint8Array, nextAt: number], FireResult>(
  "fire_timetable",
  4,
  fired,
);
