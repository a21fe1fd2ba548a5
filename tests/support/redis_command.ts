/**
 * Sends commands to a Redis server directly.
 *
 * @module
 */
import { connect, type Shown } from "./wire.ts";

/** Arguments of masters and replicas. A master does not delay a synchronization, and does not wait for replicas when it stops. */
export const REPLICATING: string[] = ["--repl-diskless-sync-delay", "0", "--shutdown-timeout", "0"];

/** A server on 127.0.0.1. */
export interface RedisAddr {
  readonly port: number;
  readonly password?: string;
}

/**
 * Sends a command through a new connection.
 * @throws {Error} with the server's message if the reply is an error
 */
export async function sendToRedis({ port, password }: RedisAddr, ...command: string[]): Promise<Shown> {
  await using wire = await connect({ hostname: "127.0.0.1", port });
  if (password) await wire.command("AUTH", password);
  const reply = await wire.command(...command);
  if (typeof reply === "string" && reply.startsWith("-")) {
    throw new Error(`Redis on port ${port} replied ${reply.slice(1)} to ${command.join(" ")}`);
  }
  return reply;
}

/** Sets the password of a server, also for its replication. */
export async function setPassword(port: number, password: string): Promise<void> {
  await sendToRedis({ port }, "CONFIG", "SET", "masterauth", password, "requirepass", password);
}

/** Reads the fields of a section of INFO. */
export async function infoOf(place: RedisAddr, section: string): Promise<Map<string, string>> {
  const lines = `${await sendToRedis(place, "INFO", section)}`.split("\r\n");
  return new Map(lines.map((line) => line.split(/:(.*)/).slice(0, 2) as [string, string]));
}

/** Whether a server is a replica in sync with its master. */
export async function isReplicaInSync(place: RedisAddr): Promise<boolean> {
  const info = await infoOf(place, "replication");
  return info.get("role") === "slave" && info.get("master_link_status") === "up";
}

/** Whether a server is a master with at least `replicas` replicas in sync. */
export async function isMasterOf(place: RedisAddr, replicas: number): Promise<boolean> {
  const info = await infoOf(place, "replication");
  const online = [...info].filter(([name, value]) => /^slave\d+$/.test(name) && value.includes("state=online"));
  return info.get("role") === "master" && online.length >= replicas;
}
