/**
 * The type of routes. Dispatch and the OpenAPI document are made from the same table of them.
 *
 * @module
 */
import type { Peer } from "../core/auth/authenticator.ts";
import type { Role, User } from "../core/auth/user.ts";
import type { ServerContext } from "../core/context.ts";
import type { BlockedClient } from "../core/delivery/blocking.ts";
import type { RequestBody } from "./body.ts";
import type { Parameters, PathName, Schema, ValuesOf } from "./parameters.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** A content type, and what is in it. */
export interface Content {
  type: string;
  schema: Schema;
}

export interface Route {
  /** GET also answers HEAD. Others are refused for requests from other sites. */
  method: Method;
  /** As {@linkcode PathTable} reads it. */
  path: string;
  /**
   * "any" logged-in user, or "open" to all: then neither host nor login is checked, so the response must be harmless on
   * any web site.
   */
  role: Role | "any" | "open";
  /** Requests of one weight have a limit together; see `router.ts`. Default: "medium". */
  weight?: Weight;
  /** Of the query; others are refused. Without, any query is accepted and not used. */
  query?: Parameters;
  /** What OpenAPI says of it. Routes without, the files of the page, are not in the document. */
  about?: About;
  /** An error becomes its status, 503 if the store is unavailable, or 500. */
  handle(context: RequestContext<string, Parameters>): Response | Promise<Response>;
}

/**
 * "small": changes few events, and its response is small; "large": holds all contents of an event in memory until the
 * client has them.
 */
export type Weight = "small" | "medium" | "large";

export interface About {
  /** Unique, in camel case. */
  operation: string;
  /** One sentence without a period. */
  summary: string;
  /** Markdown. */
  description?: string;
  body?: Content;
  /** Headers of the request. */
  headers?: Record<string, { schema: Schema; description: string }>;
  /** Of the response, by status; a string is a description of one without a body. */
  responses: Record<number, string | { description: string; content: Content | Content[] }>;
  /** Statuses of errors besides those that every route has. */
  errors?: number[];
}

/** The names of the parameters in a path. */
type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;

export interface RequestContext<Path extends string = never, Query extends Parameters = Record<never, never>> {
  readonly request: Request;
  /** Percent-decoded and within bounds. The user may access the queue. */
  readonly path: Readonly<Record<NamesIn<Path> & PathName, Uint8Array>>;
  readonly query: Readonly<ValuesOf<Query>>;
  readonly body: RequestBody;
  /** Has the route's role. Access to queues that are not in the path must be checked with `user.mayAccess(queue)`. */
  readonly user: User;
  readonly peer: Peer;
  readonly server: ServerContext;
  /** Waits, without being counted as a request in progress, until the client goes or the server stops. */
  wait<T>(begin: (client: BlockedClient) => Promise<T>): Promise<T>;
  /**
   * Makes the body of a response. If it is long, the request counts until it is sent.
   * @param onEnd called once: when a long body ends, with whether the client took all of it, or at once
   */
  send(body: Uint8Array | string, onEnd?: (isSent: boolean) => void): BodyInit;
}

/** Makes a route, with the types of its parameters for `handle`. */
export function route<Path extends string, Query extends Parameters = Record<never, never>>(
  { query, ...rest }: Omit<Route, "path" | "query" | "handle"> & {
    path: Path;
    query?: Query;
    handle(context: RequestContext<Path, Query>): Response | Promise<Response>;
  },
): Route {
  return { ...rest, query: query ?? {} } as unknown as Route;
}
