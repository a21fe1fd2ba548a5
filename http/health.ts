/**
 * What watches over the process may ask: whether it lives, and whether it is of use.
 *
 * @module
 */
import type { ServerContext } from "../core/context.ts";
import { withTimeout } from "../core/util/async.ts";
import { plain, type Route } from "./route.ts";

/** How long the store may take to answer, in milliseconds. */
const ANSWER_TIMEOUT_MS = 1000;

/** Queues that are looked at, none of which need exist. Several, so that they lie on several masters of a Cluster. */
const LOOKED_AT = Array.from({ length: 8 }, (_, i) => new TextEncoder().encode(`okq.readyz.${i}`));

/** The process lives. */
export const healthz: Route = { method: "GET", path: "/healthz", role: "open", handle: () => plain("ok") };

/** The store answers, or that part of a Cluster which can be reached; and the server has not been told to stop. */
export const readyz: Route = {
  method: "GET",
  path: "/readyz",
  role: "open",
  async handle({ server }) {
    if (server.stopping) return plain("stopping", 503);
    const answers = await withTimeout(answersOf(server), ANSWER_TIMEOUT_MS, () => false);
    return answers ? plain("ok") : plain("the store does not answer", 503);
  },
};

/** One question at a time, however often it is asked. */
const asked = new WeakMap<ServerContext, Promise<boolean>>();

function answersOf(okq: ServerContext): Promise<boolean> {
  let answer = asked.get(okq);
  if (!answer) {
    answer = Promise.any(LOOKED_AT.map((queue) => okq.store.ready(queue))).then(() => true, () => false);
    asked.set(okq, answer);
    answer.finally(() => asked.delete(okq));
  }
  return answer;
}
