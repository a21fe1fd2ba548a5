import { delay } from "../../../core/util/async.ts";
import { sendToRedis } from "../../../tests/support/redis_command.ts";
import { makeRedis } from "../../stores.ts";
import type { Scenario } from "../scenario.ts";

/** Redis loses the library of functions and all scripts, so that calls on their way are refused. */
export const redisFlush: Scenario = {
  name: "redis-flush",
  about: "Two instances on one Redis (appendfsync always); FUNCTION FLUSH and SCRIPT FLUSH",
  async open(stack) {
    const redis = await makeRedis(stack, { durable: true });
    // Redis 6.2 has no functions.
    const hasFunctions = await sendToRedis(redis, "FUNCTION", "FLUSH").then(() => true, () => false);
    const kinds = hasFunctions ? ["FUNCTION", "SCRIPT"] : ["SCRIPT"];
    return {
      instances: Array.from({ length: 2 }, () => ({ store: redis.url })),
      async fault({ random, note }) {
        const times = random.between(1, 100);
        note(`flush of ${kinds.join(" or ")}, ${times} times`);
        for (let i = 0; i < times; i++) {
          await sendToRedis(redis, random.pick(kinds), "FLUSH", random.pick(["ASYNC", "SYNC"]));
          await delay(random.between(0, 30));
        }
      },
    };
  },
};
