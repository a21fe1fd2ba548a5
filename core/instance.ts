/**
 * A running okq instance: a listener, its connections, and the duties in the background.
 *
 * @module
 */
import type { Store } from "../store/store.ts";
import type { Access } from "./auth/authenticator.ts";
import { BackgroundPushes } from "./background/noblock_pushes.ts";
import { acceptedBy } from "./connection/decoder_limits.ts";
import { addressText } from "./util/address.ts";
import type { Client } from "./client_context.ts";
import { Connection } from "./connection/connection.ts";
import { Deadline } from "./util/deadline.ts";
import type { Door } from "./net/listeners.ts";
import { startDuties } from "./background/jobs.ts";
import { Figures } from "./metrics/queue_stats.ts";
import { Holds } from "./delivery/connection_leases.ts";
import { InFlight } from "./connection/memory_limit.ts";
import { LargeReplies } from "./connection/reply_budget.ts";
import type { Limits } from "./config/limits.ts";
import type { Log } from "./log.ts";
import type { Meters } from "./metrics/metrics.ts";
import { SlowLog, TracedNotes } from "./metrics/slow_log.ts";
import type { Okq } from "./server_context.ts";
import type { ListenAddr } from "./config/option.ts";
import type { Settings } from "./config/settings.ts";
import { Pace } from "./connection/read_budget.ts";
import { refuse } from "./net/refusal.ts";
import { Registrations } from "./delivery/registrations.ts";
import type { Router, Shared } from "./connection/router.ts";
import { Runner } from "./connection/dispatcher.ts";
import { Seldom } from "./rate_limited_log.ts";
import type { Side } from "./api.ts";
import type { Listener, Socket } from "./net/listener.ts";
import type { Tls } from "./net/tls.ts";
import { Waiters } from "./delivery/waiters.ts";

/** What a server is made of. */
export interface Parts {
  /** Where events are kept. */
  store: Store;
  /** How clients come in. */
  door: Door;
  /** How it is set up. */
  settings: Settings;
  /** What runs commands. */
  router: Router;
  /** What counts them. */
  meters: Meters;
  /** Where log lines go. */
  log: Log;
}

/** Serves on a socket of its own from the time that it is made until it is closed. */
export class Instance implements Okq {
  readonly store: Store;
  readonly access: Access;
  readonly log: Log;
  readonly waiters: Waiters;
  readonly registrations: Registrations;
  readonly holds: Holds;
  readonly background: BackgroundPushes;
  readonly inFlight: InFlight;
  readonly figures: Figures;
  readonly meters: Meters;
  readonly clients: Map<number, Connection> = new Map();
  readonly maxEventBytes: number;
  readonly limits: Limits;
  readonly qstatus: "lines" | "array";
  readonly since: number = Date.now();
  readonly addr: ListenAddr;
  readonly tlsAddr: ListenAddr | undefined;

  #door: Door;
  #shared: Shared;
  #refused: Seldom;
  #notAccepted: Seldom;
  #nextId = 1;
  #connections = new Set<Promise<void>>();
  #stopping = new AbortController();
  #duties: Promise<void>[];
  #accepting: Promise<void>[];
  #closed: Promise<void> | undefined;
  #cut = false;
  #side: Side | undefined;

  /** Serves those who come in by the door. */
  constructor({ store, door, settings, router, meters, log }: Parts) {
    this.store = store;
    this.access = door.access;
    this.log = log;
    this.maxEventBytes = settings.maxEventBytes;
    this.limits = settings;
    this.qstatus = settings.qstatus;
    this.waiters = new Waiters(store, log);
    this.registrations = new Registrations(store, this.waiters, crypto.randomUUID());
    this.holds = new Holds(store, log, settings.maxHeld);
    this.background = new BackgroundPushes(store, settings.backgroundPushes, log);
    this.inFlight = new InFlight(settings.maxInFlightBytes);
    this.#refused = new Seldom(log);
    this.#notAccepted = new Seldom(log);
    this.figures = new Figures(store, settings.metricsQueues);
    this.meters = meters;
    const slow = new SlowLog(log, settings.slowCommandMs);
    const notes = meters.tracing ? new TracedNotes(slow, meters.tracing) : slow;
    this.#shared = {
      runner: new Runner(router, meters, notes),
      meters,
      accepted: acceptedBy(settings),
      inFlight: this.inFlight,
      large: new LargeReplies(),
      pace: new Pace(),
      left: (client) => this.#left(client),
    };
    this.#door = door;
    this.addr = door.listeners[0].addr;
    this.tlsAddr = door.tlsAddr;
    this.#duties = startDuties(this, this.#stopping.signal);
    this.#accepting = door.listeners.map((listener) => this.#accept(listener));
  }

  get unfinished(): boolean {
    return this.#cut || this.background.lost > 0;
  }

  get stopping(): boolean {
    return this.#closed !== undefined;
  }

  get httpAddr(): ListenAddr | undefined {
    return this.#side?.addr;
  }

  get port(): number {
    return this.addr.port;
  }

  /** Closes everything in order; a second call waits for the first. */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  /** Serves that too, and closes it when there is nothing left to be seen. */
  serveBeside(side: Side): void {
    this.#side = side;
  }

  /** Reads the files of passwords, users and certificates again. */
  async reload(): Promise<void> {
    try {
      await this.#door.reload();
      await this.#side?.reload();
    } finally {
      for (const client of this.clients.values()) {
        if (client.user && !this.access.isCurrent(client.user)) client.kill();
      }
    }
  }

  async #close(): Promise<void> {
    using deadline = new Deadline(this.limits.shutdownTimeoutMs, () => this.#cutOff());
    this.#door.close();
    await Promise.all(this.#accepting);
    for (const connection of this.clients.values()) connection.closeAfterReply();
    await deadline.wait(Promise.all(this.#connections));
    this.#shared.large.end();
    this.#shared.pace.end();
    await deadline.wait(this.#door.allClosed());
    await deadline.wait(this.background.close());
    this.#stopping.abort();
    await deadline.wait(Promise.all(this.#duties));
    await deadline.wait(
      this.registrations.close().catch((error) => this.log.warn("Cannot take the consumers off", { error })),
    );
    await deadline.wait(this.waiters.close());
    await deadline.wait(this.#side?.close() ?? Promise.resolve());
    await deadline.wait(this.store.close());
  }

  /** Ends what has taken too long to end by itself. */
  #cutOff(): void {
    this.#cut = true;
    this.log.error("Stopping takes too long, what is left is cut off", {
      seconds: this.limits.shutdownTimeoutMs / 1000,
      connections: this.clients.size,
      background: this.background.size,
    });
    for (const connection of this.clients.values()) connection.kill();
    this.background.giveUp();
  }

  async #accept(listener: Listener): Promise<void> {
    while (true) {
      try {
        const socket = await listener.accept();
        if (listener.tls) this.#shake(listener.tls, socket);
        else this.#serve(socket);
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
        this.#notAccepted.warn("Cannot accept a connection", { error }); // too many open files, or the client has gone again
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Serves after a handshake, which the next connection does not wait for. */
  async #shake(tls: Tls, socket: Socket): Promise<void> {
    try {
      this.#serve(await tls.handshake(socket));
    } catch (error) {
      this.log.debug("A handshake failed", { error });
    }
  }

  #serve(conn: Socket): void {
    if (this.clients.size >= this.limits.maxClients) {
      this.meters.refused++;
      this.#refused.warn("Refused a connection: --max-clients are there", { addr: addressText(conn.remoteAddr) });
      return void refuse(conn);
    }
    this.meters.accepted++;
    const connection = new Connection(conn, this.#nextId++, this, this.#shared);
    this.clients.set(connection.id, connection);
    const served = this.#serveUntilClosed(connection);
    this.#connections.add(served);
    served.finally(() => this.#connections.delete(served));
  }

  async #serveUntilClosed(connection: Connection): Promise<void> {
    await connection.serve();
    this.clients.delete(connection.id);
    await this.#left(connection);
  }

  /** A client has hung up, or got its last reply: it neither consumes nor holds anything any more. */
  async #left(client: Client): Promise<void> {
    await Promise.all([this.#deregister(client), this.holds.letGo(client)]);
  }

  async #deregister(client: Client): Promise<void> {
    if (client.queues.length === 0) return;
    // If the store cannot be told now, the consumer is missing from the next renewal.
    await this.registrations.register(client, []).catch((error) => this.log.debug("Cannot deregister", { error }));
  }
}
