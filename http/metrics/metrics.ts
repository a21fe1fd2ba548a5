/**
 * /metrics: the server, and the queues that the user may access, for Prometheus.
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

export const metrics: Route = {
  method: "GET",
  path: "/metrics",
  role: "inspect",
  handle: async ({ server, user }) =>
    new Response(await metricsOf(server, user), { headers: { "content-type": METRICS_TYPE } }),
};

async function metricsOf(server: ServerContext, user: User): Promise<string> {
  const out = new MetricsText();
  addProcess(out, server);
  addConnections(out, server);
  addCommands(out, server);
  addStore(out, server);
  const up = await refreshQueues(server);
  out.gauge("okq_store_up", "Whether the store answers.", [up ? 1 : 0]);
  if (up) addQueues(out, server.queueStats, user);
  return out.text;
}

/** Returns false if the store is unavailable. */
async function refreshQueues({ queueStats }: ServerContext): Promise<boolean> {
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
  out.gauge("okq_build_info", "Version and platform, as labels.", [1, {
    version: VERSION,
    deno: Deno.version.deno,
    os: Deno.build.os,
    arch: Deno.build.arch,
  }]);
  out.gauge("process_start_time_seconds", "Start time of the server in seconds since 1970.", [startedAt / 1000]);
  out.counter("process_cpu_seconds_total", "CPU time of the process in seconds.", [user + system]);
  out.gauge("process_resident_memory_bytes", "Resident memory of the process.", [Deno.memoryUsage().rss]);
}

function addConnections(out: MetricsText, server: ServerContext): void {
  const { clients, limits, backPressure, metrics, noblockPushes, registrations, waiters } = server;
  out.gauge("okq_connections", "Connections.", [clients.size]);
  out.gauge("okq_connections_limit", "Maximum number of connections.", [limits.maxClients]);
  out.counter("okq_connections_accepted_total", "Connections accepted.", [metrics.accepted]);
  out.counter("okq_connections_refused_total", "Connections refused because of the limit.", [
    metrics.refused,
  ]);
  const closed = [...metrics.closedByReason].map((
    [reason, count],
  ): [number, { reason: string }] => [count, { reason }]);
  out.counter("okq_connections_hung_up_total", "Connections closed by a timeout or limit, by reason.", ...closed);
  out.gauge("okq_waiters", "Clients blocked in QNOTIFY or QCLAIM, or in a claim over HTTP.", [waiters.blockedClients]);
  out.gauge("okq_registrations", "Registrations of all clients, one per client and queue.", [registrations.size]);
  out.counter("okq_received_bytes_total", "Bytes received from clients.", [metrics.received]);
  out.counter("okq_sent_bytes_total", "Bytes sent to clients.", [metrics.sent]);
  out.gauge("okq_in_flight_bytes", "Memory for received and unanswered commands.", [backPressure.bytes]);
  out.gauge("okq_in_flight_limit_bytes", "Limit of that memory; beyond it connections are stalled.", [
    limits.maxInFlightBytes,
  ]);
  out.gauge("okq_stalled_connections", "Connections that are not read from because of that limit.", [
    backPressure.stalled,
  ]);
  out.gauge("okq_background_pushes", "NOBLOCK pushes in progress.", [noblockPushes.size]);
  out.counter("okq_background_pushes_lost_total", "NOBLOCK pushes that were accepted and could not be stored.", [
    noblockPushes.lost,
  ]);
}

function addCommands(out: MetricsText, { metrics }: ServerContext): void {
  const used = metrics.commands.filter(({ calls, rejected }) => calls + rejected > 0);
  const labels = ({ name }: { name: string }) => ({ command: name });
  const samples = (value: (stats: typeof used[number]) => number) =>
    used.map((stats): [number, { command: string }] => [value(stats), labels(stats)]);
  out.counter("okq_commands_total", "Commands that ran.", ...samples(({ calls }) => calls));
  out.counter(
    "okq_commands_failed_total",
    "Commands that ran and were answered with an error.",
    ...samples(({ failed }) => failed),
  );
  out.counter(
    "okq_commands_rejected_total",
    "Commands rejected before they ran, for their arguments or the user's permissions.",
    ...samples(({ rejected }) => rejected),
  );
  out.counter("okq_commands_unknown_total", "Unknown commands received.", [metrics.unknown]);
  out.histogram(
    "okq_command_duration_seconds",
    "Time from the start of a command to its reply, including the wait of blocking commands.",
    1 / 1000,
    ...used.map((stats): [typeof stats.times, { command: string }] => [stats.times, labels(stats)]),
  );
}

function addStore(out: MetricsText, { metrics }: ServerContext): void {
  out.histogram("okq_store_duration_seconds", "Time of store calls; one call is a batch of operations.", 1 / 1000, [
    metrics.storeTimes,
  ]);
  out.histogram("okq_store_batch_operations", "Operations per store call.", 1, [metrics.batchSizes]);
  out.counter("okq_store_failures_total", "Store calls that failed.", [metrics.storeFailures]);
  const overdueMs = performance.now() - metrics.reclaimedAt - RECLAIM_INTERVAL_MS;
  out.gauge(
    "okq_reclaimer_lag_seconds",
    "Seconds by which the reclaimer was late for what was due first in its last run, or is overdue itself.",
    [Math.max(metrics.reclaimedLateMs, overdueMs, 0) / 1000],
  );
}
