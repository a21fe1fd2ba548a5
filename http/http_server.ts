/**
 * The HTTP server: its listener, certificate reload and shutdown.
 *
 * @module
 */
import type { HttpListener } from "../core/api.ts";
import type { ListenAddr } from "../core/config/option.ts";
import type { Settings } from "../core/config/settings.ts";
import { readTlsCredentials } from "../core/net/tls.ts";
import type { TlsCredentials } from "../core/net/tls_socket.ts";
import type { ServerContext } from "../core/context.ts";
import { formatAddr } from "../core/util/address.ts";
import { withTimeout } from "../core/util/async.ts";
import { Router, ROUTES } from "./router.ts";

/** For requests in progress. */
const SHUTDOWN_MS = 1000;

export class HttpServer implements HttpListener {
  readonly #settings: Settings;
  readonly #router: Router;
  #addr: ListenAddr;
  #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(server: ServerContext, addr: ListenAddr, settings: Settings, credentials?: TlsCredentials) {
    this.#settings = settings;
    this.#router = new Router(server, settings, ROUTES);
    this.#addr = addr;
    this.#server = this.#listen(credentials);
  }

  /** @throws {Error} in one line, if a certificate or the address cannot be used */
  static async open(server: ServerContext, addr: ListenAddr, settings: Settings): Promise<HttpServer> {
    return new HttpServer(server, addr, settings, settings.httpTls ? await readTlsCredentials(settings) : undefined);
  }

  get addr(): ListenAddr {
    return this.#addr;
  }

  /** Deno cannot change the certificate of a server, so the server is replaced. */
  async reload(): Promise<void> {
    if (!this.#settings.httpTls) return;
    const credentials = await readTlsCredentials(this.#settings);
    await this.close();
    this.#server = this.#listen(credentials);
  }

  /** What is not sent in time ends with its client, or with the process: Deno cannot abort it after a shutdown. */
  async close(): Promise<void> {
    await withTimeout(this.#server.shutdown(), SHUTDOWN_MS, () => {});
  }

  #listen(credentials: TlsCredentials | undefined): Deno.HttpServer<Deno.NetAddr> {
    const { hostname, port } = this.#addr;
    const { reusePort } = this.#settings;
    try {
      const options = { hostname, port, reusePort, onListen: () => {} };
      const handler: Deno.ServeHandler<Deno.NetAddr> = (request, { remoteAddr, completed }) => {
        const closed = new AbortController();
        completed.catch(() => closed.abort());
        return this.#router.answer(request, { addr: formatAddr(remoteAddr), signal: closed.signal }, completed);
      };
      const server = credentials
        ? Deno.serve({ ...options, cert: credentials.cert, key: credentials.key }, handler)
        : Deno.serve(options, handler);
      this.#addr = { hostname: server.addr.hostname, port: server.addr.port };
      return server;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new Error(`Cannot serve HTTP on ${hostname}:${port}: ${error.message}`, { cause: error });
    }
  }
}
