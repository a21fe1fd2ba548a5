/**
 * Connections of the driver, set up for okq.
 *
 * @module
 */
import { Buffer, createClient, ErrorReply, RESP_TYPES } from "../../../deps.ts";
import { StoreUnavailable } from "../../store.ts";
import type { Args } from "./link.ts";
import type { Address } from "./url.ts";

/** The driver returns bulk strings as bytes. */
const AS_BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

export interface ClientOptions {
  tls: boolean;
  username?: string;
  password?: string;
  database?: number;
  /** Time limit for connecting and for each reply. */
  timeoutMs: number;
}

export type Client = ReturnType<typeof createClient>;

export function commonOptions({ username, password }: ClientOptions) {
  return {
    username,
    password,
    RESP: 2 as const,
    maintNotifications: "disabled" as const, // otherwise the driver reads an environment variable
    disableOfflineQueue: true, // operations wait in a batcher, which bounds the time
    commandOptions: { timeout: undefined }, // ReplyTimeout costs less than a timer for each command
  };
}

/** Not connected yet; once lost, it does not reconnect. */
export function newClient({ host, port }: Address, options: ClientOptions): Client {
  return createClient({
    ...commonOptions(options),
    database: options.database,
    socket: {
      host,
      port,
      ...(options.tls ? { tls: true as const } : {}),
      connectTimeout: options.timeoutMs,
      reconnectStrategy: false,
    },
  }) as Client;
}

/**
 * Sends commands back to back and returns their replies, as {@linkcode repliesTo}.
 * @param timeoutMs for a reply; that of the first call counts for all calls through this connection
 * @param onTimeout called if a reply is late; closes the connection, so that pending commands fail
 */
export async function sendAll(
  client: Pick<Client, "sendCommand" | "on">,
  commands: Args[],
  timeoutMs: number,
  onTimeout: () => void,
): Promise<unknown[]> {
  const timeout = replyTimeouts.get(client) ?? newReplyTimeout(client, timeoutMs, onTimeout);
  timeout.sent();
  const replies = await Promise.allSettled(commands.map((args) => client.sendCommand(args, AS_BYTES)));
  timeout.answered();
  return repliesTo(commands, replies.map((reply) => reply.status === "fulfilled" ? reply.value : reply.reason));
}

/**
 * Throws the first error among the replies. If one is refused after others were done, the outcome is unknown.
 * @throws {ErrorReply} if the first is refused
 */
export function repliesTo(commands: Args[], replies: unknown[]): unknown[] {
  for (const [i, reply] of replies.entries()) {
    if (!(reply instanceof Error)) continue;
    const anyDone = i > (commands[0][0] === "ASKING" ? 1 : 0);
    throw anyDone && reply instanceof ErrorReply ? new StoreUnavailable(`Redis answers ${reply.message}`, true) : reply;
  }
  return replies;
}

const replyTimeouts = new WeakMap<object, ReplyTimeout>();

function newReplyTimeout(client: Pick<Client, "on">, timeoutMs: number, onTimeout: () => void): ReplyTimeout {
  const timeout = new ReplyTimeout(timeoutMs, onTimeout);
  replyTimeouts.set(client, timeout);
  for (const event of ["end", "error"]) client.on(event, () => timeout.stop());
  return timeout;
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
