/**
 * okq: an at-least-once event queue server that speaks the Redis protocol.
 *
 * @module
 */
export { COMMANDS, serve, type ServeOptions, type Server } from "./server.ts";
