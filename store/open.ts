/**
 * Opens the store that an address names. This is the one place that knows which stores there are.
 *
 * @module
 */
import { openRedisStore } from "./redis/redis_store.ts";
import { openSqliteStore } from "./sqlite/sqlite_store.ts";
import type { Store, StoreOptions } from "./store.ts";

/** Which store, and how it is used. */
export interface StoreSettings {
  /** `sqlite:` and a path, or the URL of a Redis. */
  store: string;
  /** How long operations wait for a store that is out of reach, in milliseconds. */
  storeTimeoutMs: number;
  /** How many replicas of Redis must have what a client is told is stored; 0 does not ask. */
  storeWaitReplicas: number;
  /** How long they may take, in milliseconds. */
  storeWaitTimeoutMs: number;
}

/**
 * Opens the store that the settings name.
 * @throws {StoreUnavailable} if it cannot be reached
 * @throws {Error} in one line, if it cannot be used, or not with these settings
 */
export async function openStore(settings: StoreSettings, more: Omit<StoreOptions, "timeoutMs">): Promise<Store> {
  const { store, storeTimeoutMs: timeoutMs, storeWaitReplicas: replicas, storeWaitTimeoutMs } = settings;
  if (replicas > 0 && storeWaitTimeoutMs >= timeoutMs) {
    throw new Error("Cannot use these settings: --store-wait-timeout must be below --store-timeout");
  }
  const options = { timeoutMs, ...more };
  if (store.startsWith("sqlite:")) return await openSqliteStore(store.slice("sqlite:".length), options);
  return await openRedisStore(store, options, { replicas, timeoutMs: storeWaitTimeoutMs });
}
