/**
 * GET requests of the page, which change nothing, and JSON responses for results and errors.
 *
 * @module
 */
import type { Role } from "../../core/auth/user.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { RequestContext, Route } from "../route.ts";
import { BadRequest, json, paramsOf } from "./json.ts";

export interface GetContext extends RequestContext {
  /** Of the query. */
  readonly params: ReadonlyMap<string, string>;
}

export interface GetRoute {
  path: string;
  role: Role | "any";
  /** As in {@linkcode Route}. */
  weight?: "large";
  /** Returns a value for JSON, or a complete response. */
  get(context: GetContext): unknown;
}

export function getRoute({ get, ...route }: GetRoute): Route {
  const handle = (context: RequestContext) =>
    jsonResponse(() => get({ ...context, params: paramsOf(new URL(context.request.url)) }));
  return { method: "GET", ...route, handle };
}

/** Makes a response of a handler's result, or of an expected error. */
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
