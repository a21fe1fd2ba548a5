/**
 * The stores on which okq is fuzzed, each of its own.
 *
 * @module
 */
import { withFolder } from "../../tests/support/programs.ts";
import { startRedis } from "../../tests/support/redis_server.ts";

/** Makes a store, and calls `use` with its URL and how many okq processes are to share it. */
type Make = (use: (store: string, instances: number) => Promise<void>) => Promise<void>;

/** The stores by name. */
export const STORES: Record<string, Make> = {
  sqlite: (use) => withFolder((folder) => use(`sqlite:${folder}/okq.db`, 1)),
  async redis(use) {
    await using redis = await startRedis();
    await use(redis.url, 2);
  },
};
