/**
 * A running okq server: serves from its construction on, reloads its files, and stops in order.
 *
 * @module
 */
import type { Store } from "../store/store.ts";
import type { HttpListener, Server } from "./api.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { startJobs } from "./background/jobs.ts";
import { NoblockPushes } from "./background/noblock_pushes.ts";
import type { ListenAddr } from "./config/option.ts";
import type { Settings } from "./config/settings.ts";
import { ReplyBudget, TurnBudget } from "./connection/turn_budget.ts";
import { Connection, type ConnectionDeps, READ_BYTES_PER_TURN } from "./connection/connection.ts";
import { WRITE_BYTES_PER_TURN } from "./connection/reply_queue.ts";
import { decoderLimits } from "./connection/decoder_limits.ts";
import { Dispatcher, type DispatcherOptions } from "./connection/dispatcher.ts";
import { BackPressure } from "./connection/back_pressure.ts";
import type { ClientContext, ServerContext } from "./context.ts";
import { ClaimBudget } from "./delivery/claim_budget.ts";
import { ConnectionLeases } from "./delivery/connection_leases.ts";
import { Registrations } from "./delivery/registrations.ts";
import { Waiters } from "./delivery/waiters.ts";
import type { DeadLetterLog } from "./dead_letter_log.ts";
import { type Log, RateLimitedLog } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { QueueStats } from "./metrics/queue_stats.ts";
import { commandObserver } from "./metrics/slow_log.ts";
import type { Listeners } from "./net/listener.ts";
import { refuse, type Socket } from "./net/socket.ts";
import { formatAddr } from "./util/address.ts";
import { Deadline } from "./util/async.ts";

/** The server closes the store and the listeners when it stops. */
export interface OkqServerOptions extends Pick<DispatcherOptions, "commands" | "permissionError"> {
  store: Store;
  authenticator: Authenticator;
  listeners: Listeners;
  settings: Settings;
  metrics: Metrics;
  log: Log;
  deadLetterLog: DeadLetterLog;
}

export class OkqServer implements Server {
  readonly context: ServerContext;
  readonly #settings: Settings;
  readonly #listeners: Listeners;
  readonly #connections = new Map<number, Connection>();
  readonly #served = new Set<Promise<void>>();
  readonly #deps: ConnectionDeps;
  readonly #refusedLog: RateLimitedLog;
  readonly #stopJobs = new AbortController();
  readonly #jobs: Promise<void>[];
  readonly #accepting: Promise<void>;
  #nextId = 1;
  #http: HttpListener | undefined;
  #closed: Promise<void> | undefined;
  #wasCutOff = false;

  constructor(options: OkqServerOptions) {
    const { listeners, settings, log } = options;
    this.#settings = settings;
    this.#listeners = listeners;
    this.#refusedLog = new RateLimitedLog(log);
    this.context = this.#newContext(options);
    this.#deps = {
      dispatcher: new Dispatcher({ ...options, observer: commandObserver(log, settings, options.metrics.tracing) }),
      decoderLimits: decoderLimits(settings),
      readBudget: new TurnBudget(READ_BYTES_PER_TURN),
      writeBudget: new TurnBudget(WRITE_BYTES_PER_TURN),
      replyBudget: new ReplyBudget(),
      drained: (client) => this.#release(client),
    };
    this.#jobs = startJobs(this.context, this.#connections, () => this.#http !== undefined, this.#stopJobs.signal);
    this.#accepting = listeners.accept((socket) => this.#serve(socket), log);
  }

  get addr(): ListenAddr {
    return this.#listeners.addr;
  }

  get tlsAddr(): ListenAddr | undefined {
    return this.#listeners.tlsAddr;
  }

  get httpAddr(): ListenAddr | undefined {
    return this.#http?.addr;
  }

  get unfinished(): boolean {
    return this.#wasCutOff || this.context.noblockPushes.lost > 0;
  }

  /** The HTTP server is reloaded and closed with this one. */
  attachHttp(http: HttpListener): void {
    this.#http = http;
  }

  async reload(): Promise<void> {
    const { authenticator } = this.context;
    try {
      const results = await Promise.allSettled([authenticator.reload(), this.#listeners.reload()]);
      for (const result of results) if (result.status === "rejected") throw result.reason;
      await this.#http?.reload();
    } finally {
      for (const client of this.#connections.values()) {
        if (client.user && !authenticator.isCurrent(client.user)) client.kill();
      }
    }
  }

  /** Stops in order; a second call waits for the first. */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  #newContext(options: OkqServerOptions): ServerContext {
    const { store, authenticator, settings, metrics, log, deadLetterLog } = options;
    const waiters = new Waiters(store, log, new ClaimBudget(settings.maxClaimBytes));
    const isStopping = () => this.#closed !== undefined;
    return {
      store,
      authenticator,
      waiters,
      registrations: new Registrations(store, waiters.subscriptions, log),
      connectionLeases: new ConnectionLeases(store, log, settings.maxHeldEvents),
      noblockPushes: new NoblockPushes(store, settings.maxNoblockPushes, log),
      backPressure: new BackPressure(settings.maxInFlightBytes),
      queueStats: new QueueStats(store, settings.metricsMaxQueues),
      metrics,
      clients: this.#connections,
      log,
      deadLetterLog,
      maxEventBytes: settings.maxEventBytes,
      limits: settings,
      settings,
      qstatusFormat: settings.qstatus,
      startedAt: Date.now(),
      port: options.listeners.addr.port,
      get stopping() {
        return isStopping();
      },
    };
  }

  #serve(socket: Socket): void {
    const { metrics } = this.context;
    if (this.#connections.size >= this.#settings.maxClients) {
      metrics.refused++;
      this.#refusedLog.warn("Refused a connection: --max-clients are connected", {
        addr: formatAddr(socket.remoteAddr),
      });
      return void refuse(socket);
    }
    metrics.accepted++;
    const connection = new Connection(socket, this.#nextId++, this.context, this.#deps);
    this.#connections.set(connection.id, connection);
    this.context.log.debug("Client connected", { id: connection.id, addr: connection.addr, laddr: connection.laddr });
    const served = this.#serveUntilClosed(connection);
    this.#served.add(served);
    served.finally(() => this.#served.delete(served));
  }

  async #serveUntilClosed(connection: Connection): Promise<void> {
    await connection.serve();
    const { id, addr, user, name, connectedAt } = connection;
    this.#connections.delete(id);
    const seconds = (Date.now() - connectedAt) / 1000;
    this.context.log.debug("Client disconnected", { id, addr, user: user?.name, name, seconds });
    await this.#release(connection);
  }

  /** For a client that has disconnected or got its last reply. */
  async #release(client: ClientContext): Promise<void> {
    const { registrations, connectionLeases } = this.context;
    await Promise.all([registrations.deregister(client), connectionLeases.release(client)]);
  }

  async #close(): Promise<void> {
    const { authenticator, noblockPushes, registrations, waiters, store, deadLetterLog, log } = this.context;
    const startedAt = performance.now();
    log.info("Stopping", { connections: this.#connections.size });
    using deadline = new Deadline(this.#settings.shutdownTimeoutMs, () => this.#cutOff());
    authenticator.close();
    this.#listeners.close();
    await this.#accepting;
    for (const connection of this.#connections.values()) connection.closeAfterReply();
    this.#http?.endWaits();
    await deadline.wait(Promise.all(this.#served));
    this.#deps.readBudget.close();
    this.#deps.writeBudget.close();
    this.#deps.replyBudget.close();
    await deadline.wait(this.#listeners.allClosed());
    await deadline.wait(noblockPushes.close());
    this.#stopJobs.abort();
    await deadline.wait(Promise.all(this.#jobs));
    await deadline.wait(registrations.close().catch((error) => log.warn("Cannot deregister consumers", { error })));
    await deadline.wait(this.#http?.close() ?? Promise.resolve());
    await deadline.wait(waiters.close());
    await deadline.wait(store.close());
    deadLetterLog.flush(Infinity);
    log.info("Stopped", { seconds: Math.round(performance.now() - startedAt) / 1000, unfinished: this.unfinished });
  }

  #cutOff(): void {
    const { noblockPushes, log } = this.context;
    this.#wasCutOff = true;
    log.error("Shutdown exceeded --shutdown-timeout, cutting off what is left", {
      seconds: this.#settings.shutdownTimeoutMs / 1000,
      connections: this.#connections.size,
      background: noblockPushes.size,
    });
    for (const connection of this.#connections.values()) connection.kill();
    noblockPushes.giveUp();
  }
}
