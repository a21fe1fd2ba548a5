/**
 * What a store is told of events and queues, and what it tells of them.
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
  /** What was pushed, byte for byte. */
  contents: Uint8Array;
}

/** An event as `claim` delivers it. */
export interface Claimed extends Event {
  /** Which delivery of the event this is: 1, and one more each time that it has come back. Counts up to 65,536. */
  attempt: number;
  /** Names this delivery and no other of any event with this id: ASCII text, 64 bytes at the most. */
  receipt: Uint8Array;
}

/** What may be said of an event when it is pushed. */
export interface PushOptions {
  /** How long it is kept back before it enters at its end of the queue, in milliseconds; 0 by default. */
  delayMs?: number;
  /** How long it may wait for its deliveries before it is removed, in milliseconds; 0, the default, is for ever. */
  ttlMs?: number;
}

/** What may be said of an event that is given back as failed. */
export interface NackOptions {
  /** How long it is kept back before it enters on the right, in milliseconds; by default as the queue's policy says. */
  delayMs?: number;
  /** Why it failed. */
  reason?: Uint8Array;
}

/** The figures of one queue. */
export interface QueueStatus extends QueueCounts {
  /** The queue's name. */
  queue: Uint8Array;
  /** Events held, whether ready, delayed or being processed. */
  total: number;
  /** Events popped and neither acknowledged nor come back. */
  processing: number;
  /** Connections registered for the queue, on every okq instance that gave a sign of life lately. */
  consumers: number;
  /** Events ready to be popped, or that will be when the queue is paused no more. */
  ready: number;
  /** Events that are kept back for a time. */
  delayed: number;
  /** How long ago the event was pushed that is next to be popped, in milliseconds; 0 if none is ready. */
  oldestMs: number;
  /** Whether the queue hands nothing out. */
  paused: boolean;
}

/** Where an event is: ready, being processed, or kept back for a time. */
export type EventState = "ready" | "processing" | "delayed";

/** What `list` tells of an event. */
export interface EventInfo {
  /** Identifies the event within its queue. */
  id: Uint8Array;
  /** Where it is. */
  state: EventState;
  /** How many deliveries it has had; one that is under way counts. */
  attempts: number;
  /** How long ago it was pushed, in milliseconds. */
  ageMs: number;
  /** How long its contents are, in bytes. */
  size: number;
  /** In how many milliseconds its lease or its delay ends; 0 if it is ready. */
  dueMs: number;
}

/** All that is known of an event. */
export interface EventDetails extends EventInfo {
  /** In how many milliseconds its time is up; null if never. */
  expiresMs: number | null;
  /** Why its last delivery failed, if that was said; else empty. */
  reason: Uint8Array;
  /** What was pushed, byte for byte. */
  contents: Uint8Array;
}

/** A part of the events of a queue. */
export interface EventPage {
  /** Where the next part begins; "0" if this was the last. */
  cursor: string;
  /** The events. */
  events: EventInfo[];
}

/** How far one step of `move` got. */
export interface MoveResult {
  /** How many events were moved. */
  moved: number;
  /** How many stay because the destination holds their ids already. */
  skipped: number;
}
