/**
 * The versions of okq, and of the Redis that it presents to clients.
 *
 * @module
 */

/** The version of okq, the same as in deno.json. */
export const VERSION = "0.1.0";

/** The Redis version in HELLO and INFO, by which clients choose protocol features. Some refuse versions they do not know. */
export const REDIS_VERSION = "7.2.0";
