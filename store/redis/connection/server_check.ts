/**
 * Checks a Redis server when okq connects: version, permissions, role, limits, persistence and eviction.
 *
 * @module
 */
import type { Client } from "./client.ts";
import { FORBIDDEN, type ServerUse, type WriteNeeds } from "./link.ts";
import { ErrorReply } from "../deps.ts";
import type { Key } from "../keys.ts";
import { loadLibrary, missingPermissions } from "./permission_check.ts";

/** The oldest Redis that has every command okq uses; in a Cluster also those for its channels. */
const OLDEST = { PUBLISH: [6, 2], SPUBLISH: [7, 0] };

/** A Redis that okq cannot use, now or later. */
export class UnusableRedis extends Error {
  override name = "UnusableRedis";

  /**
   * @param server its name, as part of a sentence
   * @param reason part of a sentence, with what to do
   */
  constructor(server: string, readonly reason: string) {
    super(`Cannot use ${server}: ${reason}`);
  }
}

export interface ServerCheck {
  /** It accepts writes. */
  isMaster: boolean;
  /** What an OK of this server means, and warnings, in one line. */
  message: string;
  appendOnly: boolean;
  /** okq may call its library of functions. */
  hasLibrary: boolean;
  /** Its settings can lose events without any fault of its host. */
  isWarning: boolean;
}

/**
 * @param send sends a command through the connection for commands
 * @param subscriber the connection for Pub/Sub
 * @throws {UnusableRedis} if the server is too old, or lacks something
 */
export async function checkServer(
  send: (...args: Key[]) => Promise<unknown>,
  subscriber: Client,
  use: ServerUse,
): Promise<ServerCheck> {
  const text = await send("INFO").catch(unlessForbidden); // reported below
  const info = new Map(String(text).split("\r\n").map((line) => line.split(":", 2) as [string, string]));
  const version = info.get("redis_version");
  const oldest = OLDEST[use.publish];
  const [major, minor] = (version ?? "").split(".").map(Number);
  if (version !== undefined && (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))) {
    throw new UnusableRedis(use.server, `it has version ${version}, and okq needs ${oldest.join(".")} or later`);
  }
  const missing = use.needs && await missingPermissions(send, subscriber, use);
  if (missing !== undefined) throw new UnusableRedis(use.server, missing);
  for (const name of use.needs ? LIMITS : []) {
    const limit = Number(await setting(send, name) ?? Infinity);
    if (limit < use.needs!.argumentBytes) throw new UnusableRedis(use.server, tooSmall(name, limit, use.needs!));
  }
  const hasLibrary = use.needs !== undefined && await loadLibrary(send, use.needs.library);
  const append = info.get("aof_enabled") === "1";
  const fsync = append ? await setting(send, "appendfsync") : undefined;
  const snapshots = append ? undefined : await setting(send, "save");
  const eviction = info.get("maxmemory_policy") ?? "unknown";
  const limited = Number(info.get("maxmemory") ?? 0) > 0;
  const evicts = eviction !== "noeviction" && eviction !== "unknown";
  const warnings: string[] = [];
  if (!append) {
    warnings.push(
      snapshots === ""
        ? "a restart of Redis loses all events"
        : "a crash of Redis loses what came after its last snapshot",
    );
  }
  if (evicts) {
    const when = limited ? "when memory is full" : "if maxmemory is ever set";
    warnings.push(`maxmemory-policy ${eviction} destroys events ${when}; set noeviction`);
  }
  const calls = use.needs ? ` called by ${hasLibrary ? "FCALL" : "EVALSHA"}` : "";
  const message = `Redis ${version}${calls}: ${persistence(append, fsync)}` +
    warnings.map((text) => `; WARNING: ${text}`).join("");
  return {
    isMaster: info.get("role") === "master",
    message,
    appendOnly: append,
    hasLibrary,
    isWarning: warnings.length > 0,
  };
}

/** A command beyond one of these breaks the connection, together with the calls of other clients. */
const LIMITS = ["proto-max-bulk-len", "client-query-buffer-limit"];

function tooSmall(name: string, limit: number, { argumentBytes }: WriteNeeds): string {
  return `its ${name} is ${limit}, and okq sends up to ${argumentBytes} bytes at once: set ${name} to that, or lower ` +
    "--max-event-bytes";
}

function persistence(append: boolean, fsync: string | undefined): string {
  if (!append) return "OK means in the memory of Redis (no append-only file)";
  if (fsync === "always") return "OK means on disk (appendfsync always)";
  if (fsync === "everysec") return "OK means on disk within a second (appendfsync everysec)";
  return `OK means in the append-only file, on disk when the system sees fit (appendfsync ${fsync ?? "unknown"})`;
}

function unlessForbidden(error: unknown): void {
  if (!(error instanceof ErrorReply && FORBIDDEN.test(error.message))) throw error;
}

/** Undefined if CONFIG is not allowed, as at many hosting services. */
async function setting(send: (...args: Key[]) => Promise<unknown>, name: string): Promise<string | undefined> {
  const reply = await send("CONFIG", "GET", name).catch(() => undefined);
  return Array.isArray(reply) && reply.length === 2 ? String(reply[1]) : undefined;
}
