/**
 * Opens the store that the settings name. Only this file and `migrate/` know the stores.
 *
 * @module
 */
import { openRedisStore } from "./redis/redis_store.ts";
import { backupSqliteStore } from "./sqlite/backup.ts";
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
  if (store.startsWith("sqlite:")) {
    const path = store.slice("sqlite:".length);
    if (/\?[^/\\]*$/.test(path)) throw new Error("Cannot use this --store: sqlite: takes a file without parameters");
    return await openSqliteStore(path, storeOptions);
  }
  return await openRedisStore(store, storeOptions, { replicas, timeoutMs: storeWaitTimeoutMs });
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
