/**
 * What Prometheus is told.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import { RECLAIM_INTERVAL_MS } from "../../core/background/jobs.ts";
import { cpuSeconds } from "../../core/metrics/metrics.ts";
import type { ServerContext } from "../../core/context.ts";
import { VERSION } from "../../core/version.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { addQueues } from "./queue_metrics.ts";
import { METRICS_TYPE, MetricsText } from "./prometheus.ts";
import type { Route } from "../route.ts";

/** Metrics of the server and of its queues. */
export const metrics: Route = {
  method: "GET",
  path: "/metrics",
  role: "inspect",
  handle: async ({ server, user }) =>
    new Response(await metricsOf(server, user), { headers: { "content-type": METRICS_TYPE } }),
};

async function metricsOf(okq: ServerContext, user: User): Promise<string> {
  const out = new MetricsText();
  addProcess(out, okq);
  addConnections(out, okq);
  addCommands(out, okq);
  addStore(out, okq);
  const up = await lookedAtQueues(okq);
  out.gauge("okq_store_up", "Whether the store answers.", [up ? 1 : 0]);
  if (up) addQueues(out, okq.queueStats, user);
  return out.text;
}

async function lookedAtQueues({ queueStats }: ServerContext): Promise<boolean> {
  try {
    await queueStats.refresh();
    return true;
  } catch (error) {
    if (error instanceof StoreUnavailable) return false;
    throw error;
  }
}

function addProcess(out: MetricsText, { startedAt }: ServerContext): void {
  const { user, system } = cpuSeconds();
  out.gauge("okq_build_info", "What runs.", [1, {
    version: VERSION,
    deno: Deno.version.deno,
    os: Deno.build.os,
    arch: Deno.build.arch,
  }]);
  out.gauge("process_start_time_seconds", "When the server started, in seconds since 1970.", [startedAt / 1000]);
  out.counter("process_cpu_seconds_total", "Time that the processor worked for it.", [user + system]);
  out.gauge("process_resident_memory_bytes", "Memory that it takes.", [Deno.memoryUsage().rss]);
}

function addConnections(out: MetricsText, okq: ServerContext): void {
  const { metrics, memoryLimit, noblockPushes, limits } = okq;
  out.gauge("okq_connections", "Clients connected.", [okq.clients.size]);
  out.gauge("okq_connections_limit", "Clients that may be connected.", [limits.maxClients]);
  out.counter("okq_connections_accepted_total", "Connections accepted.", [metrics.accepted]);
  out.counter("okq_connections_refused_total", "Connections refused because there were too many.", [
    metrics.refused,
  ]);
  const timedOut = [...metrics.timedOut].map(([reason, count]): [number, { reason: string }] => [count, { reason }]);
  out.counter("okq_connections_hung_up_total", "Clients hung up on, with the reason.", ...timedOut);
  out.gauge("okq_waiters", "Clients that wait for events.", [okq.waiters.blockedClients]);
  out.gauge("okq_registrations", "Queues registered, each counted for each client.", [okq.registrations.size]);
  out.counter("okq_received_bytes_total", "Bytes received from clients.", [metrics.received]);
  out.counter("okq_sent_bytes_total", "Bytes sent to clients.", [metrics.sent]);
  out.gauge("okq_in_flight_bytes", "Memory of what is received and not answered.", [memoryLimit.bytes]);
  out.gauge("okq_in_flight_limit_bytes", "The most of that before connections stall.", [limits.maxInFlightBytes]);
  out.gauge("okq_stalled_connections", "Connections that are not read from for that reason.", [
    memoryLimit.stalled,
  ]);
  out.gauge("okq_background_pushes", "NOBLOCK pushes under way.", [noblockPushes.size]);
  out.counter("okq_background_pushes_lost_total", "NOBLOCK pushes that could not be stored.", [noblockPushes.lost]);
}

function addCommands(out: MetricsText, { metrics }: ServerContext): void {
  const used = metrics.commands.filter(({ calls, rejected }) => calls + rejected > 0);
  const labels = ({ name }: { name: string }) => ({ command: name });
  const samples = (value: (tally: typeof used[number]) => number) =>
    used.map((tally): [number, { command: string }] => [value(tally), labels(tally)]);
  out.counter("okq_commands_total", "Commands that ran.", ...samples(({ calls }) => calls));
  out.counter("okq_commands_failed_total", "Those answered with an error.", ...samples(({ failed }) => failed));
  out.counter(
    "okq_commands_rejected_total",
    "Commands refused before they ran, for their arguments or their user.",
    ...samples(({ rejected }) => rejected),
  );
  out.counter("okq_commands_unknown_total", "Commands that there are not.", [metrics.unknown]);
  out.histogram(
    "okq_command_duration_seconds",
    "Time from a command's begin to its reply; with the wait of those that wait for events.",
    1 / 1000,
    ...used.map((tally): [typeof tally.times, { command: string }] => [tally.times, labels(tally)]),
  );
}

function addStore(out: MetricsText, { metrics }: ServerContext): void {
  out.histogram("okq_store_duration_seconds", "Time that calls of the store took.", 1 / 1000, [metrics.storeTimes]);
  out.histogram("okq_store_batch_operations", "Operations in a call of the store.", 1, [metrics.batchSizes]);
  out.counter("okq_store_failures_total", "Calls of the store that failed.", [metrics.storeFailures]);
  const lateMs = Math.max(0, performance.now() - metrics.reclaimedAt - RECLAIM_INTERVAL_MS);
  out.gauge("okq_reclaimer_lag_seconds", "How late the look for ended leases is.", [lateMs / 1000]);
}
