/**
 * One connection to okq. Once lost it stays lost: whoever holds it makes another.
 *
 * @module
 */
import { Buffer, ClientClosedError, ClientOfflineError, createClient, ErrorReply, RESP_TYPES } from "../deps.ts";
import { OkqError, Refused, TooBusy, Unavailable } from "../errors.ts";

/** Who a client is, and how it makes sure whom it talks to. */
export interface Credentials {
  /** The name of the user; by default `default`. */
  username?: string;
  /** Its password; without one the client does not log in. */
  password?: string;
  /** Connect with TLS, with these settings if there are any. */
  tls?: boolean | TlsSettings;
}

/** Settings of TLS. */
export interface TlsSettings {
  /** The certificates of those whom it trusts beside those whom the system does, each as PEM. */
  caCerts?: string[];
  /** Its own certificate as PEM, for a server that asks for one. */
  cert?: string;
  /** The key of that. */
  key?: string;
}

/** Where an okq listens. */
export interface Address extends Credentials {
  /** A name or an IP address. */
  hostname: string;
  /** The port. */
  port: number;
}

/** Part of a command. */
export type Arg = string | Buffer;

/** How long a connection may take to be made, in milliseconds. */
const CONNECT_MS = 5000;
/** Replies hold bulk strings as bytes. */
const AS_BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

/** The words of a refusal that is a {@linkcode DuplicateEvent}, before the event's id. */
export const DUPLICATE = "ERR duplicate event ";

/** A connection. */
export class Connection {
  /** Resolves to the reason once it is lost or closed. */
  readonly lost: Promise<Unavailable>;
  readonly #client: ReturnType<typeof newClient>;
  readonly #replyTimeoutMs: number;
  readonly #where: string;
  readonly #lose: (reason: Unavailable) => void;
  #pending = 0;
  #answered = 0;
  #watch: ReturnType<typeof setTimeout> | undefined;

  private constructor(address: Address, patienceMs: number) {
    this.#client = newClient(address);
    this.#replyTimeoutMs = patienceMs;
    this.#where = `okq at ${formatAddress(address)}`;
    const { promise, resolve } = Promise.withResolvers<Unavailable>();
    this.lost = promise;
    this.#lose = resolve;
    this.#client.on("error", (error: Error) => resolve(this.#broken(error)));
  }

  /**
   * Connects.
   *
   * @param patienceMs how long nothing may be answered while something is asked, in milliseconds
   * @throws {Unavailable}
   */
  static async open(address: Address, patienceMs: number): Promise<Connection> {
    const connection = new Connection(address, patienceMs);
    const timer = setTimeout(() => connection.destroy("it did not answer"), CONNECT_MS);
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
   * Sends a command; those of a turn of the event loop travel together.
   *
   * @throws {Unavailable}
   * @throws {TooBusy}
   * @throws {Refused} with the server's words
   */
  ask(args: Arg[]): Promise<unknown> {
    if (this.#pending++ === 0) this.#watch = setTimeout(() => this.#check(this.#answered), this.#replyTimeoutMs);
    return this.#client.sendCommand(args, AS_BYTES).then((reply) => {
      this.#settled();
      return reply;
    }, (error) => {
      this.#settled();
      throw this.#errorFor(error, true);
    });
  }

  /** Hangs up once all that was asked is answered. */
  close(): void {
    this.#lose(new Unavailable(`The connection to ${this.#where} was closed`, true));
    if (this.#client.isOpen) this.#client.close();
  }

  /** Hangs up at once. What was asked and is not answered has an unknown outcome. */
  destroy(reason = "it was closed"): void {
    this.#lose(this.#broken(new Error(reason)));
    clearTimeout(this.#watch);
    this.#client.destroy();
  }

  #settled(): void {
    this.#answered++;
    if (--this.#pending === 0) clearTimeout(this.#watch);
  }

  /** Hangs up if nothing was answered since the watch was set. */
  #check(answeredBefore: number): void {
    if (this.#answered === answeredBefore) return this.destroy("it does not answer");
    this.#watch = setTimeout(() => this.#check(this.#answered), this.#replyTimeoutMs);
  }

  #broken(error: Error, asked = true): Unavailable {
    return new Unavailable(`The connection to ${this.#where} broke: ${error.message}`, asked, { cause: error });
  }

  #errorFor(error: unknown, asked: boolean): unknown {
    if (error instanceof OkqError || !(error instanceof Error)) return error;
    if (error instanceof ErrorReply) return errorFromReply(error.message);
    if (!asked || error instanceof ClientOfflineError || error instanceof ClientClosedError) {
      return new Unavailable(`Cannot reach ${this.#where}: ${error.message}`, false, { cause: error });
    }
    return this.#broken(error);
  }
}

/** The error for the server's words. */
function errorFromReply(words: string): OkqError {
  if (words.startsWith("UNAVAILABLE ")) {
    return new Unavailable(`okq answers ${words}`, !words.startsWith("UNAVAILABLE Nothing was done"));
  }
  return words.startsWith("ERR too busy ") ? new TooBusy(`okq answers ${words}`) : new Refused(words);
}

/** `host:port`. */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** A client of the driver that is not connected yet and that, once lost, stays so: routes decide where to go next. */
function newClient({ hostname, port, username, password, tls }: Address) {
  const { caCerts: ca, cert, key } = typeof tls === "object" ? tls : {};
  return createClient({
    RESP: 2,
    maintNotifications: "disabled", // else the driver reads an environment variable
    disableOfflineQueue: true,
    clientInfoTag: "okq",
    commandOptions: { timeout: undefined }, // a timer for each would cost more than the command
    username,
    password,
    socket: {
      host: hostname,
      port,
      connectTimeout: CONNECT_MS,
      reconnectStrategy: false,
      ...tls ? { tls: true, ca, cert, key } : {},
    },
  });
}
