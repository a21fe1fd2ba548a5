import { delay } from "../../../core/util/async.ts";
import { makeRedis } from "../../stores.ts";
import type { Scenario } from "../scenario.ts";

/** Redis is killed and started again, sometimes after the store timeout. */
export const redisRestart: Scenario = {
  name: "redis-restart",
  about: "Two instances on one Redis (appendfsync always); kill -9 and restart of Redis",
  async open(stack) {
    const redis = await makeRedis(stack, { durable: true });
    return {
      instances: Array.from({ length: 2 }, () => ({ store: redis.url, args: ["--store-timeout", "2"] })),
      async fault({ random, stalls, note }) {
        const pause = random.chance(0.3) ? 0 : random.between(100, 3500);
        note(`kill -9 of Redis, started again after ${pause} ms`);
        await stalls.outage(async () => {
          await redis.kill();
          await delay(pause);
          await redis.start();
        });
      },
    };
  },
};
