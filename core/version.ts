/**
 * Which okq this is, and which Redis its clients may take it for.
 *
 * @module
 */

/** The version of okq, the same as in deno.json. */
export const VERSION = "0.1.0";

/** The version of Redis whose protocol features clients may expect; several refuse to work with one that they do not know. */
export const REDIS_VERSION = "7.2.0";
