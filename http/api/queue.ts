import { deadQueueOf, type Policy } from "../../store/policy.ts";
import type { ServerContext } from "../../core/context.ts";
import { queueOf } from "./json.ts";
import { getRoute } from "./get.ts";
import { summaryOf } from "./queue_summary.ts";

/** One queue: its figures, its policy and its last minutes. */
export const queue = getRoute({
  path: "/api/queue",
  role: "inspect",
  async look({ url, server, user }) {
    const queue = queueOf(url.searchParams.get("queue"), user);
    const [row, policy] = await Promise.all([summaryOf(server, queue), policyOf(server, queue)]);
    return { ...row, policy, history: server.queueStats.history.of(queue) };
  },
});

async function policyOf({ store }: ServerContext, queue: Uint8Array): Promise<Policy> {
  const policy = await store.policy(queue);
  return { ...policy, deadQueue: policy.deadQueue ?? deadQueueOf(queue) };
}
