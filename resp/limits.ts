/**
 * Limits of what a client may send; exceeding one closes the connection.
 *
 * @module
 */

/** Default limit, the command's name included. */
export const MAX_ARGUMENTS = 65_536;

/** Default limit, without the line end. */
export const MAX_INLINE_BYTES = 65_536;

/** First byte and carriage return included. */
export const MAX_HEADER_BYTES = 32;

/** Like `proto-max-bulk-len` of Redis. */
export const MAX_DISCARDED_BYTES = 512 * 1024 * 1024;

/**
 * How far all arguments of a command may exceed one of the largest size: enough for 65,536 of 1 KiB. Else one client
 * could make the server hold 65,536 of the largest size.
 */
export const MAX_COMMAND_EXTRA_BYTES = 64 * 1024 * 1024;
