/**
 * Modules from elsewhere. The client has its own list, so that it loads neither the server nor what that needs.
 * Versions equal those in the root's `deps.ts`.
 *
 * @module
 */

// The root's deps.ts says why.
export { ClientClosedError, ClientOfflineError, createClient, ErrorReply, RESP_TYPES } from "npm:@redis/client@6.3.1";

export { Buffer } from "node:buffer";
