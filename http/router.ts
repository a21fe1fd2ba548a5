/**
 * The dispatcher of HTTP requests: finds the route, checks host, origin, login, role, queue and parameters, and turns
 * errors into responses.
 *
 * @module
 */
import { setImmediate } from "../deps.ts";
import type { Peer } from "../core/auth/authenticator.ts";
import { NO_QUEUE_PERMISSION, User } from "../core/auth/user.ts";
import { CommandError } from "../core/command_spec.ts";
import type { HttpSettings } from "../core/config/http.ts";
import type { ServerContext } from "../core/context.ts";
import type { BlockedClient } from "../core/delivery/blocking.ts";
import { authenticate } from "./basic_auth.ts";
import { RequestBody } from "./body.ts";
import { hostnameOf, isCrossOrigin, isOwnHost } from "./origin.ts";
import { PATH_PARAMETERS, type PathName, percentDecode, readQuery } from "./parameters.ts";
import { type Match, PathTable } from "./path_table.ts";
import { errorResponse, failure, HttpError, isLong, streamOf } from "./response.ts";
import type { Method, RequestContext, Route, Weight } from "./route.ts";

/** Of every response but the successes of methods that browsers do not show, unless its handler set them. */
const HEADERS = {
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cache-control": "no-store",
};

const encoder = new TextEncoder();

/** For open routes; has no permission. */
const ANONYMOUS = new User("", [], []);

export class Router {
  readonly #server: ServerContext;
  readonly #allowedHosts: readonly string[];
  readonly #table: PathTable;
  /** Requests that have no response yet, or whose long responses are not sent. */
  readonly #inProgress: Record<Weight, number> = { small: 0, medium: 0, large: 0 };
  readonly #limits: Record<Weight, number>;
  readonly #waiting = new Set<BlockedClient>();
  #turn: Promise<void> | undefined;
  /** The last host that was allowed: mostly all requests have the same. */
  #ownHost: string | undefined;

  /** @throws {Error} if two routes have the same method and path */
  constructor(
    server: ServerContext,
    { httpAllowedHosts, httpAddr }: Pick<HttpSettings, "httpAllowedHosts" | "httpAddr">,
    routes: readonly Route[],
  ) {
    this.#server = server;
    this.#allowedHosts = httpAddr ? [...httpAllowedHosts, httpAddr.hostname.toLowerCase()] : httpAllowedHosts;
    this.#table = new PathTable(routes);
    this.#limits = { small: server.limits.maxClients, medium: 1000, large: 8 };
  }

  /** Ends the waits of all requests, as after their time. */
  endWaits(): void {
    for (const client of this.#waiting) client.unblock?.();
  }

  /** Never rejects. */
  async answer(request: Request, peer: Peer): Promise<Response> {
    const response = await this.#answer(request, peer);
    if (response.ok && request.method !== "GET" && request.method !== "HEAD") return response;
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    return response;
  }

  async #answer(request: Request, peer: Peer): Promise<Response> {
    const { host, path, query } = partsOf(request.url);
    try {
      const match = this.#table.find(path);
      if (!match) throw new HttpError(404, "not found");
      const route = routeFor(request.method, match);
      if (route.role === "open") return await this.#run(route, match, query, request, ANONYMOUS, peer);
      return await this.#counted(route, async () => {
        const user = await this.#authorize(request, host, route, peer);
        await this.#endOfTurn();
        return await this.#run(route, match, query, request, user, peer);
      });
    } catch (error) {
      const response = errorResponse(error);
      if (response) return response;
      this.#server.log.error("Unexpected error in an HTTP request", { path, error });
      return failure(500, "unexpected server-side error");
    }
  }

  /** Counts a request until it has its response. */
  async #counted({ weight = "medium" }: Route, answer: () => Promise<Response>): Promise<Response> {
    if (this.#server.stopping) throw new HttpError(503, "Nothing was done: okq is stopping", { connection: "close" });
    if (this.#inProgress[weight] >= this.#limits[weight]) {
      throw new HttpError(503, "Nothing was done: too many requests are in progress", { "retry-after": "1" });
    }
    this.#inProgress[weight]++;
    try {
      return await answer();
    } finally {
      this.#inProgress[weight]--;
    }
  }

  async #run(
    route: Route,
    { parameters }: Match,
    query: string,
    request: Request,
    user: User,
    peer: Peer,
  ): Promise<Response> {
    const { limits, backPressure } = this.#server;
    const path: Record<string, Uint8Array> = {};
    for (const name in parameters) {
      path[name] = PATH_PARAMETERS[name as PathName].read(percentDecode(parameters[name]), name);
    }
    if (path.queue && !user.mayAccess(path.queue)) throw new CommandError(NO_QUEUE_PERMISSION);
    const body = new RequestBody(request, backPressure, limits.inputTimeoutMs);
    const wait: RequestContext["wait"] = (begin) => this.#wait(route, peer, begin);
    const send: RequestContext["send"] = (body, onEnd) => this.#send(route, body, onEnd);
    try {
      const values = route.query ? readQuery(query, route.query) : {};
      return await route.handle({ request, path, query: values, body, user, peer, server: this.#server, wait, send });
    } finally {
      body.free();
    }
  }

  /** Then all requests that arrived in this turn of the event loop go to the store together, in one batch. */
  #endOfTurn(): Promise<void> {
    return this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        resolve();
      });
    });
  }

  #send(
    { weight = "medium" }: Route,
    body: Uint8Array | string,
    onEnd: (isSent: boolean) => void = () => {},
  ): BodyInit {
    if (!isLong(body)) {
      onEnd(true);
      return body as Uint8Array<ArrayBuffer> | string;
    }
    this.#inProgress[weight]++;
    return streamOf(typeof body === "string" ? encoder.encode(body) : body, (isSent) => {
      this.#inProgress[weight]--;
      onEnd(isSent);
    });
  }

  async #wait<T>(
    { weight = "medium" }: Route,
    peer: Peer,
    begin: (client: BlockedClient) => Promise<T>,
  ): Promise<T> {
    const signal = this.#server.stopping ? AbortSignal.abort() : peer.signal;
    const client: BlockedClient = { signal, unblock: undefined };
    this.#waiting.add(client);
    this.#inProgress[weight]--;
    try {
      return await begin(client);
    } finally {
      this.#inProgress[weight]++;
      this.#waiting.delete(client);
    }
  }

  async #authorize(request: Request, host: string, { method, role }: Route, peer: Peer): Promise<User> {
    const { authenticator } = this.#server;
    if (authenticator.defaultUser && host !== this.#ownHost) {
      if (!isOwnHost(host, this.#allowedHosts)) throw unknownHost(hostnameOf(host));
      this.#ownHost = host;
    }
    if (method !== "GET" && isCrossOrigin(request)) throw new HttpError(403, "Cross-origin request refused");
    const user = authenticator.defaultUser ?? await authenticate(request, authenticator, peer);
    if (role === "any" || role === "open" || user.has(role)) return user;
    throw new HttpError(403, `User ${user.name} does not have the role ${role}`);
  }
}

/** Not parsed as a URL, which would resolve names of dots. */
function partsOf(url: string): { host: string; path: string; query: string } {
  const hostAt = url.indexOf("://") + 3;
  const slash = url.indexOf("/", hostAt);
  const pathAt = slash < 0 ? url.length : slash;
  const mark = url.indexOf("?", pathAt);
  const pathEnd = mark < 0 ? url.length : mark;
  return { host: url.slice(hostAt, pathAt), path: url.slice(pathAt, pathEnd), query: url.slice(pathEnd + 1) };
}

function routeFor(method: string, { routes }: Match): Route {
  const route = routes.get((method === "HEAD" ? "GET" : method) as Method);
  if (route) return route;
  throw new HttpError(405, "method not allowed", { allow: [...routes.keys()].join(", ") });
}

function unknownHost(name: string): HttpError {
  const message = `Unknown host ${name}: allow it with --http-allowed-hosts ${name}, or set a password`;
  return new HttpError(421, message);
}
