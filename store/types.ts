/**
 * Arguments and results of {@linkcode Store}.
 *
 * @module
 */
import type { QueueCounts } from "./counters.ts";

export type Side = "left" | "right";

export interface Event {
  id: Uint8Array;
  contents: Uint8Array;
}

export interface Claimed extends Event {
  /** From 1, up to 65,536. */
  attempt: number;
  /** ASCII text of at most 64 bytes that names this delivery, unique among the events with this id. */
  receipt: Uint8Array;
  /** Null if the event was pushed without one. */
  group: Uint8Array | null;
  /** Null if the event was pushed without. */
  meta: Uint8Array | null;
}

/** One delivery of an event, which its receipt names. */
export interface Delivery {
  id: Uint8Array;
  receipt: Uint8Array;
}

export interface PushOptions {
  /** Delay before the event becomes ready, in milliseconds. Default: 0. */
  delayMs?: number;
  /** Time to live, in milliseconds. 0, the default, means for ever. */
  ttlMs?: number;
  /** Key whose events are delivered in order. Of 1 to {@linkcode MAX_GROUP_BYTES} bytes. Default: none. */
  group?: Uint8Array;
  /** Kept with the event and returned by claims. At most {@linkcode MAX_META_BYTES} bytes. Default: none. */
  meta?: Uint8Array;
}

export interface NackOptions {
  /** Delay before the event is ready again, in milliseconds. Default: the policy's backoff. */
  delayMs?: number;
  reason?: Uint8Array;
  /** This attempt is the last, whatever the policy allows. Then `delayMs` is not used. Default: false. */
  dead?: boolean;
}

/** An event that is leased is "absent". */
export type MoveEventResult = "moved" | "absent" | "duplicate" | "full";

export type BuryResult = "buried" | "absent" | "duplicate";

export interface QueueStatus extends QueueCounts {
  queue: Uint8Array;
  total: number;
  processing: number;
  /** Connections registered on all okq instances that renewed their registration. */
  consumers: number;
  /** Ready events, also of a paused queue. */
  ready: number;
  delayed: number;
  /** Events that wait for earlier ones of their group. */
  blocked: number;
  /** Milliseconds since the push of the ready event that is next; 0 if there is none. */
  oldestMs: number;
  paused: boolean;
  /** It has ready events, and delivers none because of `maxProcessing` or `rate` of its policy. */
  limited: boolean;
}

/** A leased event is "processing". Only {@linkcode Store.get} returns an event that is "done": its id is remembered. */
export type EventState = "ready" | "processing" | "delayed" | "blocked" | "done";

export interface EventInfo {
  id: Uint8Array;
  state: EventState;
  /** Deliveries, the current one included. */
  attempts: number;
  /** Milliseconds since the push. */
  ageMs: number;
  /** Bytes of the contents. */
  size: number;
  /** Milliseconds until the lease or delay ends, or the id of a done event is forgotten; otherwise 0. */
  dueMs: number;
}

export interface EventDetails extends EventInfo {
  /** Milliseconds until the time to live ends; null if it never does. */
  expiresMs: number | null;
  /** Reason of the last failed delivery; empty if none was given. */
  reason: Uint8Array;
  /** Null if the event has none, or is done. */
  group: Uint8Array | null;
  /** Null if the event has none, or is done. */
  meta: Uint8Array | null;
  contents: Uint8Array;
}

export interface EventPage {
  /** "0" after the last page. */
  cursor: string;
  events: EventInfo[];
}

export interface Reclaimed {
  /** Events that became ready. */
  ready: number;
  /** How long ago the first thing was due of all that was due at the beginning; 0 if nothing was. */
  lateMs: number;
}

export interface MoveResult {
  moved: number;
  /** Events left in place because the destination holds their ids. */
  skipped: number;
}

/**
 * Has an event pushed on the left of its queue at each time of a cron expression, which the store does not read. Times
 * are in milliseconds since 1970.
 */
export interface Timetable {
  queue: Uint8Array;
  /** Unique within the queue. Of 1 to {@linkcode MAX_TIMETABLE_NAME_BYTES} bytes. */
  name: Uint8Array;
  /** ASCII text of at most {@linkcode MAX_EXPRESSION_BYTES} bytes. */
  expression: string;
  /** The time zone of the expression, ASCII text without spaces. */
  zone: string;
  /** Of its events; null for none. */
  group: Uint8Array | null;
  /** Of its events; null for none. */
  meta: Uint8Array | null;
  contents: Uint8Array;
  /** When the next event is to be pushed. */
  nextAt: number;
  /** When the last event was pushed; null if none was. */
  lastAt: number | null;
}

export interface TimetableInfo extends Omit<Timetable, "contents" | "meta"> {
  /** Bytes of the contents. */
  size: number;
}

export interface DueTimetable extends Pick<Timetable, "queue" | "name" | "expression" | "zone" | "nextAt"> {
  /** The store's time, by which it is due. */
  now: number;
}

/**
 * "duplicate" and "full": no event was pushed, but the next time was set. "changed": nothing was done, because the time
 * that was due is no longer the next.
 */
export type FireResult = "pushed" | "duplicate" | "full" | "changed";
