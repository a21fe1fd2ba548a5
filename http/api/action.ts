/**
 * What the page may change. Each action is a POST that no other web site can make a browser send, is refused to who may
 * not do it, and leaves a line in the log that says who did it.
 *
 * @module
 */
import type { Role } from "../../core/auth/user.ts";
import type { LogFields } from "../../core/log.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { RequestContext, Route } from "../route.ts";
import { BadRequest } from "./json.ts";
import { jsonResponse } from "./get.ts";

/** The longest body of a request, in bytes: of the longest contents, each byte may be six characters of JSON. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/**
 * A header that the page sends with what changes something. A page of another site cannot make a browser send it
 * without asking okq first, which it always refuses.
 */
export const PAGE_HEADER = "x-okq-page";

/** What an action is asked for, as it came. */
export type ActionRequest = Record<string, unknown>;

/** What an action did. */
export interface ActionResult {
  /** Of what: the fields of the log line. */
  of: LogFields;
  /** How many events or queues it changed; 0 if there was nothing to do. */
  done: number;
}

/** An action. */
export interface Action {
  /** The last part of the path, and its name in the log. */
  name: string;
  /** Who may do it. */
  role: Role;
  /** Does it. @throws {BadRequest} */
  act(wish: ActionRequest, visit: RequestContext): Promise<ActionResult>;
}

/** The route of an action. */
export function actionRoute(action: Action): Route {
  const { name, role } = action;
  return { method: "POST", path: `/api/${name}`, role, handle: (visit) => jsonResponse(() => run(action, visit)) };
}

async function run({ name, act }: Action, visit: RequestContext): Promise<{ done: number }> {
  const { server, user, addr } = visit;
  const wish = await readRequest(visit.request);
  try {
    const { done, of } = await act(wish, visit);
    server.log.info("An operator acted", { action: name, user: user.name, addr, ...of, done });
    return { done };
  } catch (error) {
    if (error instanceof StoreUnavailable && error.outcomeUnknown) {
      const { queue, id } = wish;
      const fields = { action: name, user: user.name, addr, queue, id, error };
      server.log.warn("An operator acted, with what outcome is unknown", fields);
    }
    throw error;
  }
}

async function readRequest(request: Request): Promise<ActionRequest> {
  if (request.headers.get(PAGE_HEADER) === null) {
    throw new BadRequest(`Only the page may ask for this: send ${PAGE_HEADER}`, 403);
  }
  try {
    const wish = JSON.parse(await textOf(request));
    if (typeof wish === "object" && wish !== null) return wish;
  } catch (error) {
    if (error instanceof BadRequest) throw error;
  }
  throw new BadRequest("The request must be JSON");
}

/** The body, as far as it is no longer than it may be. */
async function textOf({ body }: Request): Promise<string> {
  const decoder = new TextDecoder();
  let [text, size] = ["", 0];
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new BadRequest(`The request must be at most ${MAX_BODY_BYTES} bytes long`, 413);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
