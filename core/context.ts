/**
 * What commands see: the client that sent them, and the server that it is connected to.
 *
 * @module
 */
import type { Store } from "../store/store.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import type { User } from "./auth/user.ts";
import type { NoblockPushes } from "./background/noblock_pushes.ts";
import type { Limits } from "./config/limits.ts";
import type { MemoryLimit } from "./connection/memory_limit.ts";
import type { BlockedClient } from "./delivery/blocking.ts";
import type { ConnectionLeases } from "./delivery/connection_leases.ts";
import type { RegisteredClient, Registrations } from "./delivery/registrations.ts";
import type { Waiters } from "./delivery/waiters.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { QueueStats } from "./metrics/queue_stats.ts";

/** A connected client. */
export interface ClientContext extends BlockedClient, RegisteredClient {
  /** Unique within the server, from 1, in the order of connecting. */
  readonly id: number;
  /** Remote address, `host:port`. */
  readonly addr: string;
  /** Local address, `host:port`. */
  readonly laddr: string;
  /** Time of connecting, in milliseconds since 1970. */
  readonly connectedAt: number;
  /** Arrival of the last command, in milliseconds since 1970. */
  lastCommandAt: number;
  /** Name of the last command in lower case, or an empty string. */
  lastCommand: string;
  /** The authenticated user; undefined before a required login. */
  user: User | undefined;
  /** RESP version in force. */
  protocol: 2 | 3;
  /** Set by CLIENT SETNAME or HELLO; empty if unset. */
  name: string;
  /** Set by CLIENT SETINFO; empty if unset. */
  libName: string;
  /** Set by CLIENT SETINFO; empty if unset. */
  libVersion: string;
  /** Whether the connection is open. */
  readonly connected: boolean;
  /** The server. */
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
  /** Blocked clients. */
  readonly waiters: Waiters;
  /** Queues that clients of this instance consume. */
  readonly registrations: Registrations;
  /** Leases that last as long as a connection (QCLAIM HOLD). */
  readonly connectionLeases: ConnectionLeases;
  readonly noblockPushes: NoblockPushes;
  readonly memoryLimit: MemoryLimit;
  /** Sampled figures of all queues, for metrics and the page. */
  readonly queueStats: QueueStats;
  readonly metrics: Metrics;
  /** Connected clients by id. */
  readonly clients: ReadonlyMap<number, ClientContext>;
  readonly log: Log;
  /** Longest event contents, in bytes. */
  readonly maxEventBytes: number;
  readonly limits: Limits;
  /** Form of QSTATUS replies: lines of text, or arrays as QSTATS has. */
  readonly qstatusFormat: "lines" | "array";
  /** Start of the server, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Port that it listens on. */
  readonly port: number;
  /** Shutdown has begun: work in many steps ends after the current one. */
  readonly stopping: boolean;
}
