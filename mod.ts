/**
 * okq: an at-least-once event queue server that speaks the Redis protocol.
 *
 * @module
 */
export { serve, type ServeOptions, type Server } from "./server.ts";
export type { Settings } from "./core/options.ts";
export type { ListenAddr } from "./core/option.ts";
export type { Limits } from "./core/limits.ts";
export type { SecuritySettings } from "./core/security_options.ts";
export { ConfigError } from "./core/config.ts";
export { type Level, Log, type LogFields } from "./core/log.ts";
export { Consumer, type ConsumerOptions } from "./client/consumer.ts";
export type { Failure, QueuedEvent } from "./client/event.ts";
export type { Handler } from "./client/handling.ts";
export { Producer, type ProducerOptions, type PushOptions } from "./client/producer.ts";
export { bytes, type Codec, json, text } from "./client/codec.ts";
export type { Credentials, TlsSettings } from "./client/connection.ts";
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
