/**
 * Connections of the driver, set up for okq: for Pub/Sub, for the slots of a Cluster, and for questions to Sentinels.
 * Commands of the store travel through `redis_connection.ts`.
 *
 * @module
 */
import { createClient, createCluster } from "../deps.ts";
import type { Address } from "./url.ts";

/** Time after which the driver connects again to a node of a Cluster. */
export const RECONNECT_MS = 200;
/** Time without a node after which the driver asks the others for its slots. */
const REDISCOVER_MS = 400;

export interface ClientOptions {
  tls: boolean;
  username?: string;
  password?: string;
  database?: number;
  /** Time limit for connecting and for each reply. */
  timeoutMs: number;
}

export type Client = ReturnType<typeof createClient>;
export type Cluster = ReturnType<typeof newCluster>;

/** Not connected yet; once lost, it does not reconnect. */
export function newClient({ host, port }: Address, options: ClientOptions): Client {
  return createClient({
    ...commonOptions(options),
    database: options.database,
    socket: { ...socketOptions(options), host, port, reconnectStrategy: false },
  }) as Client;
}

/** @param addresses some of its nodes */
export function newCluster(addresses: Address[], options: ClientOptions) {
  return createCluster({
    rootNodes: addresses.map(({ host, port }) => ({ socket: { host, port } })),
    RESP: 2,
    minimizeConnections: true, // otherwise a rediscovery waits for dead nodes
    topologyRefreshOnReconnectionAttemptStrategy: REDISCOVER_MS,
    defaults: {
      ...commonOptions(options),
      pingInterval: options.timeoutMs / 2,
      socket: {
        ...socketOptions(options),
        reconnectStrategy: RECONNECT_MS,
        socketTimeout: options.timeoutMs, // otherwise a rediscovery waits for a node that hangs
      },
    },
  });
}

function commonOptions({ username, password }: ClientOptions) {
  return {
    username,
    password,
    RESP: 2 as const,
    maintNotifications: "disabled" as const, // otherwise the driver reads an environment variable
    disableOfflineQueue: true,
    commandOptions: { timeout: undefined }, // each use has a time limit of its own
  };
}

function socketOptions({ tls, timeoutMs }: ClientOptions) {
  return { ...(tls ? { tls: true as const } : {}), connectTimeout: timeoutMs };
}
