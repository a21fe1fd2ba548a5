/**
 * The constants of the layout in `schema.sql`.
 *
 * @module
 */

/** `PRAGMA application_id` of okq's files. */
export const APPLICATION_ID = 0x6f6b7165;

/** `PRAGMA user_version` of this layout. Files of any other are refused. */
export const LAYOUT_VERSION = 4;

// Values of `events.state`.
export const READY = 0;
export const LEASED = 1;
/** Delayed, and to enter on the left. */
export const DELAYED_LEFT = 2;
/** Delayed, and to enter on the right. */
export const DELAYED_RIGHT = 3;

/** The latest time that takes six bytes in a record, in milliseconds since the epoch: the year 6429. */
export const MAX_TIME_MS = 2 ** 47 - 1;

/** The position between the first events of a queue: in the middle of the numbers that take six bytes in a record. */
export const FIRST_POSITION = 2 ** 46;

/** The longest contents that are stored in the row of their event, in bytes. */
export const MAX_INLINE_BYTES = 256;
