/**
 * Limits of the data model, the same for the protocol, HTTP and every store.
 *
 * @module
 */

/** The longest queue name, in bytes. */
export const MAX_QUEUE_BYTES = 512;

/** The longest event id, in bytes. */
export const MAX_ID_BYTES = 1024;

/** The longest reason of a failed delivery that is kept, in bytes. */
export const MAX_REASON_BYTES = 1024;

/** The longest delay, time to live, lease or pause, in milliseconds: 1,000 years, so that times stay exact integers. */
export const MAX_DURATION_MS = 31_536_000_000_000;

/** The largest number of failed deliveries that is counted: what fits into two bytes. */
export const MAX_FAILURES = 65_535;

/** The largest number of events that one claim delivers. */
export const MAX_CLAIM_COUNT = 1000;

/** The largest number of events that one step of moving or listing handles. */
export const MAX_STEP_EVENTS = 250;

/** How long the consumers of an okq instance count after its last `register`, in milliseconds. */
export const CONSUMER_TTL_MS = 30_000;
