/**
 * Connections of the driver, set up for okq.
 *
 * @module
 */
import { Buffer, createClient, RESP_TYPES } from "../../deps.ts";
import type { Address } from "./address.ts";

/** Replies hold bulk strings as bytes. */
export const BYTES = { [RESP_TYPES.BLOB_STRING]: Buffer };

/** Who okq is, and how it connects. */
export interface ClientOptions {
  /** Whether connections are encrypted. */
  tls: boolean;
  /** Who okq is to the server. */
  username?: string;
  /** How it proves it. */
  password?: string;
  /** The number of the database. */
  database?: number;
  /** How long a connection may take to be made, or to show a sign of life, in milliseconds. */
  timeoutMs: number;
}

/** A connection of the driver. */
export type Client = ReturnType<typeof createClient>;

/** What all connections have in common. */
export function commonOptions({ username, password, timeoutMs }: ClientOptions) {
  return {
    username,
    password,
    RESP: 2 as const,
    maintNotifications: "disabled" as const, // else the driver reads an environment variable
    disableOfflineQueue: true, // what waits, waits in a lane, where it is bounded in time
    commandOptions: { timeout: undefined }, // a lane knows better
    // Nothing is heard for so long: the connection is as good as broken. The pings keep a quiet one going.
    socketTimeout: timeoutMs,
    pingInterval: Math.max(100, Math.floor(timeoutMs / 2)),
  };
}

/** A connection that is not made yet and that, once lost, is not made again. */
export function newClient({ host, port }: Address, options: ClientOptions): Client {
  const { socketTimeout, ...common } = commonOptions(options);
  return createClient({
    ...common,
    database: options.database,
    socket: {
      host,
      port,
      ...(options.tls ? { tls: true as const } : {}),
      connectTimeout: options.timeoutMs,
      socketTimeout,
      reconnectStrategy: false,
    },
  }) as Client;
}
