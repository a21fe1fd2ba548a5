/**
 * The HTTP server: its routes, its listener, certificate reload and shutdown.
 *
 * @module
 */
import type { HttpListener } from "../core/api.ts";
import type { Peer } from "../core/auth/authenticator.ts";
import type { ListenAddr } from "../core/config/option.ts";
import type { Settings } from "../core/config/settings.ts";
import { readTlsCredentials } from "../core/net/tls.ts";
import type { TlsCredentials } from "../core/net/tls_socket.ts";
import type { ServerContext } from "../core/context.ts";
import { formatAddr } from "../core/util/address.ts";
import { withTimeout } from "../core/util/async.ts";
import { healthz, readyz } from "./health.ts";
import { metrics } from "./metrics/metrics.ts";
import { openApi } from "./openapi.ts";
import { PAGE } from "./page/page.ts";
import type { Route } from "./route.ts";
import { Router } from "./router.ts";
import { claim } from "./routes/claim.ts";
import { consumers } from "./routes/consumers.ts";
import { deadLetters } from "./routes/dead_letters.ts";
import { bury, eventsAck, eventsMove, eventsRetry } from "./routes/event_actions.ts";
import { contents, event, events } from "./routes/events.ts";
import { policy, resetPolicy, setPolicy } from "./routes/policy.ts";
import { push, pushBatch } from "./routes/push.ts";
import { queue, queues } from "./routes/queues.ts";
import { flush, move, pause, resume } from "./routes/queue_actions.ts";
import { ack, nack, redo, touch } from "./routes/settle.ts";
import {
  deleteTimetable,
  nextTimes,
  putTimetable,
  runTimetable,
  timetable,
  timetables,
  timetablesOfQueue,
} from "./routes/timetables.ts";
import { session } from "./routes/session.ts";

/** Nothing else lists the routes. Those of the API are in the order of docs/http.md. */
export const ROUTES: readonly Route[] = [
  ...[push, pushBatch, claim, ack, nack, touch, redo],
  ...[queues, queue, events, event, contents, consumers, deadLetters],
  ...[eventsAck, eventsMove, eventsRetry, bury],
  ...[policy, setPolicy, resetPolicy, flush, move, pause, resume],
  ...[timetables, timetablesOfQueue, timetable, putTimetable, deleteTimetable, runTimetable, nextTimes],
  ...[session, openApi(() => ROUTES), healthz, readyz, metrics],
  ...PAGE,
];

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

  endWaits(): void {
    this.#router.endWaits();
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
      const handler: Deno.ServeHandler<Deno.NetAddr> = (request, info) =>
        this.#router.answer(request, new RequestPeer(request, info));
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

/** Asks Deno for a property only when it is read: most requests need none. */
class RequestPeer implements Peer {
  readonly #request: Request;
  readonly #info: Deno.ServeHandlerInfo<Deno.NetAddr>;

  constructor(request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) {
    this.#request = request;
    this.#info = info;
  }

  get addr(): string {
    return formatAddr(this.#info.remoteAddr);
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }
}
