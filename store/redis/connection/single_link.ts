/**
 * The link to one Redis server, or to the master that Sentinels name.
 *
 * The life of a session: locate the master, connect, check its role and settings, serve; when anything breaks, begin
 * again. The connections for commands (`server_session.ts`) and that for Pub/Sub, which is the driver's, live and end
 * together.
 *
 * The driver's own Sentinel client is not used: it resends a command after its connection broke, which may perform it
 * twice.
 *
 * @module
 */
import type { Buffer } from "../../../deps.ts";
import { delay } from "../../../core/util/async.ts";
import { type StoreOptions, StoreUnavailable } from "../../store.ts";
import { type Address, formatAddress } from "./url.ts";
import { type Client, type ClientOptions, newClient } from "./client.ts";
import {
  type Args,
  errorFromConnection,
  type Link,
  reasonOf,
  scanAll,
  withStoreTimeout,
  type WriteNeeds,
} from "./link.ts";
import { UnusableRedis } from "./server_check.ts";
import { ServerSession } from "./server_session.ts";

const MAX_PAUSE_MS = 500;
/** Doubles with each further failure. */
const FIRST_PAUSE_MS = 25;

type Listener = (message: string) => void;

export interface Locator {
  locate(): Promise<Address>;
  /** Interval of checking that it is still the master; 0 if it cannot change. */
  readonly recheckMs: number;
}

interface Session {
  server: ServerSession;
  subscriber: Client;
  /** Its permissions are being checked again. */
  rechecking: boolean;
}

export class SingleLink implements Link {
  readonly batchers = 1;
  durability = "";
  appendOnly = false;
  readonly publish = "PUBLISH";
  readonly channelPrefix: string;
  onReady: () => void = () => {};

  #locator: Locator;
  #client: ClientOptions;
  #options: StoreOptions;
  #needs: WriteNeeds | undefined;
  #session: Session | undefined;
  #listeners = new Map<string, Set<Listener>>();
  #first = Promise.withResolvers<void>();
  #reason = "it has not answered yet";
  #isReached = false;
  #server = "Redis"; // its name, as part of a sentence
  #served = false; // earlier failures are reported to the opener of the store
  readonly #closing = new AbortController();

  constructor(
    locator: Locator,
    client: ClientOptions,
    channelPrefix: string,
    options: StoreOptions,
    needs: WriteNeeds | undefined,
  ) {
    this.#locator = locator;
    this.#client = client;
    this.channelPrefix = channelPrefix;
    this.#options = options;
    this.#needs = needs;
  }

  /**
   * Connects, and reconnects from then on.
   * @throws {StoreUnavailable} if it takes too long
   * @throws {UnusableRedis}
   */
  async connect(): Promise<void> {
    this.#keepConnected();
    await withStoreTimeout(this.#first.promise, this.#options.timeoutMs, () => this.#unreachable());
  }

  hasLibrary(): boolean {
    return this.#session?.server.hasLibrary ?? false;
  }

  send(_key: string, commands: Args[], isApart = false): Promise<unknown[]> {
    if (!this.#session) return Promise.reject(new StoreUnavailable(this.#unreachable(), false));
    const { server } = this.#session;
    return server.send(commands, isApart).catch((error) => {
      // No longer the master: locate the new one.
      if (error instanceof StoreUnavailable && error.reason.includes("READONLY")) server.end(error);
      throw error;
    });
  }

  sendApart(key: string, commands: Args[]): Promise<unknown[]> {
    return this.send(key, commands, true);
  }

  scan(pattern: string, onKeys: (keys: Buffer[]) => void): Promise<void> {
    const send = async (args: Args) => (await this.send("", [args]))[0];
    return scanAll(send, ["SCAN", "MATCH", pattern], onKeys);
  }

  async subscribe(channel: string, listener: Listener): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    const leave = async () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      this.#listeners.delete(channel);
      await this.#session?.subscriber.unsubscribe(channel).catch(() => {}); // it broke: the next session does not subscribe
    };
    try {
      const { subscriber } = this.#connected();
      if (listeners.size === 1) await this.#listen(subscriber, channel);
    } catch (error) {
      await leave();
      throw errorFromConnection(error, this.#server);
    }
    return leave;
  }

  recheck(): void {
    const session = this.#session;
    if (!session || session.rechecking) return;
    session.rechecking = true;
    const { server, subscriber } = session;
    server.check(subscriber, 0).catch((error) => server.end(error)).finally(() => session.rechecking = false);
  }

  close(): void {
    this.#closing.abort();
    this.#session?.server.end(new Error("the store is being closed"));
  }

  async #keepConnected(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#serveSession(() => pause = FIRST_PAUSE_MS);
      } catch (error) {
        this.#failed(error);
      }
      if (this.#closing.signal.aborted) return;
      await delay(pause, this.#closing.signal);
      pause = Math.min(pause * 2, MAX_PAUSE_MS);
    }
  }

  async #serveSession(serving: () => void): Promise<void> {
    const address = await this.#locator.locate();
    this.#server = `Redis at ${formatAddress(address)}`;
    const session = this.#newSession(address);
    const { server, subscriber } = session;
    try {
      await Promise.race([server.ended, this.#begin(session)]);
      this.#session = session;
      this.#reason = "the connection was lost";
      this.#isReached = false;
      this.#served = true;
      serving();
      this.#first.resolve();
      this.onReady();
      await this.#watch(session);
    } finally {
      this.#session = undefined;
      server.end(new Error("the connection was given up"));
      if (subscriber.isOpen) subscriber.destroy();
    }
  }

  #newSession(address: Address): Session {
    const server = new ServerSession(address, this.#client, {
      server: this.#server,
      username: this.#client.username,
      publish: this.publish,
      channelPrefix: this.channelPrefix,
      needs: this.#needs,
    });
    server.onForbidden = () => this.recheck();
    const subscriber = newClient(address, this.#client);
    subscriber.on("error", (error) => server.end(error));
    return { server, subscriber, rechecking: false };
  }

  async #begin({ server, subscriber }: Session): Promise<void> {
    await Promise.all([server, subscriber].map((connection) => connection.connect()));
    const { isMaster, message, appendOnly, isWarning } = await server.check(subscriber, 0);
    if (!isMaster) throw new StoreUnavailable("it is a replica (READONLY)", false);
    for (const channel of this.#listeners.keys()) await this.#listen(subscriber, channel);
    this.durability = message;
    this.appendOnly = appendOnly;
    // The opener of the store shows what an OK means.
    if (isWarning || this.#served) {
      this.#options.report(isWarning ? "warn" : "info", `Connected to ${this.#server}. ${message}`);
    }
  }

  #connected(): Session {
    if (!this.#session) throw new StoreUnavailable(this.#unreachable(), false);
    return this.#session;
  }

  async #listen(subscriber: Client, channel: string): Promise<void> {
    await subscriber.subscribe(channel, (message) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(message);
    });
  }

  /**
   * Rejects when a connection breaks, or when the Sentinels name another master; while none answers, this one stays.
   */
  async #watch({ server, subscriber }: Session): Promise<never> {
    // Commands have a time limit of their own; the Pub/Sub connection is pinged.
    const { timeoutMs } = this.#options;
    const { address } = server;
    const end = (reason: Error) => server.end(reason);
    const ping = () => withStoreTimeout(subscriber.ping(), timeoutMs, () => "Pub/Sub does not answer").catch(end);
    const recheck = async () => {
      const now = await this.#locator.locate().catch(() => address);
      if (formatAddress(now) !== formatAddress(address)) end(new Error(`the master is now at ${formatAddress(now)}`));
    };
    const timers = [setInterval(ping, timeoutMs)];
    if (this.#locator.recheckMs > 0) timers.push(setInterval(recheck, this.#locator.recheckMs));
    return await server.ended.finally(() => timers.forEach(clearInterval));
  }

  #failed(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    if (error instanceof UnusableRedis) this.#first.reject(error);
    const reason = error instanceof UnusableRedis ? error.reason : reasonOf(error);
    if (reason !== this.#reason && this.#served) {
      this.#options.report("warn", `${this.#server} cannot be used for now: ${reason}`);
    }
    this.#reason = reason;
    this.#isReached = error instanceof UnusableRedis;
  }

  #unreachable(): string {
    return `${this.#server} cannot be ${this.#isReached ? "used" : "reached"}: ${this.#reason}`;
  }
}
