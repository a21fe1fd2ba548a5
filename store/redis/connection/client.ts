/**
 * Connections of the driver, set up for okq.
 *
 * @module
 */
import { Buffer, createClient, RESP_TYPES } from "../../../deps.ts";
import type { Args } from "./link.ts";
import type { Address } from "./url.ts";

/** Has the driver return bulk strings as bytes. */
const AS_BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

/** How okq connects to a server. */
export interface ClientOptions {
  tls: boolean;
  username?: string;
  password?: string;
  /** Number of the database. */
  database?: number;
  /** Time limit for connecting and for each reply, in milliseconds. */
  timeoutMs: number;
}

/** A connection of the driver. */
export type Client = ReturnType<typeof createClient>;

/** Driver options of every connection. */
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

/** A connection that is not made yet. Once lost, it is not made again. */
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
 * Sends commands back to back and returns their replies.
 * @param timeoutMs time limit for a reply; that of the first call counts for all calls through this connection
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
  return replies.map((reply) => {
    if (reply.status === "rejected") throw reply.reason;
    return reply.value;
  });
}

const replyTimeouts = new WeakMap<object, ReplyTimeout>();

function newReplyTimeout(client: Pick<Client, "on">, timeoutMs: number, onTimeout: () => void): ReplyTimeout {
  const timeout = new ReplyTimeout(timeoutMs, onTimeout);
  replyTimeouts.set(client, timeout);
  for (const event of ["end", "error"]) client.on(event, () => timeout.stop());
  return timeout;
}

/**
 * A time limit for the replies of one connection, which come in the order of the calls. One timer serves all calls: it
 * is set for the oldest, and looks for the oldest only when it fires. A timer for each call would cost a tenth of the
 * call.
 */
export class ReplyTimeout {
  readonly #timeoutMs: number;
  readonly #onTimeout: () => void;
  readonly #sentAt: number[] = []; // of the unanswered calls, by performance.now()
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param timeoutMs time limit for a reply, in milliseconds
   * @param onTimeout called once, when a reply is late
   */
  constructor(timeoutMs: number, onTimeout: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
  }

  /** A call was sent. */
  sent(): void {
    this.#sentAt.push(performance.now());
    this.#timer ??= setTimeout(() => this.#check(), this.#timeoutMs);
  }

  /** The oldest call was answered, or has failed. */
  answered(): void {
    this.#sentAt.shift();
  }

  /** Stops until the next call. */
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
