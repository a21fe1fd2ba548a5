/**
 * Arguments and results of the methods of {@linkcode Store}.
 *
 * @module
 */
import type { QueueCounts } from "./counters.ts";

/** An end of a queue. */
export type Side = "left" | "right";

/** An event as it was pushed. */
export interface Event {
  /** Identifies the event within its queue. */
  id: Uint8Array;
  contents: Uint8Array;
}

/** An event as `claim` delivers it. */
export interface Claimed extends Event {
  /** The number of this delivery: 1 for the first, at most 65,536. */
  attempt: number;
  /** Identifies this delivery: ASCII text of at most 64 bytes, unique among the events with this id. */
  receipt: Uint8Array;
}

/** Options of `push`. */
export interface PushOptions {
  /** How long the event is delayed before it becomes ready, in milliseconds; 0 by default. */
  delayMs?: number;
  /** How long the event may be delivered, in milliseconds; 0, the default, is for ever. */
  ttlMs?: number;
}

/** Options of `nack`. */
export interface NackOptions {
  /** How long the event is delayed before it is ready again, in milliseconds; by default the policy's backoff. */
  delayMs?: number;
  /** Why the delivery failed. */
  reason?: Uint8Array;
}

/** The statistics of one queue. */
export interface QueueStatus extends QueueCounts {
  /** The queue's name. */
  queue: Uint8Array;
  /** Events in any state. */
  total: number;
  /** Leased events. */
  processing: number;
  /** Connections registered for the queue, on all okq instances that renewed their registration. */
  consumers: number;
  /** Ready events; those of a paused queue count. */
  ready: number;
  /** Delayed events. */
  delayed: number;
  /** The age of the ready event that is next to be delivered, in milliseconds since its push; 0 if there is none. */
  oldestMs: number;
  paused: boolean;
}

/** The state of an event. A leased event is "processing". */
export type EventState = "ready" | "processing" | "delayed";

/** An event as `list` shows it. */
export interface EventInfo {
  /** Identifies the event within its queue. */
  id: Uint8Array;
  state: EventState;
  /** The number of its deliveries, the current one included. */
  attempts: number;
  /** The time since its push, in milliseconds. */
  ageMs: number;
  /** The length of its contents, in bytes. */
  size: number;
  /** The time until its lease or delay ends, in milliseconds; 0 if it is ready. */
  dueMs: number;
}

/** An event as `get` shows it. */
export interface EventDetails extends EventInfo {
  /** The time until its time to live ends, in milliseconds; null if it never does. */
  expiresMs: number | null;
  /** Why its last delivery failed; empty if no reason was given. */
  reason: Uint8Array;
  contents: Uint8Array;
}

/** A page of the events of a queue. */
export interface EventPage {
  /** The cursor of the next page; "0" after the last page. */
  cursor: string;
  events: EventInfo[];
}

/** The result of one step of `move`. */
export interface MoveResult {
  moved: number;
  /** Events left where they are because the destination already holds their ids. */
  skipped: number;
}
