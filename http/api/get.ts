/**
 * Routes of the page's GET requests, which change nothing, and JSON responses for results and errors.
 *
 * @module
 */
import type { Role } from "../../core/auth/user.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { RequestContext, Route } from "../route.ts";
import { BadRequest, json } from "./json.ts";

/** A GET request of the page. */
export interface GetRoute {
  path: string;
  /** The role a user needs, or "any" logged-in user. */
  role: Role | "any";
  /** Returns a value for JSON, or a complete response. @throws {BadRequest} */
  get(context: RequestContext): unknown;
}

/** The route of a GET request. */
export function getRoute({ path, role, get }: GetRoute): Route {
  return { method: "GET", path, role, handle: (context) => jsonResponse(() => get(context)) };
}

/** Runs a handler and turns its result, or its error if it is an expected one, into a response. */
export async function jsonResponse(handler: () => unknown): Promise<Response> {
  try {
    const value = await handler();
    return value instanceof Response ? value : json(value);
  } catch (error) {
    if (error instanceof BadRequest) return json({ error: error.message }, error.status);
    if (error instanceof StoreUnavailable) return json({ error: error.message }, 503);
    throw error;
  }
}
