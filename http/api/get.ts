/**
 * What the page may look at: routes that change nothing and answer JSON.
 *
 * @module
 */
import type { Role } from "../../core/auth/user.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { Route, Visit } from "../route.ts";
import { json, Refusal } from "./json.ts";

/** A look: what it answers becomes JSON, unless it is an answer already. */
export interface Look {
  /** The path. */
  path: string;
  /** Who may look. */
  role: Role | "any";
  /** @throws {Refusal} */
  look(visit: Visit): unknown;
}

/** The route of a look. */
export function looking({ path, role, look }: Look): Route {
  return { method: "GET", path, role, handle: (visit) => answered(() => look(visit)) };
}

/** The answer to whatever comes of some work. */
export async function answered(work: () => unknown): Promise<Response> {
  try {
    const value = await work();
    return value instanceof Response ? value : json(value);
  } catch (error) {
    if (error instanceof Refusal) return json({ error: error.message }, error.status);
    if (error instanceof StoreUnavailable) return json({ error: error.message }, 503);
    throw error;
  }
}
