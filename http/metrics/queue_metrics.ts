/**
 * What Prometheus is told of queues.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import type { QueueStats, UntrackedQueues } from "../../core/metrics/queue_stats.ts";
import { printable } from "../../resp/printable.ts";
import type { QueueStatus } from "../../store/store.ts";
import { labelsText, type MetricsText } from "./prometheus.ts";

/** The longest name of a queue, each byte of which is shown. */
const WHOLE = 512;

/** A figure that both a queue and all untracked together have. */
type Figure = (of: QueueStatus | UntrackedQueues) => number;

const GAUGES: [name: string, help: string, figure: Figure][] = [
  ["ready", "Events ready to be popped.", ({ ready }) => ready],
  ["processing", "Events leased to consumers.", ({ processing }) => processing],
  ["delayed", "Events kept back for a time.", ({ delayed }) => delayed],
  ["consumers", "Connections registered, on all okq instances.", ({ consumers }) => consumers],
  ["oldest_age_seconds", "How long ago the event was pushed that is popped next.", ({ oldestMs }) => oldestMs / 1000],
];

const COUNTERS: [name: string, help: string, figure: Figure][] = [
  ["pushed_total", "Events pushed through this instance.", ({ pushed }) => pushed],
  ["acked_total", "Events finished through this instance.", ({ acked }) => acked],
  [
    "redelivered_total",
    "Deliveries that brought their event back, as this instance saw it.",
    ({ redelivered }) => redelivered,
  ],
  ["dead_total", "Events that this instance moved to the dead queue.", ({ dead }) => dead],
  ["expired_total", "Events that this instance removed because their time was up.", ({ expired }) => expired],
];

/**
 * Adds the queues that have a place of their own, and all untracked as the queue without a name. A user who may not touch
 * all queues sees those that it may.
 */
export function addQueues(metrics: MetricsText, figures: QueueStats, user: User): void {
  const { tracked, untracked } = figures;
  const rows: [of: QueueStatus | UntrackedQueues, labels: string][] = tracked
    .filter(({ queue }) => user.mayAccess(queue))
    .map((status) => [status, labelsText({ queue: printable(status.queue, WHOLE) })]);
  if (user.allQueues && untracked.queues + untracked.pushed + untracked.acked > 0) {
    rows.push([untracked, labelsText({ queue: "" })]);
  }
  const samples = (figure: Figure) => rows.map(([of, labels]): [number, string] => [figure(of), labels]);
  for (const [name, help, figure] of GAUGES) metrics.gauge(`okq_queue_${name}`, help, ...samples(figure));
  for (const [name, help, figure] of COUNTERS) metrics.counter(`okq_queue_${name}`, help, ...samples(figure));
  const paused = rows.flatMap(([of, labels]): [number, string][] =>
    "paused" in of ? [[of.paused ? 1 : 0, labels]] : []
  );
  metrics.gauge("okq_queue_paused", "Whether the queue hands nothing out.", ...paused);
}
