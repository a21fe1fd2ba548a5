/**
 * The stores that are soaked, each of its own, and what they take of the machine.
 *
 * @module
 */
import { withFolder } from "../tests/support/programs.ts";
import { askRedis, infoOf } from "../tests/support/redis_command.ts";
import { startRedis } from "../tests/support/redis_server.ts";

const MIB = 2 ** 20;

/** A store. */
export interface SoakStore {
  /** As in `STORE_CURVES`. */
  name: string;
  /** What `--store` is given. */
  url: string;
  /** The values of its curves now. */
  look(): Promise<number[]>;
}

/** Makes a store, runs `use` with it, and takes it away. */
type Make = (use: (store: SoakStore) => Promise<void>) => Promise<void>;

/** The stores by name. */
export const STORES: Record<string, Make> = {
  sqlite: (use) =>
    withFolder((folder) =>
      use({
        name: "sqlite",
        url: `sqlite:${folder}/okq.db`,
        look() {
          const sizes = [...Deno.readDirSync(folder)].map(({ name }) => Deno.statSync(`${folder}/${name}`).size);
          return Promise.resolve([sizes.reduce((sum, size) => sum + size, 0) / MIB]);
        },
      })
    ),
  async redis(use) {
    await using redis = await startRedis();
    await use({
      name: "redis",
      url: redis.url,
      async look() {
        const memory = Number((await infoOf(redis, "memory")).get("used_memory"));
        return [memory / MIB, Number(await askRedis(redis, "DBSIZE"))];
      },
    });
  },
};
