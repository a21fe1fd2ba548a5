/**
 * Speaking to a Redis server of the tests' own, past okq.
 *
 * @module
 */
import { connect, type Shown } from "./wire.ts";

/** Arguments of servers that replicate: a master waits neither before it sends its data nor, in the end, for replicas. */
export const REPLICATING: string[] = ["--repl-diskless-sync-delay", "0", "--shutdown-timeout", "0"];

/** A server on the loopback interface. */
export interface Place {
  /** Where it listens. */
  readonly port: number;
  /** What its clients must know. */
  readonly password?: string;
}

/**
 * Sends one command through a connection of its own.
 * @throws {Error} with the server's words if it answers an error
 */
export async function askRedis({ port, password }: Place, ...command: string[]): Promise<Shown> {
  await using wire = await connect({ hostname: "127.0.0.1", port });
  if (password) await wire.command("AUTH", password);
  const reply = await wire.command(...command);
  if (typeof reply === "string" && reply.startsWith("-")) {
    throw new Error(`Redis on port ${port} answers ${reply.slice(1)} to ${command.join(" ")}`);
  }
  return reply;
}

/** Has a server and its replicas ask for a password from now on. */
export async function protect(port: number, password: string): Promise<void> {
  await askRedis({ port }, "CONFIG", "SET", "masterauth", password, "requirepass", password);
}

/** The fields of a section of INFO. */
export async function infoOf(place: Place, section: string): Promise<Map<string, string>> {
  const lines = `${await askRedis(place, "INFO", section)}`.split("\r\n");
  return new Map(lines.map((line) => line.split(/:(.*)/).slice(0, 2) as [string, string]));
}

/** Whether a server is a replica that is connected to its master and has what that one has. */
export async function isReplicaInSync(place: Place): Promise<boolean> {
  const info = await infoOf(place, "replication");
  return info.get("role") === "slave" && info.get("master_link_status") === "up";
}

/** Whether a server is a master with at least so many replicas that are connected and in sync. */
export async function isMasterOf(place: Place, replicas: number): Promise<boolean> {
  const info = await infoOf(place, "replication");
  const online = [...info].filter(([name, value]) => /^slave\d+$/.test(name) && value.includes("state=online"));
  return info.get("role") === "master" && online.length >= replicas;
}
