/**
 * Which store the settings name.
 *
 * @module
 */
import { openRedisStore } from "../store/redis/redis_store.ts";
import { openSqliteStore } from "../store/sqlite/sqlite_store.ts";
import type { Store, StoreOptions } from "../store/store.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./options.ts";

/** What the settings say of every store. */
export function storeOptions({ storeTimeoutMs: timeoutMs }: Settings, log: Log): StoreOptions {
  return { timeoutMs, report: (level, message) => log[level](message) };
}

/**
 * Opens the store that the settings name.
 * @param more `readOnly` opens one that is there, to look at
 * @throws {StoreUnavailable} if it cannot be reached
 * @throws {Error} in one line, if it cannot be used, or not with these settings
 */
export async function openStore(settings: Settings, log: Log, more: Partial<StoreOptions> = {}): Promise<Store> {
  const { store, storeTimeoutMs: timeoutMs, storeWaitReplicas: replicas, storeWaitTimeoutMs } = settings;
  if (replicas > 0 && storeWaitTimeoutMs >= timeoutMs) {
    throw new Error("Cannot use these settings: --store-wait-timeout must be below --store-timeout");
  }
  const options = { ...storeOptions(settings, log), ...more };
  if (store.startsWith("sqlite:")) return await openSqliteStore(store.slice("sqlite:".length), options);
  return await openRedisStore(store, options, { replicas, timeoutMs: storeWaitTimeoutMs });
}
