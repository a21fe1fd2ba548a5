/**
 * Limits of the data model, for the protocol, HTTP and every store.
 *
 * @module
 */

export const MAX_QUEUE_BYTES = 512;

export const MAX_ID_BYTES = 1024;

/** Longer reasons of failed deliveries are cut. */
export const MAX_REASON_BYTES = 1024;

/** Longest delay, time to live, lease or pause: 1,000 years, so that times stay exact integers. */
export const MAX_DURATION_MS = 31_536_000_000_000;

/** Limit of counted failed deliveries: what fits into two bytes. */
export const MAX_FAILURES = 65_535;

export const MAX_CLAIM_COUNT = 1000;

/** Limit of events that one step pushes together, and of deliveries that one step acknowledges. */
export const MAX_TOGETHER = 1000;

/** Limit of contents that one step pushes together; a single event may be larger. */
export const MAX_TOGETHER_BYTES = 8 * 1024 * 1024;

export const MAX_GROUP_BYTES = 512;

export const MAX_GROUP_LIMIT = 1_000_000;

export const MAX_META_BYTES = 4096;

/** Longest time for which the id of an acknowledged event stays taken: a week. */
export const MAX_REMEMBER_MS = 604_800_000;

/** Bounds of a limit of deliveries per second, about one a day and a million. */
export const MIN_RATE = 0.00001;
export const MAX_RATE = 1_000_000;

/** Limits of timetables. The id of their events is a name with a time. */
export const MAX_TIMETABLE_NAME_BYTES = 128;
export const MAX_EXPRESSION_BYTES = 128;
export const MAX_ZONE_BYTES = 64;

/** Limit of timetables of a queue. */
export const MAX_TIMETABLES = 1000;

/** Default of the limit of contents that one claim delivers. */
export const MAX_CLAIM_BYTES = 8 * 1024 * 1024;

/** Limit of events in one step of moving or listing. */
export const MAX_STEP_EVENTS = 250;

/** How long consumers count after the last sign of life of their okq instance. */
export const CONSUMER_TTL_MS = 30_000;
