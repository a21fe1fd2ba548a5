/**
 * okq: an at-least-once event queue server that speaks the Redis protocol.
 *
 * @module
 */
export { serve, type ServeOptions, type Server } from "./server.ts";
export type { Settings } from "./core/options.ts";
export { type Level, Log, type LogFields } from "./core/log.ts";
