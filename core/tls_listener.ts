/**
 * Listening with TLS. It is `node:tls` that does it, because `Deno.listenTls` can neither ask clients for a certificate
 * nor change its own without closing the port.
 *
 * @module
 */
import { createTlsServer, type TlsServer, type TlsSocket } from "../deps.ts";
import { readFile } from "./files.ts";
import type { ListenAddr } from "./option.ts";
import type { SecuritySettings } from "./security_options.ts";
import { cannotListen, type Listener, type Socket } from "./sockets.ts";
import { TlsConnection } from "./tls_connection.ts";

/** How long a handshake may take, in milliseconds. */
const HANDSHAKE_MS = 10_000;
/** Handshakes under way at the most; more connections are closed at once. */
const MAX_HANDSHAKES = 1000;

/** The files of certificates and keys. */
export type TlsFiles = Pick<SecuritySettings, "tlsCert" | "tlsKey" | "tlsCa">;

/** Takes connections with TLS. */
export class TlsListener implements Listener {
  readonly addr: ListenAddr;
  readonly #server: TlsServer;
  readonly #files: TlsFiles;
  #ready: Socket[] = []; // handshaken, and not yet accepted
  #accepting: PromiseWithResolvers<Socket> | undefined;
  #handshakes = new Set<unknown>();
  #closed = false;

  private constructor(server: TlsServer, addr: ListenAddr, files: TlsFiles) {
    this.#server = server;
    this.#files = files;
    this.addr = addr;
    server.on("connection", (socket) => this.#begun(socket));
    server.on("secureConnection", (socket) => this.#secured(socket));
    server.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  /** @throws {Error} in one line, if a file cannot be used or the address cannot be listened on */
  static async open(addr: ListenAddr, files: TlsFiles): Promise<TlsListener> {
    const requestCert = files.tlsCa !== undefined;
    const pems = await readPems(files);
    const server = usable(() =>
      createTlsServer({
        ...pems,
        requestCert,
        rejectUnauthorized: requestCert,
        handshakeTimeout: HANDSHAKE_MS,
        allowHalfOpen: true,
        noDelay: true,
      })
    );
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(cannotListen(addr, error)));
      server.listen({ host: addr.hostname, port: addr.port }, resolve);
    });
    const { address, port } = server.address() as { address: string; port: number };
    return new TlsListener(server, { hostname: address, port }, files);
  }

  accept(): Promise<Socket> {
    if (this.#closed) return Promise.reject(new Deno.errors.BadResource("The listener is closed"));
    const next = this.#ready.shift();
    if (next) return Promise.resolve(next);
    this.#accepting = Promise.withResolvers();
    return this.#accepting.promise;
  }

  /**
   * Reads the files again, for the connections to come.
   * @throws {Error} if they cannot be used, and all stays as it was
   */
  async reload(): Promise<void> {
    const pems = await readPems(this.#files);
    usable(() => this.#server.setSecureContext(pems));
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#handshakes) (socket as TlsSocket).destroy();
    for (const socket of this.#ready) socket.close();
    this.#accepting?.reject(new Deno.errors.BadResource("The listener is closed"));
  }

  #begun(socket: TlsSocket): void {
    if (this.#handshakes.size >= MAX_HANDSHAKES) return void socket.destroy();
    this.#handshakes.add(socket);
    socket.once("close", () => this.#handshakes.delete(socket));
  }

  #secured(socket: TlsSocket): void {
    const connection = new TlsConnection(socket);
    if (this.#closed) return connection.close();
    if (!this.#accepting) return void this.#ready.push(connection);
    this.#accepting.resolve(connection);
    this.#accepting = undefined;
  }
}

async function readPems({ tlsCert, tlsKey, tlsCa }: TlsFiles): Promise<{ cert: string; key: string; ca?: string }> {
  const [cert, key, ca] = await Promise.all([tlsCert!, tlsKey!, tlsCa].map((path) => path && readFile(path)));
  return { cert: cert!, key: key!, ca };
}

function usable<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new Error(
      `Cannot use the certificate: ${
        error instanceof Error ? error.message : error
      }; check --tls-cert, --tls-key and ` +
        "--tls-ca",
      { cause: error },
    );
  }
}
