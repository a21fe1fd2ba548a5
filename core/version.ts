/**
 * The versions that okq reports.
 *
 * @module
 */

/** The same as in deno.json. */
export const VERSION = "0.1.0";

/**
 * Redis version in HELLO and INFO. Clients choose protocol features by it, and some refuse versions they do not know.
 */
export const REDIS_VERSION = "7.2.0";
