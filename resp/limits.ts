/**
 * Limits of what a client may send. Exceeding one is a protocol error and closes the connection.
 *
 * @module
 */

/** The largest number of arguments of a command, its name included, by default. */
export const MAX_ARGUMENTS = 65_536;

/** The longest inline command without its line end, in bytes, by default. */
export const MAX_INLINE_BYTES = 65_536;

/** The longest header line (`*3`, `$5`), in bytes, its first byte and carriage return included. */
export const MAX_HEADER_BYTES = 32;

/** The longest argument that is discarded because it is too large to keep, in bytes: `proto-max-bulk-len` of Redis. */
export const MAX_DISCARDED_BYTES = 512 * 1024 * 1024;

/**
 * How far all arguments of one command together may exceed one of the largest size, in bytes: enough for
 * 65,536 arguments of 1 KiB. Without this limit one client could make the server hold 65,536 of the largest size.
 */
export const MAX_COMMAND_EXTRA_BYTES = 64 * 1024 * 1024;
