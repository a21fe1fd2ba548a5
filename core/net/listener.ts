/**
 * Listening ports, with TLS and without.
 *
 * @module
 */
import type { ListenAddr } from "../config/option.ts";
import type { Settings } from "../config/settings.ts";
import { type Log, RateLimitedLog } from "../log.ts";
import { formatHostPort } from "../util/address.ts";
import { delay } from "../util/async.ts";
import type { Socket } from "./socket.ts";
import { Tls } from "./tls.ts";

/** Pause after a failed accept, in milliseconds: it fails while too many files are open. */
const RETRY_MS = 50;

class Listener {
  readonly #listener: Deno.TcpListener;

  /** @throws {Error} if the address cannot be listened on */
  constructor({ hostname, port }: ListenAddr, reusePort: boolean, readonly tls?: Tls) {
    try {
      this.#listener = Deno.listen({ hostname, port, reusePort });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new Error(`Cannot listen on ${formatHostPort(hostname, port)}: ${error.message}`, { cause: error });
    }
  }

  get addr(): ListenAddr {
    const { hostname, port } = this.#listener.addr;
    return { hostname, port };
  }

  async accept(onSocket: (socket: Socket) => void, log: Log, errorLog: RateLimitedLog): Promise<void> {
    while (true) {
      try {
        const socket = await this.#listener.accept();
        socket.setNoDelay(true);
        socket.setKeepAlive(true); // a client may vanish without a packet; Deno cannot set how soon that is noticed
        if (this.tls) this.#handshake(this.tls, socket, onSocket, log);
        else onSocket(socket);
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
        errorLog.warn("Cannot accept a connection", { error });
        await delay(RETRY_MS);
      }
    }
  }

  close(): void {
    this.#listener.close();
    this.tls?.close();
  }

  /** Not awaited: the next connection is accepted meanwhile. */
  async #handshake(tls: Tls, socket: Socket, onSocket: (socket: Socket) => void, log: Log): Promise<void> {
    try {
      onSocket(await tls.handshake(socket));
    } catch (error) {
      log.debug("TLS handshake failed", { error });
    }
  }
}

export class Listeners {
  /** At least one; the plain one comes first. */
  readonly #all: readonly Listener[];
  readonly #tls: Listener | undefined;

  private constructor(plain: Listener | undefined, tls: Listener | undefined) {
    this.#all = [plain, tls].filter((listener) => listener !== undefined);
    this.#tls = tls;
  }

  /** @throws {Error} if a certificate cannot be used, or an address cannot be listened on */
  static async open(settings: Settings): Promise<Listeners> {
    const { listenAddr, tlsListenAddr, reusePort } = settings;
    const tls = tlsListenAddr && new Listener(tlsListenAddr, reusePort, await Tls.open(settings));
    try {
      return new Listeners(listenAddr ? new Listener(listenAddr, reusePort) : undefined, tls);
    } catch (error) {
      tls?.close();
      throw error;
    }
  }

  /** The plain port if there is one, else the TLS port. */
  get addr(): ListenAddr {
    return this.#all[0].addr;
  }

  get tlsAddr(): ListenAddr | undefined {
    return this.#tls?.addr;
  }

  /** Accepts connections until {@linkcode close}; TLS connections after their handshake. */
  async accept(onSocket: (socket: Socket) => void, log: Log): Promise<void> {
    const errorLog = new RateLimitedLog(log);
    await Promise.all(this.#all.map((listener) => listener.accept(onSocket, log, errorLog)));
  }

  /** Reads the certificates again. @throws {Error} if they cannot be used; the old ones stay in force */
  async reload(): Promise<void> {
    await this.#tls?.tls?.reload();
  }

  /** Accepts no more connections, and ends handshakes. Open connections stay. */
  close(): void {
    for (const listener of this.#all) listener.close();
  }

  /** Resolves when all TLS connections are closed to the last byte. */
  async allClosed(): Promise<void> {
    await this.#tls?.tls?.allClosed();
  }
}
