/**
 * Constants of `schema.sql`.
 *
 * @module
 */

export const APPLICATION_ID = 0x6f6b7165;

/** While a migration or load fills the file: no okq opens it. */
export const LOADING_ID = 0x6f6b716c;

/** Files of other versions are refused. */
export const LAYOUT_VERSION = 7;

// Values of `events.state`. A delayed event enters on the left or on the right. Only events with states above 0 are due.
export const BLOCKED = -1;
export const READY = 0;
export const LEASED = 1;
export const DELAYED_LEFT = 2;
export const DELAYED_RIGHT = 3;

/** The latest time that takes six bytes in a record, in ms since the epoch: the year 6429. */
export const MAX_TIME_MS = 2 ** 47 - 1;

/** The position between the first events: in the middle of the numbers that take six bytes in a record. */
export const FIRST_POSITION = 2 ** 46;

/** Limit of contents stored in the row of their event. */
export const MAX_INLINE_BYTES = 256;
