/**
 * POST requests of the page, which change something.
 *
 * @module
 */
import type { Role } from "../../core/auth/user.ts";
import type { LogFields } from "../../core/log.ts";
import { Deadline } from "../../core/util/async.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { RequestContext, Route } from "../route.ts";
import { jsonResponse } from "./get.ts";
import { BadRequest } from "./json.ts";

/** A byte of contents takes up to six characters of JSON. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const BODY_TIMEOUT_MS = 10_000;

/**
 * Against cross-site requests: a page of another site cannot make a browser send this header without a preflight
 * request, which okq always refuses.
 */
export const PAGE_HEADER = "x-okq-page";

/** A JSON object, not yet checked. */
export type ActionRequest = Record<string, unknown>;

export interface ActionResult {
  /** What it was applied to, for the log. */
  fields: LogFields;
  /** Number of events or queues; 0 if there was nothing to do. */
  changed: number;
  /** Number of events that stayed because the destination holds their ids. */
  skipped?: number;
}

export interface Action {
  /** The last part of the path; also in the log. */
  name: string;
  role: Role;
  /** @throws {BadRequest} */
  run(body: ActionRequest, context: RequestContext): Promise<ActionResult>;
}

export function actionRoute(action: Action): Route {
  const { name, role } = action;
  const handle = (context: RequestContext) => jsonResponse(() => run(action, context));
  return { method: "POST", path: `/api/${name}`, role, weight: "large", handle };
}

async function run(action: Action, context: RequestContext): Promise<Omit<ActionResult, "fields">> {
  const { server, user, peer: { addr } } = context;
  const body = await readBody(context.request);
  try {
    const { fields, ...result } = await action.run(body, context);
    server.log.info("Operator action", { action: action.name, user: user.name, addr, ...fields, ...result });
    return result;
  } catch (error) {
    if (error instanceof StoreUnavailable && error.outcomeUnknown) {
      const { queue, id } = body;
      const fields = { action: action.name, user: user.name, addr, queue, id, error };
      server.log.warn("Operator action: outcome unknown", fields);
    }
    throw error;
  }
}

async function readBody(request: Request): Promise<ActionRequest> {
  if (request.headers.get(PAGE_HEADER) === null) {
    throw new BadRequest(`Missing header ${PAGE_HEADER}: only the page of okq may send actions`, 403);
  }
  try {
    const body = JSON.parse(await readText(request));
    if (typeof body === "object" && body !== null) return body;
  } catch (error) {
    if (error instanceof BadRequest) throw error;
  }
  throw new BadRequest("The request body must be a JSON object");
}

async function readText({ body }: Request): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let [text, size, late] = ["", 0, false];
  using _deadline = new Deadline(BODY_TIMEOUT_MS, () => {
    late = true;
    reader.cancel().catch(() => {}); // the client has gone
  });
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    size += chunk.value.length;
    if (size > MAX_BODY_BYTES) {
      throw new BadRequest(`The request body must be at most ${MAX_BODY_BYTES} bytes long`, 413);
    }
    text += decoder.decode(chunk.value, { stream: true });
  }
  if (late) throw new BadRequest(`The request body must arrive within ${BODY_TIMEOUT_MS / 1000} s`, 408);
  return text + decoder.decode();
}
