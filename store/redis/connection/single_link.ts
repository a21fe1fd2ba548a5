/**
 * The link to one Redis server, or to the master that Sentinels name.
 *
 * The life of a session: locate the master, connect, check its role and settings, serve; when anything breaks, begin
 * again. Commands, long replies and Pub/Sub have a connection each, which live and end together; that of Pub/Sub is the
 * driver's.
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
import { RedisConnection } from "./redis_connection.ts";
import {
  type Args,
  errorFromDriver,
  FORBIDDEN,
  type Link,
  scanAll,
  type ServerUse,
  withStoreTimeout,
  type WriteNeeds,
} from "./link.ts";
import { checkServer, type ServerCheck, UnusableRedis } from "./server_check.ts";

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
  address: Address;
  commands: RedisConnection;
  longReplies: RedisConnection;
  subscriber: Client;
  /** Its permissions are being checked again. */
  rechecking: boolean;
  hasLibrary: boolean;
  /** Rejects when either connection breaks, or when `end` is called. */
  ended: Promise<never>;
  end(reason: Error): void;
}

export class SingleLink implements Link {
  readonly batchers = 1;
  durability = "";
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
    return this.#session?.hasLibrary ?? false;
  }

  async send(_key: string, commands: Args[]): Promise<unknown[]> {
    const session = this.#connected();
    return await this.#sendThrough(session, session.commands, commands);
  }

  async sendApart(_key: string, commands: Args[]): Promise<unknown[]> {
    const session = this.#connected();
    return await this.#sendThrough(session, session.longReplies, commands);
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
      throw errorFromDriver(error, this.#server);
    }
    return leave;
  }

  recheck(): void {
    const session = this.#session;
    if (!session || session.rechecking) return;
    session.rechecking = true;
    this.#check(session).catch(session.end).finally(() => session.rechecking = false);
  }

  close(): void {
    this.#closing.abort();
    this.#session?.end(new Error("the store is being closed"));
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
    try {
      await Promise.race([session.ended, this.#begin(session)]);
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
      session.end(new Error("the connection was given up"));
      session.commands.close();
      session.longReplies.close();
      if (session.subscriber.isOpen) session.subscriber.destroy();
    }
  }

  #newSession(address: Address): Session {
    const { promise: ended, reject: end } = Promise.withResolvers<never>();
    ended.catch(() => {});
    const session = {
      address,
      commands: new RedisConnection(address, this.#client, end),
      longReplies: new RedisConnection(address, this.#client, end),
      subscriber: newClient(address, this.#client),
      rechecking: false,
      hasLibrary: false,
      ended,
      end,
    };
    session.subscriber.on("error", end);
    return session;
  }

  async #begin(session: Session): Promise<void> {
    const { commands, longReplies, subscriber } = session;
    await Promise.all([commands, longReplies, subscriber].map((connection) => connection.connect()));
    const { isMaster, message, isWarning } = await this.#check(session);
    if (!isMaster) throw new StoreUnavailable("it is a replica (READONLY)", false);
    for (const channel of this.#listeners.keys()) await this.#listen(subscriber, channel);
    this.durability = message;
    // The opener of the store shows what an OK means.
    if (isWarning || this.#served) {
      this.#options.report(isWarning ? "warn" : "info", `Connected to ${this.#server}. ${message}`);
    }
  }

  async #check(session: Session): Promise<ServerCheck> {
    const use: ServerUse = {
      server: this.#server,
      username: this.#client.username,
      publish: this.publish,
      channelPrefix: this.channelPrefix,
      partition: 0,
      needs: this.#needs,
    };
    const check = await checkServer(
      async (...args) => (await session.commands.send([args]))[0],
      session.subscriber,
      use,
    );
    session.hasLibrary = check.hasLibrary;
    return check;
  }

  #connected(): Session {
    if (!this.#session) throw new StoreUnavailable(this.#unreachable(), false);
    return this.#session;
  }

  async #sendThrough(session: Session, connection: RedisConnection, commands: Args[]): Promise<unknown[]> {
    try {
      return await connection.send(commands);
    } catch (failure) {
      const error = errorFromDriver(failure, this.#server);
      // No longer the master: locate the new one.
      if (error instanceof StoreUnavailable && error.reason.includes("READONLY")) session.end(error);
      if (error instanceof Error && FORBIDDEN.test(error.message)) this.recheck();
      throw error;
    }
  }

  async #listen(subscriber: Client, channel: string): Promise<void> {
    await subscriber.subscribe(channel, (message) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(message);
    });
  }

  /**
   * Rejects when a connection breaks, or when the Sentinels name another master; while none answers, this one stays.
   */
  async #watch({ address, subscriber, ended, end }: Session): Promise<never> {
    // Commands have a time limit of their own; the Pub/Sub connection is pinged.
    const { timeoutMs } = this.#options;
    const ping = () => withStoreTimeout(subscriber.ping(), timeoutMs, () => "Pub/Sub does not answer").catch(end);
    const recheck = async () => {
      const now = await this.#locator.locate().catch(() => address);
      if (formatAddress(now) !== formatAddress(address)) end(new Error(`the master is now at ${formatAddress(now)}`));
    };
    const timers = [setInterval(ping, timeoutMs)];
    if (this.#locator.recheckMs > 0) timers.push(setInterval(recheck, this.#locator.recheckMs));
    return await ended.finally(() => timers.forEach(clearInterval));
  }

  #failed(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    if (error instanceof UnusableRedis) this.#first.reject(error);
    const reason = error instanceof StoreUnavailable || error instanceof UnusableRedis ? error.reason : describe(error);
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

/** An error for a host with several addresses has its messages in its parts. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join(", ");
  return error instanceof Error ? error.message || error.name : String(error);
}
