/**
 * Finds the route of a request, looks at who makes it and whence, and makes an answer of whatever its handler throws.
 *
 * @module
 */
import type { Peer } from "../core/auth/authenticator.ts";
import type { HttpSettings } from "../core/config/http.ts";
import type { ServerContext } from "../core/context.ts";
import { User } from "../core/auth/user.ts";
import { StoreUnavailable } from "../store/store.ts";
import { userOf } from "./basic_auth.ts";
import { isCrossOrigin, isOwnHost } from "./origin.ts";
import { plain, type Route } from "./route.ts";

/** Requests under way at the most, but for those of everyone; more are refused. */
const MAX_REQUESTS = 1000;

/** What every answer says, unless its handler said otherwise: nothing of others is loaded, and no others show it. */
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

/** Who asks for what is open. */
const NOBODY = new User("", [], []);

/** Answers requests. */
export class Router {
  readonly #okq: ServerContext;
  readonly #hosts: readonly string[];
  readonly #routes: readonly Route[];
  #underWay = 0;

  /** @throws {Error} if two routes are the same */
  constructor(
    okq: ServerContext,
    { httpAllowedHosts, httpAddr }: Pick<HttpSettings, "httpAllowedHosts" | "httpAddr">,
    routes: readonly Route[],
  ) {
    this.#okq = okq;
    this.#hosts = httpAddr ? [...httpAllowedHosts, httpAddr.hostname.toLowerCase()] : httpAllowedHosts;
    this.#routes = routes;
    const names = routes.map(({ method, path }) => `${method} ${path}`);
    const twice = names.find((name, i) => names.indexOf(name) < i);
    if (twice) throw new Error(`Cannot build the table of routes: ${twice} stands in it twice`);
  }

  /** Answers a request; never rejects. */
  async answer(request: Request, stranger: Peer): Promise<Response> {
    const response = await this.#answer(request, stranger);
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    return response;
  }

  async #answer(request: Request, stranger: Peer): Promise<Response> {
    const url = new URL(request.url);
    const route = this.#find(request.method, url.pathname);
    if (route instanceof Response) return route;
    if (route.role !== "open" && this.#underWay >= MAX_REQUESTS) return plain("Too many requests are under way", 503);
    this.#underWay++;
    try {
      const user = route.role === "open" ? NOBODY : await this.#admit(request, url, route, stranger);
      return user instanceof Response
        ? user
        : await route.handle({ request, url, user, addr: stranger.addr, server: this.#okq });
    } catch (error) {
      if (error instanceof StoreUnavailable) return plain(error.message, 503);
      this.#okq.log.error("A request failed unexpectedly", { path: url.pathname, error });
      return plain("Unexpected server-side error", 500);
    } finally {
      this.#underWay--;
    }
  }

  #find(method: string, path: string): Route | Response {
    const here = this.#routes.filter((route) => leadsTo(route, path));
    const wanted = method === "HEAD" ? "GET" : method;
    const route = here.find((route) => route.method === wanted);
    if (route) return route;
    if (here.length === 0) return plain("There is nothing here", 404);
    return plain("Not allowed here", 405, { allow: here.map(({ method }) => method).join(", ") });
  }

  /** Who makes a request, if it is one who may; or why not. */
  async #admit(request: Request, url: URL, { method, role }: Route, stranger: Peer): Promise<User | Response> {
    const { authenticator } = this.#okq;
    if (authenticator.defaultUser && !isOwnHost(url, this.#hosts)) {
      return plain(`${url.hostname} is no name of this okq: start it with --http-allowed-hosts ${url.hostname}`, 421);
    }
    if (method !== "GET" && isCrossOrigin(request, url)) return plain("Refused: a request of another site", 403);
    const user = await userOf(request, authenticator, stranger);
    if (user instanceof Response || role === "any" || role === "open" || user.has(role)) return user;
    return plain(`User ${user.name} may not do this: it needs the role ${role}`, 403);
  }
}

function leadsTo({ path }: Route, asked: string): boolean {
  return path.endsWith("/*") ? asked.startsWith(path.slice(0, -1)) : asked === path;
}
