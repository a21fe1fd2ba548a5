/**
 * One queue, and its rates.
 *
 * @module
 */
import type { Point } from "../../core/metrics/queue_history.ts";
import type { ServerContext } from "../../core/context.ts";
import { deadQueueOf, type Policy } from "../../store/policy.ts";
import type { QueueStatus } from "../../store/store.ts";
import { getRoute } from "./get.ts";
import { queueOf } from "./json.ts";

/** A rate is averaged over these points of the history. */
const RATE_POINTS = 5;
/** A rate over a shorter time is 0. */
const MIN_RATE_SECONDS = 0.5;

/** A queue as the table of queues shows it. */
export interface QueueSummary extends QueueStatus {
  /** Through this okq instance, as the next one. */
  pushedPerSecond: number;
  ackedPerSecond: number;
  /** Ready events, oldest value first. */
  recent: number[];
}

export const queue = getRoute({
  path: "/api/queue",
  role: "inspect",
  async get({ params, server, user }) {
    const queue = queueOf(params.get("queue"), user);
    const [summary, policy] = await Promise.all([summaryOf(server, queue), policyOf(server, queue)]);
    return { ...summary, policy, history: server.queueStats.history.of(queue) };
  },
});

/** Adds the queue's status to its history too. */
export async function summaryOf(
  { store, queueStats: { history } }: Pick<ServerContext, "store" | "queueStats">,
  queue: Uint8Array,
): Promise<QueueSummary> {
  const status = await store.status(queue);
  history.add(status);
  const points = history.of(queue);
  return { ...status, ...ratesOf(status, points), recent: [...points.map(({ ready }) => ready), status.ready] };
}

function ratesOf(now: QueueStatus, points: readonly Point[]): Pick<QueueSummary, "pushedPerSecond" | "ackedPerSecond"> {
  const start = points.at(-RATE_POINTS) ?? points[0];
  const seconds = (Date.now() - start.at) / 1000;
  // A difference is negative if the counters of the queue were dropped and restarted at 0.
  const rate = (from: number, to: number) => seconds < MIN_RATE_SECONDS ? 0 : Math.max(0, to - from) / seconds;
  return { pushedPerSecond: rate(start.pushed, now.pushed), ackedPerSecond: rate(start.acked, now.acked) };
}

async function policyOf({ store }: ServerContext, queue: Uint8Array): Promise<Policy> {
  const policy = await store.policy(queue);
  return { ...policy, deadQueue: policy.deadQueue ?? deadQueueOf(queue) };
}
