/**
 * A connection to a Redis server for commands of the store. It takes a third less of the processor's time than the
 * driver's, for a script call and for a long reply, and writes at once.
 *
 * @module
 */
import { Buffer } from "../../../deps.ts";
import { ReplyReader } from "../../../resp/client/decode_reply.ts";
import { Output } from "../../../resp/encode.ts";
import { ErrorReply, type Reply, Status } from "../../../resp/reply.ts";
import { StoreUnavailable } from "../../store.ts";
import { ErrorReply as RedisError } from "../deps.ts";
import type { ClientOptions } from "./client.ts";
import type { Args } from "./link.ts";
import type { Address } from "./url.ts";

/** Commands that were sent back to back. */
interface Call {
  readonly commands: Args[];
  readonly replies: unknown[];
  resolve(replies: unknown[]): void;
  reject(error: Error): void;
}

export class RedisConnection {
  readonly #address: Address;
  readonly #options: ClientOptions;
  readonly #onEnd: (reason: Error) => void;
  readonly #output = new Output();
  readonly #reader = new ReplyReader();
  readonly #calls: Call[] = []; // without all their replies
  readonly #timeout: ReplyTimeout;
  readonly #closing = new AbortController();
  #socket: Deno.Conn | undefined;
  #isWriting = false;

  /**
   * Not connected yet; once lost, it does not reconnect.
   * @param onEnd called once it is lost or closed
   */
  constructor(address: Address, options: ClientOptions, onEnd: (reason: Error) => void) {
    this.#address = address;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#timeout = new ReplyTimeout(options.timeoutMs, () => this.close(new Error("it does not answer")));
  }

  /** @throws {Error} if the server cannot be reached, or refuses the login */
  async connect(): Promise<void> {
    const { username, password, database = 0 } = this.#options;
    try {
      this.#socket = await this.#open();
      const commands: Args[] = [];
      if (password !== undefined) commands.push(["AUTH", ...username === undefined ? [] : [username], password]);
      if (database > 0) commands.push(["SELECT", `${database}`]);
      if (commands.length > 0) await this.send(commands);
    } catch (error) {
      this.close(error as Error);
      throw error;
    }
  }

  /**
   * Sends commands back to back and resolves to their replies, bulk strings as bytes.
   * @throws {RedisError} if Redis refuses the first
   * @throws {StoreUnavailable} if Redis refuses another, or with a known outcome if there is no connection
   * @throws {Error} if the connection breaks
   */
  send(commands: Args[]): Promise<unknown[]> {
    const socket = this.#socket;
    if (!socket) return Promise.reject(new StoreUnavailable("there is no connection", false));
    for (const args of commands) this.#output.command(args);
    return new Promise((resolve, reject) => {
      this.#calls.push({ commands, replies: [], resolve, reject });
      this.#timeout.sent();
      if (!this.#isWriting) this.#write(socket);
    });
  }

  close(reason: Error = new Error("it was closed")): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(reason);
    this.#timeout.stop();
    this.#socket?.close();
    this.#socket = undefined;
    for (const { reject } of this.#calls.splice(0)) reject(reason);
    this.#onEnd(reason);
  }

  async #open(): Promise<Deno.Conn> {
    const { timeoutMs, tls } = this.#options;
    const { host: hostname, port } = this.#address;
    const late = setTimeout(() => this.close(new Error("connecting takes too long")), timeoutMs);
    try {
      const tcp = await Deno.connect({ hostname, port, signal: this.#closing.signal });
      tcp.setNoDelay();
      tcp.setKeepAlive();
      const socket: Deno.Conn = tls ? await Deno.startTls(tcp, { hostname }) : tcp;
      if (this.#closing.signal.aborted) socket.close();
      this.#closing.signal.throwIfAborted();
      this.#read(socket);
      return socket;
    } finally {
      clearTimeout(late);
    }
  }

  async #write(socket: Deno.Conn): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#output.length > 0) {
        for (let bytes = this.#output.take(); bytes.length > 0;) bytes = bytes.subarray(await socket.write(bytes));
      }
    } catch (error) {
      this.close(error as Error);
    }
    this.#isWriting = false;
  }

  async #read(socket: Deno.Conn): Promise<void> {
    try {
      while (true) {
        const length = await socket.read(this.#reader.space());
        if (length === null) throw new Error("the server closed it");
        this.#reader.advance(length);
        for (let reply = this.#reader.next(); reply !== undefined; reply = this.#reader.next()) this.#answer(reply);
      }
    } catch (error) {
      this.close(error as Error);
    }
  }

  #answer(reply: Reply): void {
    const call = this.#calls[0];
    if (!call) throw new Error("it answers what was not asked");
    if (call.replies.push(valueOf(reply)) < call.commands.length) return;
    this.#calls.shift();
    this.#timeout.answered();
    const failure = failureOf(call);
    if (failure) call.reject(failure);
    else call.resolve(call.replies);
  }
}

/** As the driver returns it. */
function valueOf(reply: Reply): unknown {
  if (reply instanceof Uint8Array) return Buffer.from(reply.buffer, reply.byteOffset, reply.length);
  if (Array.isArray(reply)) return reply.map(valueOf);
  if (reply instanceof Status) return reply.text;
  if (reply instanceof ErrorReply) return new RedisError(reply.text);
  return reply;
}

/** The first error among the replies. If one is refused after others were done, the outcome is unknown. */
function failureOf({ commands, replies }: Call): Error | undefined {
  const i = replies.findIndex((reply) => reply instanceof RedisError);
  if (i < 0) return undefined;
  const failure = replies[i] as RedisError;
  const anyDone = i > (commands[0][0] === "ASKING" ? 1 : 0);
  return anyDone ? new StoreUnavailable(`Redis answers ${failure.message}`, true) : failure;
}

/**
 * A time limit for replies, which arrive in the order of the calls. One timer, set for the oldest call, serves all: one
 * per call would cost a tenth of the call.
 */
export class ReplyTimeout {
  readonly #timeoutMs: number;
  readonly #onTimeout: () => void;
  readonly #sentAt: number[] = []; // of the unanswered calls, by performance.now()
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onTimeout called once, when a reply is late */
  constructor(timeoutMs: number, onTimeout: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
  }

  sent(): void {
    this.#sentAt.push(performance.now());
    this.#timer ??= setTimeout(() => this.#check(), this.#timeoutMs);
  }

  answered(): void {
    this.#sentAt.shift();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    this.#timer = undefined;
    if (this.#sentAt.length === 0) return;
    const left = this.#sentAt[0] + this.#timeoutMs - performance.now();
    if (left > 0) this.#timer = setTimeout(() => this.#check(), left);
    else this.#onTimeout();
  }
}
