/**
 * The `Route` type: one path of the HTTP server.
 *
 * @module
 */
import type { Role, User } from "../core/auth/user.ts";
import type { ServerContext } from "../core/context.ts";

/** A row of the route table. */
export interface Route {
  /** A GET route also answers HEAD. A POST route is refused for requests from other sites. */
  method: "GET" | "POST";
  /** The path, as in `/metrics`. One that ends in `/*` matches all paths with that prefix. */
  path: string;
  /**
   * The role a user needs; "any" logged-in user, or "open" to all. The response of an open route must be harmless on any
   * web site: neither host nor login is checked.
   */
  role: Role | "any" | "open";
  /** Answers a request. An error becomes status 503 if the store is unavailable, else 500. */
  handle(context: RequestContext): Response | Promise<Response>;
}

/** A request that passed all checks of its route. */
export interface RequestContext {
  /** The request. A handler that reads the body must limit its size. */
  readonly request: Request;
  /** The parsed URL of the request. */
  readonly url: URL;
  /** The user, who has the route's role. Access to a queue must be checked with `user.mayAccess(queue)`. */
  readonly user: User;
  /** Remote address, `host:port`. */
  readonly addr: string;
  readonly server: ServerContext;
}

/** A plain-text response; a line feed is added. */
export function plain(text: string, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(text + "\n", { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}
