/**
 * Stores for a long program: a Redis server, or a folder with an SQLite file.
 *
 * @module
 */
import { defaultSettings } from "../core/config/settings.ts";
import { openStore } from "../store/open.ts";
import { eventually } from "../tests/support/eventually.ts";
import { onExit } from "../tests/support/on_exit.ts";
import { runProgram } from "../tests/support/process.ts";
import { type RedisOptions, type RedisServer, startRedis } from "../tests/support/redis_server.ts";

export interface TestStore {
  /** Value of `--store`. */
  url: string;
  /** How many okq processes may use it, where several are wanted. */
  instances: number;
  redis?: RedisServer;
  folder?: string;
}

export const STORE_PERMISSIONS: readonly string[] = ["--allow-net", "--allow-read", "--allow-write"];

/** Each store ends with the stack. */
export const STORES: Record<"sqlite" | "redis", (stack: AsyncDisposableStack) => Promise<TestStore>> = {
  async sqlite(stack) {
    const folder = await makeFolder(stack);
    return { url: `sqlite:${folder}/okq.db`, instances: 1, folder };
  },
  async redis(stack) {
    const redis = await makeRedis(stack);
    return { url: redis.url, instances: 2, redis };
  },
};

export const STORE_NAMES = Object.keys(STORES) as (keyof typeof STORES)[];

/** Ends with the stack, or with this process. */
export async function makeRedis(stack: AsyncDisposableStack, options?: RedisOptions): Promise<RedisServer> {
  const redis = stack.use(await startRedis(options));
  stack.defer(onExit(() => redis.killNow()));
  return redis;
}

/** Removed with the stack, or with this process. */
export async function makeFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "okq_testing_" });
  const remove = () => Deno.removeSync(folder, { recursive: true });
  const forget = onExit(remove);
  stack.defer(() => {
    forget();
    remove();
  });
  return folder;
}

/** What `store check` finds in an empty store once flushed events are removed; undefined for nothing. No okq may run. */
export async function leftovers(url: string): Promise<string | undefined> {
  const store = await openStore({ ...defaultSettings(), store: url }, { report: () => {} });
  try {
    await eventually(async () => {
      await store.reclaim();
      return (await store.check()).flushed === 0;
    });
  } finally {
    await store.close();
  }
  const { code, stdout, stderr } = await runProgram(["store", "check", "--store", url], {
    permissions: [...STORE_PERMISSIONS],
  });
  const counts = [...stdout.matchAll(/^(\w+) +(\d+)$/gm)].map(([, , count]) => count);
  const empty = code === 0 && counts.length > 0 && counts.every((count) => count === "0");
  return empty ? undefined : `The store is not empty:\n${stdout}${stderr}`;
}
