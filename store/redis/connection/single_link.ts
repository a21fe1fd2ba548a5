/**
 * The way to one Redis server, or to the one that Sentinels call the master.
 *
 * The life of the connection: find out where the master is, connect, see whether it is a master and what it can promise,
 * serve, and when anything about it breaks, from the beginning. Commands and Pub/Sub have a connection each; they live and
 * die together.
 *
 * The driver's own Sentinel client is not used: it sends a command again after its connection broke, which may do it
 * twice.
 *
 * @module
 */
import type { Buffer } from "../../../deps.ts";
import { delay } from "../../../core/util/async.ts";
import { type StoreOptions, StoreUnavailable } from "../../store.ts";
import { type Address, formatAddress } from "./url.ts";
import { type Client, type ClientOptions, newClient, sendAll } from "./client.ts";
import { type Args, errorFromDriver, type Link, scanAll, withStoreTimeout } from "./link.ts";
import { checkServer, UnusableRedis } from "./server_check.ts";

/** Longest pause between two attempts to connect, in milliseconds. */
const MAX_PAUSE_MS = 500;
/** Pause after the first failure, in milliseconds; it doubles with each. */
const FIRST_PAUSE_MS = 25;

type Listener = (message: string) => void;

/** How the master is found. */
export interface Locator {
  /** Finds it. */
  locate(): Promise<Address>;
  /** How often to see whether it is still the one, in milliseconds; 0 if it cannot change. */
  readonly recheckMs: number;
}

/** The two connections of one life. */
interface Session {
  address: Address;
  commands: Client;
  subscriber: Client;
  /** Rejects when either connection breaks, or on `end`. */
  over: Promise<never>;
  end(reason: Error): void;
}

/** A link to a master. */
export class SingleLink implements Link {
  readonly batchers = 1;
  readonly publish = "PUBLISH";
  readonly channelPrefix: string;
  onReady: () => void = () => {};

  #locator: Locator;
  #client: ClientOptions;
  #options: StoreOptions;
  #session: Session | undefined;
  #listeners = new Map<string, Set<Listener>>();
  #first = Promise.withResolvers<void>();
  #reason = "it has not answered yet";
  #where = "Redis";
  #served = false; // before that, whoever opens the store is told
  readonly #closing = new AbortController();

  /** @param channelPrefix what the names of channels begin with */
  constructor(locator: Locator, client: ClientOptions, channelPrefix: string, options: StoreOptions) {
    this.#locator = locator;
    this.#client = client;
    this.channelPrefix = channelPrefix;
    this.#options = options;
  }

  /**
   * Connects and from then on stays connected as far as it can.
   * @throws {StoreUnavailable} if it takes too long
   * @throws {UnusableRedis}
   */
  async connect(): Promise<void> {
    this.#keepConnected();
    await withStoreTimeout(this.#first.promise, this.#options.timeoutMs, () => this.#whyNot());
  }

  async send(_key: string, commands: Args[]): Promise<unknown[]> {
    const life = this.#session;
    if (!life) throw new StoreUnavailable(this.#whyNot(), false);
    return await this.#sendThrough(life, commands);
  }

  scan(pattern: string, found: (keys: Buffer[]) => void): Promise<void> {
    const send = async (args: Args) => (await this.send("", [args]))[0];
    return scanAll(send, ["SCAN", "MATCH", pattern], found);
  }

  async subscribe(channel: string, listener: Listener): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    const leave = async () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      this.#listeners.delete(channel);
      await this.#session?.subscriber.unsubscribe(channel).catch(() => {}); // it broke: the next life does not subscribe
    };
    try {
      if (!this.#session) throw new StoreUnavailable(this.#whyNot(), false);
      if (listeners.size === 1) await this.#listen(this.#session.subscriber, channel);
    } catch (error) {
      await leave();
      throw errorFromDriver(error, this.#where);
    }
    return leave;
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

  /** One life, from finding the master to the end of its connections. */
  async #serveSession(serving: () => void): Promise<void> {
    const address = await this.#locator.locate();
    this.#where = `Redis at ${formatAddress(address)}`;
    const life = this.#newSession(address);
    try {
      await Promise.race([life.over, this.#begin(life)]);
      this.#session = life;
      this.#reason = "the connection was lost";
      this.#served = true;
      serving();
      this.#first.resolve();
      this.onReady();
      await this.#watch(life);
    } finally {
      this.#session = undefined;
      life.end(new Error("the connection was given up"));
      for (const client of [life.commands, life.subscriber]) if (client.isOpen) client.destroy();
    }
  }

  #newSession(address: Address): Session {
    const { promise: over, reject: end } = Promise.withResolvers<never>();
    over.catch(() => {});
    const life = {
      address,
      commands: newClient(address, this.#client),
      subscriber: newClient(address, this.#client),
      over,
      end,
    };
    for (const client of [life.commands, life.subscriber]) client.on("error", end);
    return life;
  }

  async #begin(life: Session): Promise<void> {
    await Promise.all([life.commands.connect(), life.subscriber.connect()]);
    const { isMaster, message, isWarning } = await checkServer((...args) => life.commands.sendCommand(args));
    if (!isMaster) throw new StoreUnavailable("it is a replica (READONLY)", false);
    for (const channel of this.#listeners.keys()) await this.#listen(life.subscriber, channel);
    this.#options.report(isWarning ? "warn" : "info", `Connected to ${this.#where}. ${message}`);
  }

  async #sendThrough({ commands: client, end }: Session, commands: Args[]): Promise<unknown[]> {
    try {
      return await sendAll(client, commands, this.#options.timeoutMs, () => end(new Error("it does not answer")));
    } catch (failure) {
      const error = errorFromDriver(failure, this.#where);
      // It was the master once, and is no more: find out who is.
      if (error instanceof StoreUnavailable && error.reason.includes("READONLY")) end(error);
      throw error;
    }
  }

  async #listen(subscriber: Client, channel: string): Promise<void> {
    await subscriber.subscribe(channel, (message) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(message);
    });
  }

  /** Rejects when the connections break, or the Sentinels name another master; while none answers, this one will do. */
  async #watch(life: Session): Promise<never> {
    // Commands have a limit of their own; Pub/Sub must be asked now and then whether it still listens.
    const { timeoutMs } = this.#options;
    const ping = () =>
      withStoreTimeout(life.subscriber.ping(), timeoutMs, () => "Pub/Sub does not answer").catch(life.end);
    const look = async () => {
      const now = await this.#locator.locate().catch(() => life.address);
      if (formatAddress(now) !== formatAddress(life.address)) {
        life.end(new Error(`the master is now at ${formatAddress(now)}`));
      }
    };
    const timers = [setInterval(ping, timeoutMs)];
    if (this.#locator.recheckMs > 0) timers.push(setInterval(look, this.#locator.recheckMs));
    return await life.over.finally(() => timers.forEach(clearInterval));
  }

  #failed(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    if (error instanceof UnusableRedis) this.#first.reject(error);
    const reason = error instanceof StoreUnavailable ? error.reason : describe(error);
    if (reason !== this.#reason && this.#served) {
      this.#options.report("warn", `${this.#where} cannot be used for now: ${reason}`);
    }
    this.#reason = reason;
  }

  #whyNot(): string {
    return `${this.#where} cannot be reached: ${this.#reason}`;
  }
}

/** Connection errors of a host with several addresses have their text in their parts. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join(", ");
  return error instanceof Error ? error.message || error.name : String(error);
}
