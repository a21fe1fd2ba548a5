/**
 * Health checks: /healthz (the process runs) and /readyz (the store answers).
 *
 * @module
 */
import type { ServerContext } from "../core/context.ts";
import { withTimeout } from "../core/util/async.ts";
import { plain } from "./response.ts";
import type { Route } from "./route.ts";

const STORE_TIMEOUT_MS = 1000;

/** They need not exist. Several, so that more than one master of a Cluster is asked. */
const PROBE_QUEUES = Array.from({ length: 8 }, (_, i) => new TextEncoder().encode(`okq.readyz.${i}`));

export const healthz: Route = { method: "GET", path: "/healthz", role: "open", handle: () => plain("ok") };

/** Answers 200 if the server is not stopping and the store, or one master of a Cluster, answers. */
export const readyz: Route = {
  method: "GET",
  path: "/readyz",
  role: "open",
  async handle({ server }) {
    if (server.stopping) return plain("stopping", 503);
    const answers = await withTimeout(storeAnswers(server), STORE_TIMEOUT_MS, () => false);
    return answers ? plain("ok") : plain("the store does not answer", 503);
  },
};

/** At most one probe per server is pending, however often /readyz is requested. */
const probes = new WeakMap<ServerContext, Promise<boolean>>();

function storeAnswers(server: ServerContext): Promise<boolean> {
  let probe = probes.get(server);
  if (!probe) {
    probe = Promise.any(PROBE_QUEUES.map((queue) => server.store.ready(queue))).then(() => true, () => false);
    probes.set(server, probe);
    probe.finally(() => probes.delete(server));
  }
  return probe;
}
