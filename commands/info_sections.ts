/**
 * The sections of INFO. Fields have the names of Redis and tell the truth about okq; clients read `redis_version`,
 * `loading` and `role` when they connect.
 *
 * @module
 */
import type { Okq } from "../core/okq.ts";
import { REDIS_VERSION, VERSION } from "../core/version.ts";

/** A section of INFO, in the order shown. */
export interface InfoSection {
  /** As in its heading. */
  name: string;
  /** What it shows of a server. */
  fields(okq: Okq): Record<string, string | number>;
}

/** All sections of INFO. */
export const infoSections: readonly InfoSection[] = [
  { name: "Server", fields: server },
  { name: "Clients", fields: clients },
  { name: "Memory", fields: memory },
  { name: "Persistence", fields: () => ({ loading: 0 }) },
  { name: "Replication", fields: () => ({ role: "master", connected_slaves: 0 }) },
  { name: "Cluster", fields: () => ({ cluster_enabled: 0 }) },
];

function server(okq: Okq): Record<string, string | number> {
  const uptime = Math.max(0, Math.floor((Date.now() - okq.since) / 1000));
  return {
    redis_version: REDIS_VERSION,
    okq_version: VERSION,
    redis_mode: "standalone",
    os: `${Deno.build.os} ${Deno.build.arch}`,
    arch_bits: 64,
    deno_version: Deno.version.deno,
    process_id: Deno.pid,
    tcp_port: okq.port,
    server_time_usec: Date.now() * 1000,
    uptime_in_seconds: uptime,
    uptime_in_days: Math.floor(uptime / 86_400),
  };
}

function clients(okq: Okq): Record<string, string | number> {
  const registered = [...okq.clients.values()].filter((client) => client.queues.length > 0);
  return {
    connected_clients: okq.clients.size,
    maxclients: okq.limits.maxClients,
    blocked_clients: okq.waiters.clients,
    registered_clients: registered.length,
  };
}

function memory(): Record<string, string | number> {
  const { heapUsed, rss } = Deno.memoryUsage();
  return { used_memory: heapUsed, used_memory_rss: rss };
}
