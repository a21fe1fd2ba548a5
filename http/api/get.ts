/**
 * What the page may look at: routes that change nothing and answer JSON.
 *
 * @module
 */
import type { Role } from "../../core/auth/user.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { RequestContext, Route } from "../route.ts";
import { BadRequest, json } from "./json.ts";

/** A look: what it answers becomes JSON, unless it is an answer already. */
export interface GetRoute {
  /** The path. */
  path: string;
  /** Who may look. */
  role: Role | "any";
  /** @throws {BadRequest} */
  look(visit: RequestContext): unknown;
}

/** The route of a look. */
export function getRoute({ path, role, look }: GetRoute): Route {
  return { method: "GET", path, role, handle: (visit) => jsonResponse(() => look(visit)) };
}

/** The answer to whatever comes of some work. */
export async function jsonResponse(work: () => unknown): Promise<Response> {
  try {
    const value = await work();
    return value instanceof Response ? value : json(value);
  } catch (error) {
    if (error instanceof BadRequest) return json({ error: error.message }, error.status);
    if (error instanceof StoreUnavailable) return json({ error: error.message }, 503);
    throw error;
  }
}
