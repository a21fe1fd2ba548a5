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
export { type Level, Log, type LogFields } from "./core/log.ts";
export { Consumer, type ConsumerOptions } from "./client/consumer.ts";
export type { Failure, QueuedEvent } from "./client/event.ts";
export type { Handler } from "./client/internal/handler_runner.ts";
export { Producer, type ProducerOptions, type PushOptions } from "./client/producer.ts";
export { bytes, type Codec, json, text } from "./client/codec.ts";
export type { Credentials, TlsSettings } from "./client/internal/connection.ts";
export {
  BatchFailed,
  DecodeError,
  DuplicateEvent,
  OkqError,
  type PushFailure,
  Refused,
  TooBusy,
  Unavailable,
} from "./client/errors.ts";
