/**
 * What a route is: a row of the table in `routes.ts`, one thing that can be asked for over HTTP.
 *
 * @module
 */
import type { Role, User } from "../core/auth/user.ts";
import type { ServerContext } from "../core/context.ts";

/** A row of the table of routes. */
export interface Route {
  /** HEAD is answered by GET. What changes something is a POST, and is refused if it comes from another site. */
  method: "GET" | "POST";
  /** The path, as in `/metrics`; one that ends in `/*` stands for all that begin so. */
  path: string;
  /**
   * Who may ask: users with this role, "any" user that has logged in, or everyone ("open"). What is open must be harmless
   * to tell to any web site, too.
   */
  role: Role | "any" | "open";
  /** Answers. What it throws is answered with 500, and with 503 if the store cannot be reached. */
  handle(visit: RequestContext): Response | Promise<Response>;
}

/** A request, by somebody who may make it. */
export interface RequestContext {
  /** As it came. A handler that reads the body must bound what it reads. */
  readonly request: Request;
  /** Its URL. */
  readonly url: URL;
  /** Who asks. It may have the role and not be allowed to touch a queue: `user.mayTouch(queue)` says. */
  readonly user: User;
  /** Where the request comes from, `host:port`. */
  readonly addr: string;
  /** The server. */
  readonly server: ServerContext;
}

/** An answer of plain text; a line feed is added. */
export function plain(text: string, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(text + "\n", { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}
