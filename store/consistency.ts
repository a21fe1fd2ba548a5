/**
 * The report of `store check`: what a store holds, and what in it belongs to nothing.
 *
 * @module
 */

/** The kinds of orphans, each with its text behind a number. A store that keeps its promises has none. */
export const INCONSISTENCIES = {
  /** They would be delivered without contents. */
  missingContents: "events without contents",
  /** They would never be delivered. */
  unreachable: "contents of events that are neither ready, delayed nor being processed",
  /** They would be delivered twice. */
  duplicated: "events that are in more than one state",
  /** They would be listed for ever. */
  emptyQueues: "registered queues without events, consumers or a policy",
  /** They would not be listed. */
  missingQueues: "events of queues that are not registered",
  /** They would be checked for ever. */
  strayTimers: "timers of queues that do not exist",
  /** Their leases would never end. */
  missingTimers: "queues with leases or consumers that have no timer",
  /** QSTATUS would be wrong. */
  wrongCounts: "queues whose counts differ from their events",
  /** Written by something other than okq, or damaged. */
  unknown: "keys or records that are unknown or damaged",
} as const;

/** A kind of orphans. */
export type Inconsistency = keyof typeof INCONSISTENCIES;

/** What a store holds. */
export interface ConsistencyReport {
  /** Registered queues: those with an event, a policy or a pause and, where the store keeps consumers, a consumer. */
  queues: number;
  /** Events, in any state. */
  events: number;
  /** Leased events. */
  processing: number;
  /** Flushed events that are not cleared yet. */
  flushed: number;
  /** The number of orphans of each kind. */
  orphans: Record<Inconsistency, number>;
}

/** The report of an empty store. */
export function emptyReport(): ConsistencyReport {
  const kinds = Object.keys(INCONSISTENCIES) as Inconsistency[];
  const orphans = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Inconsistency, number>;
  return { queues: 0, events: 0, processing: 0, flushed: 0, orphans };
}
