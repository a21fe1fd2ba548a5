/**
 * The client library: push events with a {@linkcode Producer}, process them with a {@linkcode Consumer}.
 *
 * It loads one npm package. In a project with its own `node_modules`, install that there: `npm install
 * @redis/client@6.3.1`.
 *
 * @module
 */
export {
  Admin,
  type AdminOptions,
  type EventDetails,
  type EventInfo,
  type EventState,
  type ListOptions,
  type QueuePolicy,
  type QueueStats,
  type Timetable,
  type TimetableOptions,
} from "./admin.ts";
export { Consumer, type ConsumerOptions } from "./consumer.ts";
export type { Failure, QueuedEvent } from "./event.ts";
export type { Handler } from "./internal/delivery/handler_runner.ts";
export type { Meta } from "./meta.ts";
export { Producer, type ProducerOptions, type PushAllOptions, type PushOptions } from "./producer.ts";
export { bytes, type Codec, json, text } from "./codec.ts";
export type { Credentials, TlsSettings } from "./internal/endpoints.ts";
export {
  BatchFailed,
  DecodeError,
  DuplicateEvent,
  OkqError,
  type PushFailure,
  Refused,
  TooBusy,
  Unavailable,
} from "./errors.ts";
