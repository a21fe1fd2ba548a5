/**
 * A queue as the page's table shows it.
 *
 * @module
 */
import type { Point } from "../../core/metrics/queue_history.ts";
import type { ServerContext } from "../../core/context.ts";
import type { QueueStatus } from "../../store/store.ts";

/** Over how many points a rate is taken. */
const RATE_POINTS = 5;

/** The figures of now, the rates of the last seconds, and how many events were ready in the last minutes. */
export interface QueueSummary extends QueueStatus {
  /** Events pushed through this okq in a second. */
  pushedPerSecond: number;
  /** Events acknowledged through this okq in a second. */
  ackedPerSecond: number;
  /** How many events were ready, the oldest figure first. */
  recent: number[];
}

/** The row of a queue. */
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
  const then = points.at(-RATE_POINTS) ?? points[0];
  const seconds = (Date.now() - then.at) / 1000;
  // Counts start anew when those of a queue were forgotten.
  const rate = (from: number, to: number) => seconds < 0.5 ? 0 : Math.max(0, to - from) / seconds;
  return { pushedPerSecond: rate(then.pushed, now.pushed), ackedPerSecond: rate(then.acked, now.acked) };
}
