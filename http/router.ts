/**
 * The route table, and the dispatcher that checks host, origin, login and role.
 *
 * @module
 */
import type { Peer } from "../core/auth/authenticator.ts";
import { User } from "../core/auth/user.ts";
import type { HttpSettings } from "../core/config/http.ts";
import type { ServerContext } from "../core/context.ts";
import { StoreUnavailable } from "../store/store.ts";
import { consumers } from "./api/consumers.ts";
import { deadLetters } from "./api/dead_letters.ts";
import { ack, bury, drop, nack, push, retry } from "./api/event_actions.ts";
import { contents, event, events } from "./api/events.ts";
import { queue } from "./api/queue.ts";
import { flush, move, pause, policy, resume } from "./api/queue_actions.ts";
import { queues } from "./api/queues.ts";
import { session } from "./api/session.ts";
import { authenticate } from "./basic_auth.ts";
import { healthz, readyz } from "./health.ts";
import { metrics } from "./metrics/metrics.ts";
import { isCrossOrigin, isOwnHost } from "./origin.ts";
import { PAGE } from "./page/page.ts";
import { plain, type Route } from "./route.ts";

/** Nothing else lists the routes. */
export const ROUTES: readonly Route[] = [
  healthz,
  readyz,
  metrics,
  ...PAGE,
  ...[session, queues, deadLetters, queue, consumers, events, event, contents],
  ...[push, ack, nack, bury, drop, retry, move, flush, pause, resume, policy],
];

/** Until their responses are sent; further ones are refused, except for open routes. */
const MAX_REQUESTS = 1000;
const MAX_LARGE_REQUESTS = 8;

/** Of every response, unless its handler set them. */
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

/** For open routes; has no permission. */
const ANONYMOUS = new User("", [], []);

export class Router {
  readonly #server: ServerContext;
  readonly #allowedHosts: readonly string[];
  readonly #routes: readonly Route[];
  #inProgress = 0;
  #largeInProgress = 0;

  /** @throws {Error} if two routes have the same method and path */
  constructor(
    server: ServerContext,
    { httpAllowedHosts, httpAddr }: Pick<HttpSettings, "httpAllowedHosts" | "httpAddr">,
    routes: readonly Route[],
  ) {
    this.#server = server;
    this.#allowedHosts = httpAddr ? [...httpAllowedHosts, httpAddr.hostname.toLowerCase()] : httpAllowedHosts;
    this.#routes = routes;
    const names = routes.map(({ method, path }) => `${method} ${path}`);
    const duplicate = names.find((name, i) => names.indexOf(name) < i);
    if (duplicate) throw new Error(`Cannot build the route table: duplicate route ${duplicate}`);
  }

  /**
   * Never rejects.
   * @param sent settles when the response has been sent
   */
  async answer(request: Request, peer: Peer, sent: Promise<void>): Promise<Response> {
    const response = await this.#dispatch(request, peer, sent);
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    return response;
  }

  async #dispatch(request: Request, peer: Peer, sent: Promise<void>): Promise<Response> {
    const url = new URL(request.url);
    const route = this.#find(request.method, url.pathname);
    if (route instanceof Response) return route;
    if (!this.#begin(route, sent)) return plain("Too many requests in progress", 503);
    try {
      const user = route.role === "open" ? ANONYMOUS : await this.#authorize(request, url, route, peer);
      return user instanceof Response
        ? user
        : await route.handle({ request, url, user, addr: peer.addr, server: this.#server });
    } catch (error) {
      if (error instanceof StoreUnavailable) return plain(error.message, 503);
      this.#server.log.error("Unexpected error in an HTTP request", { path: url.pathname, error });
      return plain("Unexpected server-side error", 500);
    }
  }

  /** Counts a request until its response has been sent. Returns false if there are too many. */
  #begin({ role, isLarge = false }: Route, sent: Promise<void>): boolean {
    if (role === "open") return true;
    if (this.#inProgress >= MAX_REQUESTS || (isLarge && this.#largeInProgress >= MAX_LARGE_REQUESTS)) return false;
    const count = (by: number) => {
      this.#inProgress += by;
      if (isLarge) this.#largeInProgress += by;
    };
    count(1);
    sent.catch(() => {}).then(() => count(-1)); // rejected if the client has gone
    return true;
  }

  #find(method: string, path: string): Route | Response {
    const candidates = this.#routes.filter((route) => matchesPath(route, path));
    const wanted = method === "HEAD" ? "GET" : method;
    const route = candidates.find((route) => route.method === wanted);
    if (route) return route;
    if (candidates.length === 0) return plain("Not found", 404);
    return plain("Method not allowed", 405, { allow: candidates.map(({ method }) => method).join(", ") });
  }

  /** Returns the response that refuses the request, or its user. */
  async #authorize(request: Request, url: URL, { method, role }: Route, peer: Peer): Promise<User | Response> {
    const { authenticator } = this.#server;
    if (authenticator.defaultUser && !isOwnHost(url, this.#allowedHosts)) {
      const { hostname } = url;
      return plain(`Unknown host ${hostname}: allow it with --http-allowed-hosts ${hostname}, or set a password`, 421);
    }
    if (method !== "GET" && isCrossOrigin(request, url)) return plain("Cross-origin request refused", 403);
    const user = await authenticate(request, authenticator, peer);
    if (user instanceof Response || role === "any" || role === "open" || user.has(role)) return user;
    return plain(`User ${user.name} does not have the role ${role}`, 403);
  }
}

function matchesPath(route: Route, path: string): boolean {
  return route.path.endsWith("/*") ? path.startsWith(route.path.slice(0, -1)) : path === route.path;
}
