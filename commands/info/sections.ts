/**
 * The table of INFO sections, and those about the server process.
 *
 * Fields that Redis has keep their names. Clients read `redis_version`, `loading` and `role` when they connect.
 *
 * @module
 */
import type { ClientContext } from "../../core/context.ts";
import { cpuSeconds } from "../../core/metrics/metrics.ts";
import { REDIS_VERSION, VERSION } from "../../core/version.ts";
import { commandStats, type InfoFields, queueFields } from "./on_demand.ts";

export interface InfoSection {
  /** Matched in any case. */
  name: string;
  /** Returned only if it, or all sections, are requested. */
  onDemand?: boolean;
  fields(client: ClientContext): InfoFields | Promise<InfoFields>;
}

/** In the order of the reply. */
export const infoSections: readonly InfoSection[] = [
  { name: "Server", fields: server },
  { name: "Clients", fields: clients },
  { name: "Memory", fields: memory },
  { name: "Persistence", fields: () => ({ loading: 0 }) },
  { name: "Stats", fields: stats },
  { name: "Replication", fields: () => ({ role: "master", connected_slaves: 0 }) },
  { name: "CPU", fields: cpu },
  { name: "Commandstats", onDemand: true, fields: commandStats },
  { name: "Cluster", fields: () => ({ cluster_enabled: 0 }) },
  { name: "Queues", onDemand: true, fields: queueFields },
];

function server({ server }: ClientContext): InfoFields {
  const uptime = Math.max(0, Math.floor((Date.now() - server.startedAt) / 1000));
  return {
    redis_version: REDIS_VERSION,
    okq_version: VERSION,
    redis_mode: "standalone",
    os: `${Deno.build.os} ${Deno.build.arch}`,
    arch_bits: 64,
    deno_version: Deno.version.deno,
    process_id: Deno.pid,
    tcp_port: server.port,
    server_time_usec: Date.now() * 1000,
    uptime_in_seconds: uptime,
    uptime_in_days: Math.floor(uptime / 86_400),
  };
}

function clients({ server }: ClientContext): InfoFields {
  const registered = [...server.clients.values()].filter((client) => client.queues.length > 0);
  return {
    connected_clients: server.clients.size,
    maxclients: server.limits.maxClients,
    blocked_clients: server.waiters.blockedClients,
    registered_clients: registered.length,
    stalled_clients: server.backPressure.stalled,
  };
}

function memory({ server }: ClientContext): InfoFields {
  const { heapUsed, heapTotal, rss } = Deno.memoryUsage();
  return {
    used_memory: heapUsed,
    used_memory_human: mebibytes(heapUsed),
    used_memory_rss: rss,
    used_memory_rss_human: mebibytes(rss),
    allocator_allocated: heapTotal,
    maxmemory: 0,
    maxmemory_policy: "noeviction",
    in_flight_bytes: server.backPressure.bytes,
  };
}

function stats({ server: { metrics, noblockPushes } }: ClientContext): InfoFields {
  return {
    total_connections_received: metrics.accepted,
    total_commands_processed: metrics.total,
    instantaneous_ops_per_sec: Math.round(metrics.perSecond),
    total_net_input_bytes: metrics.received,
    total_net_output_bytes: metrics.sent,
    rejected_connections: metrics.refused,
    total_error_replies: metrics.errors,
    store_calls: metrics.storeTimes.count,
    store_failures: metrics.storeFailures,
    background_pushes: noblockPushes.size,
    background_pushes_lost: noblockPushes.lost,
  };
}

function cpu(): InfoFields {
  const { user, system } = cpuSeconds();
  return { used_cpu_sys: system.toFixed(6), used_cpu_user: user.toFixed(6) };
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(2)}M`;
}
