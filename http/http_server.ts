/**
 * okq over HTTP, beside the protocol: a listener, and what is done with requests.
 *
 * @module
 */
import { formatAddr } from "../core/util/address.ts";
import type { ServerContext } from "../core/context.ts";
import type { ListenAddr } from "../core/config/option.ts";
import type { Settings } from "../core/config/settings.ts";
import type { HttpListener } from "../core/api.ts";
import { readTlsCredentials } from "../core/net/tls.ts";
import type { TlsCredentials } from "../core/net/tls_socket.ts";
import { Router } from "./router.ts";
import { ROUTES } from "./routes.ts";

/** How long requests under way may take to finish when it stops, in milliseconds. */
const STOP_MS = 1000;

/** Serves HTTP from the time that it is opened until it is closed. */
export class HttpServer implements HttpListener {
  readonly #settings: Settings;
  readonly #router: Router;
  #addr: ListenAddr;
  #cutOff = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(okq: ServerContext, addr: ListenAddr, settings: Settings, pems: TlsCredentials | undefined) {
    this.#settings = settings;
    this.#router = new Router(okq, settings, ROUTES);
    this.#addr = addr;
    this.#server = this.#listen(pems);
  }

  /** @throws {Error} in one line, if a file cannot be used or the address cannot be listened on */
  static async open(okq: ServerContext, addr: ListenAddr, settings: Settings): Promise<HttpServer> {
    return new HttpServer(okq, addr, settings, settings.httpTls ? await readTlsCredentials(settings) : undefined);
  }

  get addr(): ListenAddr {
    return this.#addr;
  }

  /** Reads the certificate again. Deno's server cannot change its own, so that another takes its place. */
  async reload(): Promise<void> {
    if (!this.#settings.httpTls) return;
    const pems = await readTlsCredentials(this.#settings);
    await this.close();
    this.#server = this.#listen(pems);
  }

  async close(): Promise<void> {
    const { promise: cut, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#cutOff.abort();
      resolve();
    }, STOP_MS);
    await Promise.race([this.#server.shutdown(), cut]);
    clearTimeout(timer);
  }

  #listen(pems: TlsCredentials | undefined): Deno.HttpServer<Deno.NetAddr> {
    const { hostname, port } = this.#addr;
    const { reusePort } = this.#settings;
    try {
      this.#cutOff = new AbortController();
      const options = { hostname, port, reusePort, signal: this.#cutOff.signal, onListen: () => {} };
      const handler: Deno.ServeHandler<Deno.NetAddr> = (request, { remoteAddr, completed }) => {
        const gone = new AbortController();
        completed.catch(() => gone.abort());
        return this.#router.answer(request, { addr: formatAddr(remoteAddr), signal: gone.signal });
      };
      const server = pems
        ? Deno.serve({ ...options, cert: pems.cert, key: pems.key }, handler)
        : Deno.serve(options, handler);
      this.#addr = { hostname: server.addr.hostname, port: server.addr.port };
      return server;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new Error(`Cannot serve HTTP on ${hostname}:${port}: ${error.message}`, { cause: error });
    }
  }
}
