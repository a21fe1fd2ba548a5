/**
 * Modules from elsewhere: a list of its own, so that the client does not load those of the server. Versions equal those
 * in `store/redis/deps.ts`, which says why.
 *
 * @module
 */

export { ClientClosedError, ClientOfflineError, createClient, ErrorReply, RESP_TYPES } from "npm:@redis/client@6.3.1";

export { Buffer } from "node:buffer";
