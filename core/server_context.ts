/**
 * The parts of a running server that commands work with.
 *
 * @module
 */
import type { Store } from "../store/store.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import type { NoblockPushes } from "./background/noblock_pushes.ts";
import type { ClientContext } from "./client_context.ts";
import type { QueueStats } from "./metrics/queue_stats.ts";
import type { ConnectionLeases } from "./delivery/connection_leases.ts";
import type { MemoryLimit } from "./connection/memory_limit.ts";
import type { Limits } from "./config/limits.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Registrations } from "./delivery/registrations.ts";
import type { Waiters } from "./delivery/waiters.ts";

/** A running server, without its sockets. */
export interface ServerContext {
  /** Where events are kept. */
  readonly store: Store;
  /** Who is let in. */
  readonly authenticator: Authenticator;
  /** Who waits for an event. */
  readonly waiters: Waiters;
  /** Who consumes what through this instance. */
  readonly registrations: Registrations;
  /** Who holds which events for as long as it is connected. */
  readonly connectionLeases: ConnectionLeases;
  /** The pushes of NOBLOCK. */
  readonly noblockPushes: NoblockPushes;
  /** What is received and not answered. */
  readonly memoryLimit: MemoryLimit;
  /** The figures of queues, for those who look again and again. */
  readonly queueStats: QueueStats;
  /** What is counted. */
  readonly metrics: Metrics;
  /** Everyone connected, by id. */
  readonly clients: Map<number, ClientContext>;
  /** Where log lines go. */
  readonly log: Log;
  /** The longest event contents, in bytes. */
  readonly maxEventBytes: number;
  /** What clients may use at most. */
  readonly limits: Limits;
  /** What QSTATUS answers: lines of text, or rows like QSTATS. */
  readonly qstatusFormat: "lines" | "array";
  /** When the server started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** The port that it listens on. */
  readonly port: number;
  /** It has been told to stop: what takes many steps ends after the one that it is at. */
  readonly stopping: boolean;
}
