/**
 * Opens the store that the settings name. Only this file and `migrate/` know the stores. The modules of a store in Redis
 * are loaded only for one: with its client they take longer to load than all others of okq.
 *
 * @module
 */
import type { RecordReader, RecordWriter } from "./records.ts";
import { backupSqliteStore } from "./sqlite/backup.ts";
import { openSqliteReader } from "./sqlite/records/read.ts";
import { openSqliteWriter } from "./sqlite/records/write.ts";
import { openSqliteStore } from "./sqlite/sqlite_store.ts";
import type { Store, StoreOptions } from "./store.ts";

export interface StoreSettings {
  /** `sqlite:` and a path, or the URL of a Redis. */
  store: string;
  /** How long operations wait for a store that cannot be reached. */
  storeTimeoutMs: number;
  /** Redis replicas that must have a change before it is confirmed. */
  storeWaitReplicas: number;
  storeWaitTimeoutMs: number;
  /** Limit of contents that one claim delivers. */
  maxClaimBytes: number;
  /** Limit of an event's contents. */
  maxEventBytes: number;
}

/**
 * @throws {StoreUnavailable} if it cannot be reached
 * @throws {Error} one line: it cannot be used, or not with these settings
 */
export async function openStore(
  settings: StoreSettings,
  options: Omit<StoreOptions, "timeoutMs" | "maxClaimBytes" | "maxEventBytes">,
): Promise<Store> {
  const { store, storeTimeoutMs: timeoutMs, storeWaitReplicas: replicas, storeWaitTimeoutMs } = settings;
  const { maxClaimBytes, maxEventBytes } = settings;
  if (replicas > 0 && storeWaitTimeoutMs >= timeoutMs) {
    throw new Error("Cannot use these settings: --store-wait-timeout must be below --store-timeout");
  }
  const storeOptions = { timeoutMs, maxClaimBytes, maxEventBytes, ...options };
  const path = sqlitePath(store);
  if (path !== undefined) return await openSqliteStore(path, storeOptions);
  const { openRedisStore } = await import("./redis/redis_store.ts");
  return await openRedisStore(store, storeOptions, { replicas, timeoutMs: storeWaitTimeoutMs });
}

/** What opening a store for records needs. */
type RecordSettings = Pick<StoreSettings, "store" | "storeTimeoutMs" | "maxEventBytes">;

/**
 * Opens a store that nobody uses, to read what it holds.
 * @throws {StoreUnavailable} if it cannot be reached
 * @throws {Error} one line: there is no store, or it cannot be used
 */
export async function openRecordReader({ store, storeTimeoutMs: timeoutMs }: RecordSettings): Promise<RecordReader> {
  const path = sqlitePath(store);
  if (path !== undefined) return openSqliteReader(path);
  const { openRedisReader } = await import("./redis/records/read.ts");
  return await openRedisReader(store, timeoutMs);
}

/**
 * Opens a store to fill it.
 * @throws {StoreUnavailable} if it cannot be reached
 * @throws {Error} one line: it cannot be used
 */
export async function openRecordWriter(
  { store, storeTimeoutMs: timeoutMs, maxEventBytes }: RecordSettings,
  options: Pick<StoreOptions, "report">,
): Promise<RecordWriter> {
  const path = sqlitePath(store);
  if (path === undefined) {
    const { openRedisWriter } = await import("./redis/records/write.ts");
    return await openRedisWriter(store, { timeoutMs, maxEventBytes, ...options });
  }
  if (path === ":memory:") throw new Error("Cannot use this --store: what is in memory is gone when this command ends");
  return openSqliteWriter(path);
}

/** Undefined for a Redis. */
function sqlitePath(store: string): string | undefined {
  if (!store.startsWith("sqlite:")) return undefined;
  const path = store.slice("sqlite:".length);
  if (/\?[^/\\]*$/.test(path)) throw new Error("Cannot use this --store: sqlite: takes a file without parameters");
  return path;
}

/**
 * Copies an SQLite store, also one in use, to a new file. Returns its size in bytes.
 * @throws {Error} one line: it cannot be copied
 */
export async function backupStore(url: string, target: string): Promise<number> {
  const path = /^sqlite:(?!:memory:)(.+)$/.exec(url)?.[1];
  if (path === undefined) {
    throw new Error("Cannot back up this store: it must be sqlite:file; redis-cli --rdb backs up a Redis");
  }
  return await backupSqliteStore(path, target);
}
