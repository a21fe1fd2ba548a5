/**
 * A running okq instance: a listener, its connections, and the duties in the background.
 *
 * @module
 */
import type { Store } from "../store/store.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { NoblockPushes } from "./background/noblock_pushes.ts";
import { decoderLimits } from "./connection/decoder_limits.ts";
import { formatAddr } from "./util/address.ts";
import type { ClientContext } from "./client_context.ts";
import { Connection } from "./connection/connection.ts";
import { Deadline } from "./util/async.ts";
import type { Listeners } from "./net/listeners.ts";
import { startJobs } from "./background/jobs.ts";
import { QueueStats } from "./metrics/queue_stats.ts";
import { ConnectionLeases } from "./delivery/connection_leases.ts";
import { MemoryLimit } from "./connection/memory_limit.ts";
import { ReplyBudget } from "./connection/reply_budget.ts";
import type { Limits } from "./config/limits.ts";
import { type Log, RateLimitedLog } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { SlowLog, TracedCommands } from "./metrics/slow_log.ts";
import type { ServerContext } from "./server_context.ts";
import type { ListenAddr } from "./config/option.ts";
import type { Settings } from "./config/settings.ts";
import { ReadBudget } from "./connection/read_budget.ts";
import { refuse } from "./net/refusal.ts";
import { Registrations } from "./delivery/registrations.ts";
import type { ConnectionDeps, Router } from "./connection/router.ts";
import { Dispatcher } from "./connection/dispatcher.ts";
import type { HttpListener } from "./api.ts";
import type { Listener, Socket } from "./net/listener.ts";
import type { Tls } from "./net/tls.ts";
import { Waiters } from "./delivery/waiters.ts";

/** What a server is made of. */
export interface InstanceOptions {
  /** Where events are kept. */
  store: Store;
  /** How clients come in. */
  listeners: Listeners;
  /** How it is set up. */
  settings: Settings;
  /** What runs commands. */
  router: Router;
  /** What counts them. */
  metrics: Metrics;
  /** Where log lines go. */
  log: Log;
}

/** Serves on a socket of its own from the time that it is made until it is closed. */
export class OkqServer implements ServerContext {
  readonly store: Store;
  readonly authenticator: Authenticator;
  readonly log: Log;
  readonly waiters: Waiters;
  readonly registrations: Registrations;
  readonly connectionLeases: ConnectionLeases;
  readonly noblockPushes: NoblockPushes;
  readonly memoryLimit: MemoryLimit;
  readonly queueStats: QueueStats;
  readonly metrics: Metrics;
  readonly clients: Map<number, Connection> = new Map();
  readonly maxEventBytes: number;
  readonly limits: Limits;
  readonly qstatusFormat: "lines" | "array";
  readonly startedAt: number = Date.now();
  readonly addr: ListenAddr;
  readonly tlsAddr: ListenAddr | undefined;

  #listeners: Listeners;
  #shared: ConnectionDeps;
  #refusedLog: RateLimitedLog;
  #acceptErrorLog: RateLimitedLog;
  #nextId = 1;
  #connections = new Set<Promise<void>>();
  #stopping = new AbortController();
  #jobs: Promise<void>[];
  #accepting: Promise<void>[];
  #closed: Promise<void> | undefined;
  #wasCutOff = false;
  #http: HttpListener | undefined;

  /** Serves those who come in by the door. */
  constructor({ store, listeners, settings, router, metrics, log }: InstanceOptions) {
    this.store = store;
    this.authenticator = listeners.access;
    this.log = log;
    this.maxEventBytes = settings.maxEventBytes;
    this.limits = settings;
    this.qstatusFormat = settings.qstatus;
    this.waiters = new Waiters(store, log);
    this.registrations = new Registrations(store, this.waiters, crypto.randomUUID());
    this.connectionLeases = new ConnectionLeases(store, log, settings.maxHeldEvents);
    this.noblockPushes = new NoblockPushes(store, settings.maxNoblockPushes, log);
    this.memoryLimit = new MemoryLimit(settings.maxInFlightBytes);
    this.#refusedLog = new RateLimitedLog(log);
    this.#acceptErrorLog = new RateLimitedLog(log);
    this.queueStats = new QueueStats(store, settings.metricsMaxQueues);
    this.metrics = metrics;
    const slow = new SlowLog(log, settings.slowlogThresholdMs);
    const notes = metrics.tracing ? new TracedCommands(slow, metrics.tracing) : slow;
    this.#shared = {
      runner: new Dispatcher(router, metrics, notes),
      metrics,
      accepted: decoderLimits(settings),
      inFlight: this.memoryLimit,
      large: new ReplyBudget(),
      pace: new ReadBudget(),
      left: (client) => this.#clientLeft(client),
    };
    this.#listeners = listeners;
    this.addr = listeners.all[0].addr;
    this.tlsAddr = listeners.tlsAddr;
    this.#jobs = startJobs(this, this.#stopping.signal);
    this.#accepting = listeners.all.map((listener) => this.#accept(listener));
  }

  get unfinished(): boolean {
    return this.#wasCutOff || this.noblockPushes.lost > 0;
  }

  get stopping(): boolean {
    return this.#closed !== undefined;
  }

  get httpAddr(): ListenAddr | undefined {
    return this.#http?.addr;
  }

  get port(): number {
    return this.addr.port;
  }

  /** Closes everything in order; a second call waits for the first. */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  /** Serves that too, and closes it when there is nothing left to be seen. */
  attachHttp(side: HttpListener): void {
    this.#http = side;
  }

  /** Reads the files of passwords, users and certificates again. */
  async reload(): Promise<void> {
    try {
      await this.#listeners.reload();
      await this.#http?.reload();
    } finally {
      for (const client of this.clients.values()) {
        if (client.user && !this.authenticator.isCurrent(client.user)) client.kill();
      }
    }
  }

  async #close(): Promise<void> {
    using deadline = new Deadline(this.limits.shutdownTimeoutMs, () => this.#cutOff());
    this.#listeners.close();
    await Promise.all(this.#accepting);
    for (const connection of this.clients.values()) connection.closeAfterReply();
    await deadline.wait(Promise.all(this.#connections));
    this.#shared.large.end();
    this.#shared.pace.end();
    await deadline.wait(this.#listeners.allClosed());
    await deadline.wait(this.noblockPushes.close());
    this.#stopping.abort();
    await deadline.wait(Promise.all(this.#jobs));
    await deadline.wait(
      this.registrations.close().catch((error) => this.log.warn("Cannot take the consumers off", { error })),
    );
    await deadline.wait(this.waiters.close());
    await deadline.wait(this.#http?.close() ?? Promise.resolve());
    await deadline.wait(this.store.close());
  }

  /** Ends what has taken too long to end by itself. */
  #cutOff(): void {
    this.#wasCutOff = true;
    this.log.error("Stopping takes too long, what is left is cut off", {
      seconds: this.limits.shutdownTimeoutMs / 1000,
      connections: this.clients.size,
      background: this.noblockPushes.size,
    });
    for (const connection of this.clients.values()) connection.kill();
    this.noblockPushes.giveUp();
  }

  async #accept(listener: Listener): Promise<void> {
    while (true) {
      try {
        const socket = await listener.accept();
        if (listener.tls) this.#handshake(listener.tls, socket);
        else this.#serve(socket);
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
        this.#acceptErrorLog.warn("Cannot accept a connection", { error }); // too many open files, or the client has gone again
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Serves after a handshake, which the next connection does not wait for. */
  async #handshake(tls: Tls, socket: Socket): Promise<void> {
    try {
      this.#serve(await tls.handshake(socket));
    } catch (error) {
      this.log.debug("A handshake failed", { error });
    }
  }

  #serve(conn: Socket): void {
    if (this.clients.size >= this.limits.maxClients) {
      this.metrics.refused++;
      this.#refusedLog.warn("Refused a connection: --max-clients are there", { addr: formatAddr(conn.remoteAddr) });
      return void refuse(conn);
    }
    this.metrics.accepted++;
    const connection = new Connection(conn, this.#nextId++, this, this.#shared);
    this.clients.set(connection.id, connection);
    const served = this.#serveUntilClosed(connection);
    this.#connections.add(served);
    served.finally(() => this.#connections.delete(served));
  }

  async #serveUntilClosed(connection: Connection): Promise<void> {
    await connection.serve();
    this.clients.delete(connection.id);
    await this.#clientLeft(connection);
  }

  /** A client has hung up, or got its last reply: it neither consumes nor holds anything any more. */
  async #clientLeft(client: ClientContext): Promise<void> {
    await Promise.all([this.#deregister(client), this.connectionLeases.release(client)]);
  }

  async #deregister(client: ClientContext): Promise<void> {
    if (client.queues.length === 0) return;
    // If the store cannot be told now, the consumer is missing from the next renewal.
    await this.registrations.register(client, []).catch((error) => this.log.debug("Cannot deregister", { error }));
  }
}
