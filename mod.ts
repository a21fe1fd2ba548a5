/**
 * okq: an at-least-once event queue server that speaks the Redis protocol.
 *
 * @module
 */
export { serve, type ServeOptions, type Server } from "./server.ts";
export type { Settings } from "./core/config/settings.ts";
export type { ListenAddr } from "./core/config/option.ts";
export type { HttpSettings } from "./core/config/http.ts";
export type { Limits } from "./core/config/limits.ts";
export type { SecuritySettings } from "./core/config/security.ts";
export { ConfigError } from "./core/config/flags.ts";
export { type Level, Log, type LogFields, type LogFormat } from "./core/log.ts";
export * from "./client/mod.ts";
