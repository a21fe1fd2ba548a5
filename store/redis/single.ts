/**
 * The way to one Redis server: a connection for commands, and one for Pub/Sub.
 *
 * @module
 */
import { Buffer, ClientOfflineError, createClient, ErrorReply, RESP_TYPES } from "../../deps.ts";
import { type StoreOptions, StoreUnavailable } from "../store.ts";
import dueSource from "./due.lua" with { type: "text" };
import type { Key } from "./keys.ts";
import queueSource from "./queue.lua" with { type: "text" };
import { channelPrefix } from "./keys.ts";
import { errorFromRedis, type Transport } from "./transport.ts";

/** Longest wait between two attempts to connect, in milliseconds. */
const MAX_RECONNECT_DELAY_MS = 500;

type Client = ReturnType<typeof createClient>;

/** A Lua script and the name by which Redis remembers it. */
interface Script {
  source: string;
  sha?: string;
}

/** One Redis server. */
export class SingleServer implements Transport {
  #commands: Client;
  #subscriber: Client;
  #options: StoreOptions;
  #address: string;
  #lastError = "it has not answered yet";
  #queue: Script = { source: queueSource };
  #due: Script = { source: dueSource };
  #prefix: string;
  /** Called each time that the connection has come up. */
  onReady: () => void = () => {};

  /** @param url `redis://` or `rediss://`, with user, password and database if need be */
  constructor(url: URL, options: StoreOptions) {
    this.#options = options;
    this.#address = `${url.hostname || "127.0.0.1"}:${url.port || 6379}`;
    this.#prefix = channelPrefix(Number(url.pathname.slice(1)) || 0);
    this.#commands = createClient({
      url: url.href,
      RESP: 2,
      maintNotifications: "disabled", // else the driver reads an environment variable
      disableOfflineQueue: true, // what waits, waits in a lane, where it is bounded in time
      socket: {
        connectTimeout: options.timeoutMs,
        socketTimeout: options.timeoutMs, // the reclaimer never lets the connection rest that long
        reconnectStrategy: (retries) => Math.min(25 * 2 ** retries, MAX_RECONNECT_DELAY_MS),
      },
    });
    this.#subscriber = this.#commands.duplicate({
      disableOfflineQueue: false,
      socket: { ...this.#commands.options?.socket, socketTimeout: undefined },
    });
    this.#commands.on("error", (error) => this.#lost(error));
    this.#commands.on("ready", () => this.#back());
    this.#subscriber.on("error", () => {}); // the other connection reports it
  }

  get ready(): boolean {
    return this.#commands.isReady;
  }

  whyNotReady(): string {
    return `Redis at ${this.#address} cannot be reached: ${this.#lastError}`;
  }

  errorFrom(message: string): Error {
    return errorFromRedis(message);
  }

  /**
   * Connects.
   * @throws {StoreUnavailable} if it takes longer than the timeout
   */
  async connect(): Promise<void> {
    const connected = Promise.all([this.#commands.connect(), this.#subscriber.connect()]);
    await this.#inTime(connected);
  }

  async run(keys: Key[], packed: Uint8Array): Promise<Uint8Array> {
    const payload = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
    return await this.#script(this.#queue, keys, [payload, this.#prefix]) as Uint8Array;
  }

  /** Calls `due.lua`. */
  async due(timers: string[], limit: number): Promise<Uint8Array[]> {
    return await this.#script(this.#due, timers, [String(limit)]) as Uint8Array[];
  }

  /** Sends any command; bulk strings come back as bytes. */
  async command(...args: Key[]): Promise<unknown> {
    try {
      return await this.#commands.sendCommand(args, { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } });
    } catch (error) {
      throw this.#translated(error);
    }
  }

  /** Listens on a channel until the returned function is called. */
  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    const leave = async () => {
      await this.#subscriber.unsubscribe(channel, listener).catch(() => {});
    };
    try {
      await this.#inTime(this.#subscriber.subscribe(channel, listener));
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  /** What Pub/Sub channels of its database begin with. */
  get channelPrefix(): string {
    return this.#prefix;
  }

  /** Closes both connections. */
  close(): void {
    for (const client of [this.#commands, this.#subscriber]) if (client.isOpen) client.destroy();
  }

  async #script(script: Script, keys: Key[], args: Key[]): Promise<unknown> {
    try {
      script.sha ??= String(await this.command("SCRIPT", "LOAD", script.source));
      return await this.command("EVALSHA", script.sha, String(keys.length), ...keys, ...args);
    } catch (error) {
      // Redis was restarted and has forgotten the script: nothing has been done.
      if (!(error instanceof Error && error.message.includes("NOSCRIPT"))) throw error;
      return await this.command("EVAL", script.source, String(keys.length), ...keys, ...args);
    }
  }

  #translated(error: unknown): unknown {
    if (error instanceof ErrorReply) return errorFromRedis(error.message);
    if (error instanceof ClientOfflineError) return new StoreUnavailable(this.whyNotReady(), false);
    if (!(error instanceof Error)) return error;
    return new StoreUnavailable(`the connection to Redis at ${this.#address} was lost`, true, { cause: error });
  }

  async #inTime<T>(promise: Promise<T>): Promise<T> {
    let timer;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new StoreUnavailable(this.whyNotReady(), false)),
        this.#options.timeoutMs,
      );
    });
    promise.catch(() => {}); // it may fail after the time is up
    try {
      return await Promise.race([promise, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  #lost(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#lastError) {
      this.#options.report("warn", `Redis at ${this.#address} cannot be reached: ${reason}`);
    }
    this.#lastError = reason;
  }

  #back(): void {
    this.#options.report("info", `Connected to Redis at ${this.#address}`);
    this.#lastError = "the connection was lost";
    this.onReady();
  }
}
