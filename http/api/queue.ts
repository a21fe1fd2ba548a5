/**
 * One queue: figures, rates, policy.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import type { Point } from "../../core/metrics/queue_history.ts";
import type { ServerContext } from "../../core/context.ts";
import { keyOf } from "../../store/bytes.ts";
import { COUNTERS } from "../../core/metrics/queue_stats.ts";
import { deadQueueOf, DEFAULT_POLICY, type Policy } from "../../store/policy.ts";
import type { QueueStatus } from "../../store/store.ts";
import { accessibleOrigins, deadQueuesOf } from "../../core/metrics/dead_queues.ts";
import { getRoute } from "./get.ts";
import { queueOf } from "./json.ts";

/** A rate is averaged over these points of the history. */
const RATE_POINTS = 5;
/** A rate over a shorter time is 0. */
const MIN_RATE_SECONDS = 0.5;

/** A queue as the table of queues shows it. */
export interface QueueSummary extends QueueStatus {
  /** Through this okq instance, as the next ones. */
  pushedPerSecond: number;
  ackedPerSecond: number;
  redeliveredPerSecond: number;
  /** Ready events, oldest value first. */
  recent: number[];
  deadQueue: Uint8Array;
  /** Events in the dead queue; null if the queue has none of its own, or the user may not access it. */
  deadLetters: number | null;
}

export const queue = getRoute({
  path: "/api/queue",
  role: "inspect",
  async get({ params, server, user }) {
    const queue = queueOf(params.get("queue"), user);
    const deadQueues = deadQueuesOf(server);
    await deadQueues.refresh();
    const reading = server.store.policy(queue);
    const [summary, policy] = await Promise.all([summaryOf(server, queue, user, reading), reading]);
    return {
      ...summary,
      exists: exists(summary, policy),
      policy,
      origins: accessibleOrigins(deadQueues, queue, user),
      history: server.queueStats.history.of(queue),
    };
  },
});

/** Adds the queue's status to its history too. */
export async function summaryOf(
  server: ServerContext,
  queue: Uint8Array,
  user: User,
  reading: Promise<Policy> = server.store.policy(queue),
): Promise<QueueSummary> {
  const { store, queueStats: { history } } = server;
  const [status, policy] = await Promise.all([store.status(queue), reading]);
  const deadQueue = policy.deadQueue ?? deadQueueOf(queue);
  const hasOwn = !deadQueuesOf(server).includes(keyOf(queue)) && user.mayAccess(deadQueue);
  const deadLetters = hasOwn ? (await store.status(deadQueue)).total : null;
  history.add(status);
  const points = history.of(queue);
  const recent = [...points.map(({ ready }) => ready), status.ready];
  return { ...status, ...ratesOf(status, points), recent, deadQueue, deadLetters };
}

type Rates = Pick<QueueSummary, "pushedPerSecond" | "ackedPerSecond" | "redeliveredPerSecond">;

function ratesOf(now: QueueStatus, points: readonly Point[]): Rates {
  const start = points.at(-RATE_POINTS) ?? points[0];
  const seconds = (Date.now() - start.at) / 1000;
  // A difference is negative if the counters of the queue were dropped and restarted at 0.
  const rate = (name: "pushed" | "acked" | "redelivered") =>
    seconds < MIN_RATE_SECONDS ? 0 : Math.max(0, now[name] - start[name]) / seconds;
  return {
    pushedPerSecond: rate("pushed"),
    ackedPerSecond: rate("acked"),
    redeliveredPerSecond: rate("redelivered"),
  };
}

/** Whether there is anything of a queue, or was since this okq instance started. */
function exists(status: QueueStatus, policy: Policy): boolean {
  const isUsed = status.total > 0 || status.consumers > 0 || status.paused || COUNTERS.some((name) => status[name] > 0);
  const fields = Object.keys(DEFAULT_POLICY) as (keyof Policy)[];
  return isUsed || fields.some((field) => policy[field] !== DEFAULT_POLICY[field]);
}
