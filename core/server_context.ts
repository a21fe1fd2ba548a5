/**
 * The parts of a running server that commands work with.
 *
 * @module
 */
import type { Store } from "../store/store.ts";
import type { Access } from "./auth/authenticator.ts";
import type { BackgroundPushes } from "./background/noblock_pushes.ts";
import type { Client } from "./client_context.ts";
import type { Figures } from "./metrics/queue_stats.ts";
import type { Holds } from "./delivery/connection_leases.ts";
import type { InFlight } from "./connection/memory_limit.ts";
import type { Limits } from "./config/limits.ts";
import type { Log } from "./log.ts";
import type { Meters } from "./metrics/metrics.ts";
import type { Registrations } from "./delivery/registrations.ts";
import type { Waiters } from "./delivery/waiters.ts";

/** A running server, without its sockets. */
export interface Okq {
  /** Where events are kept. */
  readonly store: Store;
  /** Who is let in. */
  readonly access: Access;
  /** Who waits for an event. */
  readonly waiters: Waiters;
  /** Who consumes what through this instance. */
  readonly registrations: Registrations;
  /** Who holds which events for as long as it is connected. */
  readonly holds: Holds;
  /** The pushes of NOBLOCK. */
  readonly background: BackgroundPushes;
  /** What is received and not answered. */
  readonly inFlight: InFlight;
  /** The figures of queues, for those who look again and again. */
  readonly figures: Figures;
  /** What is counted. */
  readonly meters: Meters;
  /** Everyone connected, by id. */
  readonly clients: Map<number, Client>;
  /** Where log lines go. */
  readonly log: Log;
  /** The longest event contents, in bytes. */
  readonly maxEventBytes: number;
  /** What clients may use at most. */
  readonly limits: Limits;
  /** What QSTATUS answers: lines of text, or rows like QSTATS. */
  readonly qstatus: "lines" | "array";
  /** When the server started, in milliseconds since 1970. */
  readonly since: number;
  /** The port that it listens on. */
  readonly port: number;
  /** It has been told to stop: what takes many steps ends after the one that it is at. */
  readonly stopping: boolean;
}
