import { onExit } from "../../../tests/support/on_exit.ts";
import { startRedis } from "../../../tests/support/redis_server.ts";
import { sleep } from "../../client.ts";
import type { Scenery } from "../scenario.ts";

/** Redis is killed and comes back, sometimes later than commands wait for it. */
export const redisRestart: Scenery = {
  name: "redis-restart",
  about: "Two instances on one Redis (appendfsync always); kill -9 and restart of Redis",
  async open(stack) {
    const redis = stack.use(await startRedis({ durable: true }));
    stack.defer(onExit(() => redis.killNow()));
    return {
      instances: Array.from({ length: 2 }, () => ({ store: redis.url, args: ["--store-timeout", "2"] })),
      async fault({ random, stalls, note }) {
        const pause = random.chance(0.3) ? 0 : random.between(100, 3500);
        note(`kill -9 of Redis, and start after ${pause} ms`);
        await stalls.outage(async () => {
          await redis.kill();
          await sleep(pause);
          await redis.start();
        });
      },
    };
  },
};
