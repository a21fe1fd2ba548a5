/**
 * What a client may send at most. Beyond these the connection is closed.
 *
 * @module
 */

/** How many arguments a command may have, its name included, if nothing else is said. */
export const MAX_ARGUMENTS = 65_536;

/** How many bytes an inline command may have, its line end not counted, if nothing else is said. */
export const MAX_INLINE_BYTES = 65_536;

/** How many bytes a header line (`*3`, `$5`) may have, its first byte and carriage return included. */
export const MAX_HEADER_BYTES = 32;

/**
 * How many bytes an argument may have that is swallowed because it is too large to keep, as `proto-max-bulk-len` of
 * Redis. Longer ones are an error.
 */
export const MAX_DISCARDED_BYTES = 512 * 1024 * 1024;

/**
 * How many bytes the arguments of one command may have together, beyond one of the largest size: enough for
 * {@linkcode MAX_ARGUMENTS} of 1 KiB. Without it, one client could make the server hold 65,536 of the largest size.
 */
export const MAX_FURTHER_BYTES = 64 * 1024 * 1024;
