/**
 * What a look at the whole of a store comes to: what it holds, and what in it belongs to nothing.
 *
 * @module
 */

/** The kinds of orphans, each with the words for "so many …". A store whose promises hold has none. */
export const INCONSISTENCIES = {
  /** Handed out they would be an id alone. */
  missingContents: "events without contents",
  /** Nobody would ever get them. */
  unreachable: "contents of events that are neither ready nor being processed",
  /** They would be handed out once too often. */
  duplicated: "events that stand in more than one place",
  /** They would be shown as active for ever. */
  emptyQueues: "queues on record without events, consumers or a policy",
  /** They would not be shown. */
  missingQueues: "events of queues that are not on record",
  /** They would be looked at for ever. */
  strayTimers: "timers of queues that are not there",
  /** Their leases would never end. */
  missingTimers: "queues with leases or consumers that nobody looks at in time",
  /** QSTATUS would lie. */
  wrongCounts: "queues whose figures are not those of their events",
  /** Left by something other than okq, or damaged. */
  unknown: "things that okq does not know",
} as const;

/** A kind of orphans. */
export type Inconsistency = keyof typeof INCONSISTENCIES;

/** What a store holds. */
export interface ConsistencyReport {
  /** Queues on record: those that hold an event, have a policy or are paused or, where the store keeps it, have a consumer. */
  queues: number;
  /** Events, ready and being processed. */
  events: number;
  /** Events being processed. */
  processing: number;
  /** Events that were flushed and are still being cleared away. */
  flushed: number;
  /** How many orphans there are of each kind. */
  orphans: Record<Inconsistency, number>;
}

/** What an empty store comes to. */
export function emptyReport(): ConsistencyReport {
  const kinds = Object.keys(INCONSISTENCIES) as Inconsistency[];
  const orphans = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Inconsistency, number>;
  return { queues: 0, events: 0, processing: 0, flushed: 0, orphans };
}
