/**
 * Connections of the driver, set up for okq.
 *
 * @module
 */
import { Buffer, createClient, RESP_TYPES } from "../../../deps.ts";
import type { Address } from "./url.ts";
import type { Args } from "./link.ts";
import { ReplyTimeout } from "./reply_timeout.ts";

/** Replies hold bulk strings as bytes. */
const BYTES = { [RESP_TYPES.BLOB_STRING]: Buffer };

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
  /** How long a connection may take to be made, and a command to be answered, in milliseconds. */
  timeoutMs: number;
}

/** A connection of the driver. */
export type Client = ReturnType<typeof createClient>;

/** What all connections have in common. */
export function commonOptions({ username, password }: ClientOptions) {
  return {
    username,
    password,
    RESP: 2 as const,
    maintNotifications: "disabled" as const, // else the driver reads an environment variable
    disableOfflineQueue: true, // what waits, waits in a lane, where it is bounded in time
    commandOptions: { timeout: undefined }, // a lane knows better
  };
}

/** A connection that is not made yet and that, once lost, is not made again. */
export function newClient({ host, port }: Address, options: ClientOptions): Client {
  return createClient({
    ...commonOptions(options),
    database: options.database,
    socket: {
      host,
      port,
      ...(options.tls ? { tls: true as const } : {}),
      connectTimeout: options.timeoutMs,
      reconnectStrategy: false,
    },
  }) as Client;
}

const stallWatches = new WeakMap<object, ReplyTimeout>();

/**
 * Sends commands back to back and returns their replies.
 * @param timeoutMs how long replies may take; what is said of a connection first counts for all that is sent through it
 * @param stalled called if they are not answered in time; it closes the connection, so that they are given up
 */
export async function sendAll(
  client: Pick<Client, "sendCommand" | "on">,
  commands: Args[],
  timeoutMs: number,
  stalled: () => void,
): Promise<unknown[]> {
  const watch = stallWatches.get(client) ?? newStallWatch(client, timeoutMs, stalled);
  watch.sent();
  const replies = await Promise.allSettled(commands.map((args) => client.sendCommand(args, { typeMapping: BYTES })));
  watch.answered();
  return replies.map((reply) => {
    if (reply.status === "rejected") throw reply.reason;
    return reply.value;
  });
}

function newStallWatch(client: Pick<Client, "on">, timeoutMs: number, stalled: () => void): ReplyTimeout {
  const watch = new ReplyTimeout(timeoutMs, stalled);
  stallWatches.set(client, watch);
  for (const event of ["end", "error"]) client.on(event, () => watch.stop());
  return watch;
}
