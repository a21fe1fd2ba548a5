/**
 * Checks a Redis server when okq connects: version, role, persistence and eviction.
 *
 * @module
 */

/** The oldest Redis that has every command of the script. */
const OLDEST = [6, 2];

/** A Redis that okq cannot use, now or later. */
export class UnusableRedis extends Error {
  override name = "UnusableRedis";
}

export interface ServerCheck {
  /** It accepts writes. */
  isMaster: boolean;
  /** What an OK of this server means, and warnings, in one line. */
  message: string;
  /** Its settings can lose events without any fault of its host. */
  isWarning: boolean;
}

/**
 * @param send sends a command; rejects if Redis refuses it
 * @throws {UnusableRedis} if the server is too old
 */
export async function checkServer(send: (...args: string[]) => Promise<unknown>): Promise<ServerCheck> {
  const info = new Map(String(await send("INFO")).split("\r\n").map((line) => line.split(":", 2) as [string, string]));
  const version = info.get("redis_version") ?? "";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new UnusableRedis(`Cannot use Redis ${version}: okq needs ${OLDEST.join(".")} or later`);
  }
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
  const message = `Redis ${version}: ${persistence(append, fsync)}` +
    warnings.map((text) => `; WARNING: ${text}`).join("");
  return { isMaster: info.get("role") === "master", message, isWarning: warnings.length > 0 };
}

function persistence(append: boolean, fsync: string | undefined): string {
  if (!append) return "OK means in the memory of Redis (no append-only file)";
  if (fsync === "always") return "OK means on disk (appendfsync always)";
  if (fsync === "everysec") return "OK means on disk within a second (appendfsync everysec)";
  return `OK means in the append-only file, on disk when the system sees fit (appendfsync ${fsync ?? "unknown"})`;
}

/** Undefined if CONFIG is not allowed, as at many hosting services. */
async function setting(send: (...args: string[]) => Promise<unknown>, name: string): Promise<string | undefined> {
  const reply = await send("CONFIG", "GET", name).catch(() => undefined);
  return Array.isArray(reply) && reply.length === 2 ? String(reply[1]) : undefined;
}
