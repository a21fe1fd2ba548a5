/**
 * Metrics of queues.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import type { QueueStats, UntrackedQueues } from "../../core/metrics/queue_stats.ts";
import { printable } from "../../resp/printable.ts";
import { MAX_QUEUE_BYTES } from "../../store/limits.ts";
import type { QueueStatus } from "../../store/store.ts";
import { labelsText, type MetricsText } from "./prometheus.ts";

/** Of a queue, or of the sum of the untracked queues. */
type Value = (source: QueueStatus | UntrackedQueues) => number;

const GAUGES: [name: string, help: string, value: Value][] = [
  ["ready", "Events ready to be popped.", ({ ready }) => ready],
  ["processing", "Events leased to consumers.", ({ processing }) => processing],
  ["delayed", "Delayed events.", ({ delayed }) => delayed],
  ["blocked", "Events that wait for others of their group.", ({ blocked }) => blocked],
  ["consumers", "Registered connections on all okq instances.", ({ consumers }) => consumers],
  ["oldest_age_seconds", "Age of the event that is popped next.", ({ oldestMs }) => oldestMs / 1000],
];

const COUNTERS: [name: string, help: string, value: Value][] = [
  ["pushed_total", "Events pushed through this instance.", ({ pushed }) => pushed],
  ["acked_total", "Events acknowledged through this instance.", ({ acked }) => acked],
  [
    "redelivered_total",
    "Deliveries that returned their event to the queue, seen by this instance.",
    ({ redelivered }) => redelivered,
  ],
  ["dead_total", "Events moved to the dead queue by this instance.", ({ dead }) => dead],
  ["expired_total", "Events removed by this instance because their time to live ended.", ({ expired }) => expired],
];

/** Only users with access to all queues see the untracked ones, summed up as the queue "". */
export function addQueues(metrics: MetricsText, queueStats: QueueStats, user: User): void {
  const { tracked, untracked } = queueStats;
  const rows: [source: QueueStatus | UntrackedQueues, labels: string][] = tracked
    .filter(({ queue }) => user.mayAccess(queue))
    .map((status) => [status, labelsText({ queue: printable(status.queue, MAX_QUEUE_BYTES) })]);
  if (user.allQueues && untracked.queues + untracked.pushed + untracked.acked > 0) {
    rows.push([untracked, labelsText({ queue: "" })]);
  }
  const samples = (value: Value) => rows.map(([source, labels]): [number, string] => [value(source), labels]);
  for (const [name, help, value] of GAUGES) metrics.gauge(`okq_queue_${name}`, help, ...samples(value));
  for (const [name, help, value] of COUNTERS) metrics.counter(`okq_queue_${name}`, help, ...samples(value));
  const flags = (name: "paused" | "limited") =>
    rows.flatMap(([source, labels]): [number, string][] => "queue" in source ? [[source[name] ? 1 : 0, labels]] : []);
  metrics.gauge("okq_queue_paused", "Whether delivery from the queue is paused.", ...flags("paused"));
  const help = "Whether max-processing or rate keeps ready events from delivery.";
  metrics.gauge("okq_queue_limited", help, ...flags("limited"));
}
