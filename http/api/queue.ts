import { deadQueueOf, type Policy } from "../../store/policy.ts";
import type { Okq } from "../../core/server_context.ts";
import { queueOf } from "./json.ts";
import { looking } from "./get.ts";
import { rowOf } from "./queue_summary.ts";

/** One queue: its figures, its policy and its last minutes. */
export const queue = looking({
  path: "/api/queue",
  role: "inspect",
  async look({ url, okq, user }) {
    const queue = queueOf(url.searchParams.get("queue"), user);
    const [row, policy] = await Promise.all([rowOf(okq, queue), policyOf(okq, queue)]);
    return { ...row, policy, history: okq.figures.history.of(queue) };
  },
});

async function policyOf({ store }: Okq, queue: Uint8Array): Promise<Policy> {
  const policy = await store.policy(queue);
  return { ...policy, deadQueue: policy.deadQueue ?? deadQueueOf(queue) };
}
