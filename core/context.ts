/**
 * What commands see: the client that sent them, and its server.
 *
 * @module
 */
import type { Store } from "../store/store.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import type { User } from "./auth/user.ts";
import type { NoblockPushes } from "./background/noblock_pushes.ts";
import type { Limits } from "./config/limits.ts";
import type { Settings } from "./config/settings.ts";
import type { BackPressure } from "./connection/back_pressure.ts";
import type { BlockedClient } from "./delivery/blocking.ts";
import type { ConnectionLeases } from "./delivery/connection_leases.ts";
import type { RegisteredClient, Registrations } from "./delivery/registrations.ts";
import type { Waiters } from "./delivery/waiters.ts";
import type { DeadLetterLog } from "./dead_letter_log.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { QueueStats } from "./metrics/queue_stats.ts";

export interface ClientContext extends BlockedClient, RegisteredClient {
  /** Unique within the server, from 1, in the order of connecting. */
  readonly id: number;
  /** Remote `host:port`. */
  readonly addr: string;
  /** Local `host:port`. */
  readonly laddr: string;
  /** In milliseconds since 1970, like `lastCommandAt`. */
  readonly connectedAt: number;
  lastCommandAt: number;
  /** Upper-case name, or an empty string. */
  lastCommand: string;
  /** Undefined before a required login. */
  user: User | undefined;
  /** RESP version in force. */
  protocol: 2 | 3;
  /** From CLIENT SETNAME or HELLO; empty if unset. */
  name: string;
  /** From CLIENT SETINFO, like `libVersion`; empty if unset. */
  libName: string;
  libVersion: string;
  readonly connected: boolean;
  readonly server: ServerContext;
  /** Closes the connection after the replies to all earlier commands are written. */
  closeAfterReply(): void;
  /** Closes the connection at once. */
  kill(): void;
}

/** A running server without its sockets. */
export interface ServerContext {
  readonly store: Store;
  readonly authenticator: Authenticator;
  readonly waiters: Waiters;
  readonly registrations: Registrations;
  readonly connectionLeases: ConnectionLeases;
  readonly noblockPushes: NoblockPushes;
  readonly backPressure: BackPressure;
  readonly queueStats: QueueStats;
  readonly metrics: Metrics;
  /** By id. */
  readonly clients: ReadonlyMap<number, ClientContext>;
  readonly log: Log;
  readonly deadLetterLog: DeadLetterLog;
  /** Longest event contents, in bytes. */
  readonly maxEventBytes: number;
  readonly limits: Limits;
  readonly settings: Settings;
  /** Form of QSTATUS replies: lines of text, or arrays like those of QSTATS. */
  readonly qstatusFormat: "lines" | "array";
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  readonly port: number;
  /** Shutdown has begun: work in many steps ends after the current one. */
  readonly stopping: boolean;
}
