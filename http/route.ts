/**
 * The type of routes.
 *
 * @module
 */
import type { Role, User } from "../core/auth/user.ts";
import type { ServerContext } from "../core/context.ts";

export interface Route {
  /** GET also answers HEAD. POST is refused for requests from other sites. */
  method: "GET" | "POST";
  /** One that ends in `/*` matches all paths with that prefix. */
  path: string;
  /**
   * "any" logged-in user, or "open" to all: then neither host nor login is checked, so the response must be harmless on
   * any web site.
   */
  role: Role | "any" | "open";
  /** It holds all contents of an event in memory, or a request body. */
  isLarge?: boolean;
  /** An error becomes status 503 if the store is unavailable, else 500. */
  handle(context: RequestContext): Response | Promise<Response>;
}

export interface RequestContext {
  /** A handler that reads the body must limit its size. */
  readonly request: Request;
  readonly url: URL;
  /** Has the route's role. Access to a queue must be checked with `user.mayAccess(queue)`. */
  readonly user: User;
  /** Remote `host:port`. */
  readonly addr: string;
  readonly server: ServerContext;
}

/** Adds a line feed. */
export function plain(text: string, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(text + "\n", { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}
