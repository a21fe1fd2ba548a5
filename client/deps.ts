/**
 * The modules that the client takes from elsewhere. It has a list of its own, so that a program that only produces or
 * consumes loads neither the server nor what the server needs. Versions equal those in the root's `deps.ts`.
 *
 * @module
 */

// The official Redis client. The root's deps.ts says why.
export { ClientClosedError, ClientOfflineError, createClient, ErrorReply, RESP_TYPES } from "npm:@redis/client@6.3.1";

// The byte strings that the Redis client takes and returns.
export { Buffer } from "node:buffer";
