/**
 * The report of `store check`.
 *
 * @module
 */

/**
 * The kinds of orphans, each with its text behind a number, and its effect. A store that keeps its promises has none.
 */
export const INCONSISTENCIES = {
  /** Delivered without contents. */
  missingContents: "events without contents",
  /** Never delivered. */
  unreachable: "contents of events that are neither ready, delayed, blocked nor being processed",
  /** Delivered twice. */
  duplicated: "events that are in more than one state",
  /** Listed for ever. */
  emptyQueues: "registered queues without events, consumers or a policy",
  /** Not listed. */
  missingQueues: "events of queues that are not registered",
  /** Checked for ever. */
  strayTimers: "timers of queues or timetables that do not exist",
  /** Leases never end, timetables have no events. */
  missingTimers: "timetables, or queues with leases, delays or pauses, that have no timer",
  /** QSTATUS is wrong, or groups have the wrong number of events ready. */
  wrongCounts: "queues whose counts differ from their events",
  /** Written by something other than okq, or damaged. */
  unknown: "keys or records that are unknown or damaged",
} as const;

export type Inconsistency = keyof typeof INCONSISTENCIES;

export interface ConsistencyReport {
  /** Queues with an event, a policy, a pause or a timetable and, where the store keeps consumers, a consumer. */
  queues: number;
  events: number;
  processing: number;
  /** Flushed events that are not deleted yet. */
  flushed: number;
  timetables: number;
  orphans: Record<Inconsistency, number>;
}

export function emptyReport(): ConsistencyReport {
  const kinds = Object.keys(INCONSISTENCIES) as Inconsistency[];
  const orphans = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Inconsistency, number>;
  return { queues: 0, events: 0, processing: 0, flushed: 0, timetables: 0, orphans };
}
