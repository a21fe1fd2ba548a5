/**
 * One connection to okq. Once lost, it stays lost.
 *
 * @module
 */
import { Buffer, ClientClosedError, ClientOfflineError, createClient, ErrorReply, RESP_TYPES } from "../deps.ts";
import { OkqError, Refused, TooBusy, Unavailable } from "../errors.ts";
import { type Address, formatAddress } from "./endpoints.ts";
import type { Arg } from "./validate.ts";
import { withResolvers } from "./runtime.ts";

const CONNECT_TIMEOUT_MS = 5000;
const AS_BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

/** The error reply to a push of an id that the queue holds, up to the id. */
export const DUPLICATE = "ERR duplicate event ";

export class Connection {
  /** Resolves once the connection is lost or closed. */
  readonly lost: Promise<Unavailable>;
  readonly #client: ReturnType<typeof newClient>;
  readonly #replyTimeoutMs: number;
  readonly #server: string;
  readonly #lose: (reason: Unavailable) => void;
  #pending = 0;
  #replies = 0;
  #replyTimer: ReturnType<typeof setTimeout> | undefined;

  private constructor(address: Address, replyTimeoutMs: number) {
    this.#client = newClient(address);
    this.#replyTimeoutMs = replyTimeoutMs;
    this.#server = `okq at ${formatAddress(address)}`;
    const { promise, resolve } = withResolvers<Unavailable>();
    this.lost = promise;
    this.#lose = resolve;
    this.#client.on("error", (error: Error) => resolve(this.#lostError(error)));
  }

  /**
   * @param replyTimeoutMs destroys the connection when commands are pending and no reply arrives for this long
   * @throws {Unavailable} if it cannot connect
   * @throws {Refused} if the server does not accept the credentials
   */
  static async open(address: Address, replyTimeoutMs: number): Promise<Connection> {
    const connection = new Connection(address, replyTimeoutMs);
    const timer = setTimeout(() => connection.destroy("timed out"), CONNECT_TIMEOUT_MS);
    try {
      const failed = connection.lost.then((reason) => Promise.reject(reason));
      await Promise.race([connection.#client.connect(), failed]);
      return connection;
    } catch (error) {
      connection.#client.destroy();
      throw connection.#errorFor(error, false);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Commands of one event-loop tick are written together.
   *
   * @throws {Unavailable} if the connection or the store behind it fails
   * @throws {TooBusy} if the server accepts no more NOBLOCK pushes
   * @throws {Refused} for any other error reply
   */
  send(args: Arg[]): Promise<unknown> {
    if (this.#pending++ === 0) this.#startReplyTimer();
    return this.#client.sendCommand(args, AS_BYTES).then((reply) => {
      this.#replied();
      return reply;
    }, (error) => {
      this.#replied();
      throw this.#errorFor(error, true);
    });
  }

  /** Closes once all pending commands have replies. */
  close(): void {
    this.#lose(new Unavailable(`The connection to ${this.#server} was closed`, true));
    if (this.#client.isOpen) this.#client.close();
  }

  /** Pending commands fail, with an unknown outcome. */
  destroy(reason = "closed by the client"): void {
    this.#lose(this.#lostError(new Error(reason)));
    clearTimeout(this.#replyTimer);
    this.#client.destroy();
  }

  #replied(): void {
    this.#replies++;
    if (--this.#pending === 0) clearTimeout(this.#replyTimer);
  }

  /** One timer for all pending commands. */
  #startReplyTimer(): void {
    const before = this.#replies;
    this.#replyTimer = setTimeout(() => {
      if (this.#replies === before) this.destroy(`no reply for ${this.#replyTimeoutMs} ms`);
      else this.#startReplyTimer();
    }, this.#replyTimeoutMs);
  }

  #lostError(error: Error): Unavailable {
    return new Unavailable(`Lost the connection to ${this.#server}: ${error.message}`, true, { cause: error });
  }

  #errorFor(error: unknown, sent: boolean): unknown {
    if (error instanceof OkqError || !(error instanceof Error)) return error;
    if (error instanceof ErrorReply) return errorForReply(error.message);
    if (!sent || error instanceof ClientOfflineError || error instanceof ClientClosedError) {
      return new Unavailable(`Cannot reach ${this.#server}: ${error.message}`, false, { cause: error });
    }
    return this.#lostError(error);
  }
}

function errorForReply(text: string): OkqError {
  if (text.startsWith("UNAVAILABLE ")) {
    return new Unavailable(`okq replied ${text}`, !text.startsWith("UNAVAILABLE Nothing was done"));
  }
  return text.startsWith("ERR too busy ") ? new TooBusy(`okq replied ${text}`) : new Refused(text);
}

/** Does not reconnect: {@linkcode Endpoints} decides where to connect next. */
function newClient({ hostname, port, username, password, tls }: Address) {
  const { caCerts: ca, cert, key } = typeof tls === "object" ? tls : {};
  return createClient({
    RESP: 2,
    maintNotifications: "disabled", // else the driver reads an environment variable, which needs --allow-env
    disableOfflineQueue: true,
    clientInfoTag: "okq",
    commandOptions: { timeout: undefined }, // a timer for each command would cost more than the command
    username,
    password,
    socket: {
      host: hostname,
      port,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: false,
      ...tls ? { tls: true, ca, cert, key } : {},
    },
  });
}
