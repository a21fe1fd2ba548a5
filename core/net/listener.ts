/**
 * What a server needs of sockets, with TLS and without.
 *
 * @module
 */
import type { ListenAddr } from "../config/option.ts";
import type { Tls } from "./tls.ts";

/** A connection. */
export type Socket = Pick<Deno.Conn, "read" | "write" | "close" | "closeWrite" | "localAddr" | "remoteAddr">;

/** What takes connections. */
export class Listener {
  readonly #listener: Deno.TcpListener;

  /**
   * Listens.
   * @param tls shakes hands over its connections before they are used
   * @throws {Error} if it cannot
   */
  constructor({ hostname, port }: ListenAddr, reusePort: boolean, readonly tls?: Tls) {
    try {
      this.#listener = Deno.listen({ hostname, port, reusePort });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new Error(`Cannot listen on ${hostname}:${port}: ${error.message}`, { cause: error });
    }
  }

  /** Where it listens. */
  get addr(): ListenAddr {
    const { hostname, port } = this.#listener.addr;
    return { hostname, port };
  }

  /** The next connection. Rejects with `Deno.errors.BadResource` or `Interrupted` once it is closed. */
  async accept(): Promise<Socket> {
    const socket = await this.#listener.accept();
    socket.setNoDelay(true);
    return socket;
  }

  /** Takes no more; connections that were accepted stay, but those that still shake hands. */
  close(): void {
    this.#listener.close();
    this.tls?.close();
  }
}
