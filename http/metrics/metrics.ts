/**
 * What Prometheus is told.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import { RECLAIM_INTERVAL_MS } from "../../core/background/jobs.ts";
import { cpuSeconds } from "../../core/metrics/cpu.ts";
import type { Okq } from "../../core/server_context.ts";
import { VERSION } from "../../core/version.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { addQueues } from "./queue_metrics.ts";
import { Metrics, METRICS_TYPE } from "./prometheus.ts";
import type { Route } from "../route.ts";

/** Metrics of the server and of its queues. */
export const metrics: Route = {
  method: "GET",
  path: "/metrics",
  role: "inspect",
  handle: async ({ okq, user }) =>
    new Response(await metricsOf(okq, user), { headers: { "content-type": METRICS_TYPE } }),
};

async function metricsOf(okq: Okq, user: User): Promise<string> {
  const metrics = new Metrics();
  addProcess(metrics, okq);
  addConnections(metrics, okq);
  addCommands(metrics, okq);
  addStore(metrics, okq);
  const up = await lookedAtQueues(okq);
  metrics.gauge("okq_store_up", "Whether the store answers.", [up ? 1 : 0]);
  if (up) addQueues(metrics, okq.figures, user);
  return metrics.text;
}

async function lookedAtQueues({ figures }: Okq): Promise<boolean> {
  try {
    await figures.look();
    return true;
  } catch (error) {
    if (error instanceof StoreUnavailable) return false;
    throw error;
  }
}

function addProcess(metrics: Metrics, { since }: Okq): void {
  const { user, system } = cpuSeconds();
  metrics.gauge("okq_build_info", "What runs.", [1, {
    version: VERSION,
    deno: Deno.version.deno,
    os: Deno.build.os,
    arch: Deno.build.arch,
  }]);
  metrics.gauge("process_start_time_seconds", "When the server started, in seconds since 1970.", [since / 1000]);
  metrics.counter("process_cpu_seconds_total", "Time that the processor worked for it.", [user + system]);
  metrics.gauge("process_resident_memory_bytes", "Memory that it takes.", [Deno.memoryUsage().rss]);
}

function addConnections(metrics: Metrics, okq: Okq): void {
  const { meters, inFlight, background, limits } = okq;
  metrics.gauge("okq_connections", "Clients connected.", [okq.clients.size]);
  metrics.gauge("okq_connections_limit", "Clients that may be connected.", [limits.maxClients]);
  metrics.counter("okq_connections_accepted_total", "Connections accepted.", [meters.accepted]);
  metrics.counter("okq_connections_refused_total", "Connections refused because there were too many.", [
    meters.refused,
  ]);
  const hungUp = [...meters.hungUp].map(([reason, count]): [number, { reason: string }] => [count, { reason }]);
  metrics.counter("okq_connections_hung_up_total", "Clients hung up on, with the reason.", ...hungUp);
  metrics.gauge("okq_waiters", "Clients that wait for events.", [okq.waiters.clients]);
  metrics.gauge("okq_registrations", "Queues registered, each counted for each client.", [okq.registrations.size]);
  metrics.counter("okq_received_bytes_total", "Bytes received from clients.", [meters.received]);
  metrics.counter("okq_sent_bytes_total", "Bytes sent to clients.", [meters.sent]);
  metrics.gauge("okq_in_flight_bytes", "Memory of what is received and not answered.", [inFlight.bytes]);
  metrics.gauge("okq_in_flight_limit_bytes", "The most of that before connections stall.", [limits.maxInFlightBytes]);
  metrics.gauge("okq_stalled_connections", "Connections that are not read from for that reason.", [inFlight.stalled]);
  metrics.gauge("okq_background_pushes", "NOBLOCK pushes under way.", [background.size]);
  metrics.counter("okq_background_pushes_lost_total", "NOBLOCK pushes that could not be stored.", [background.lost]);
}

function addCommands(metrics: Metrics, { meters }: Okq): void {
  const used = meters.commands.filter(({ calls, rejected }) => calls + rejected > 0);
  const labels = ({ name }: { name: string }) => ({ command: name });
  const samples = (value: (tally: typeof used[number]) => number) =>
    used.map((tally): [number, { command: string }] => [value(tally), labels(tally)]);
  metrics.counter("okq_commands_total", "Commands that ran.", ...samples(({ calls }) => calls));
  metrics.counter("okq_commands_failed_total", "Those answered with an error.", ...samples(({ failed }) => failed));
  metrics.counter(
    "okq_commands_rejected_total",
    "Commands refused before they ran, for their arguments or their user.",
    ...samples(({ rejected }) => rejected),
  );
  metrics.counter("okq_commands_unknown_total", "Commands that there are not.", [meters.unknown]);
  metrics.histogram(
    "okq_command_duration_seconds",
    "Time from a command's begin to its reply; with the wait of those that wait for events.",
    1 / 1000,
    ...used.map((tally): [typeof tally.times, { command: string }] => [tally.times, labels(tally)]),
  );
}

function addStore(metrics: Metrics, { meters }: Okq): void {
  metrics.histogram("okq_store_duration_seconds", "Time that calls of the store took.", 1 / 1000, [meters.storeTimes]);
  metrics.histogram("okq_store_batch_operations", "Operations in a call of the store.", 1, [meters.batchSizes]);
  metrics.counter("okq_store_failures_total", "Calls of the store that failed.", [meters.storeFailures]);
  const lateMs = Math.max(0, performance.now() - meters.reclaimedAt - RECLAIM_INTERVAL_MS);
  metrics.gauge("okq_reclaimer_lag_seconds", "How late the look for ended leases is.", [lateMs / 1000]);
}
