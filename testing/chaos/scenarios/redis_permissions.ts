import { delay } from "../../../core/util/async.ts";
import { sendToRedis } from "../../../tests/support/redis_command.ts";
import { makeRedis } from "../../stores.ts";
import type { Scenario } from "../scenario.ts";

const USER = "okq";
const PASSWORD = "secret";
/** As ACL SETUSER takes them. */
const ALL = ["+@all", "allkeys", "allchannels"];
/** What the script needs, and what okq needs to call it and to wait. */
const LOSSES = [
  ...["-zadd", "-zrem", "-lpush", "-rpush", "-rpop", "-hset", "-hdel", "-hmget", "-sadd", "-publish", "resetchannels"],
  ...["-@scripting", "-evalsha", "-eval", "-subscribe", "-time", "-get", "-@write", "resetkeys"],
];

/** The Redis user of okq loses some of its permissions, and gets them back. */
export const redisPermissions: Scenario = {
  name: "redis-permissions",
  about: "Two instances on one Redis (appendfsync always); permissions of their user are taken away and given back",
  stopsCalls: true,
  async open(stack) {
    const redis = await makeRedis(stack, { durable: true });
    await sendToRedis(redis, "ACL", "SETUSER", USER, "on", `>${PASSWORD}`, ...ALL);
    const store = `redis://${USER}:${PASSWORD}@127.0.0.1:${redis.port}`;
    return {
      instances: Array.from({ length: 2 }, () => ({ store, args: ["--store-timeout", "3"] })),
      async fault({ random, stalls, note }) {
        const losses = Array.from({ length: random.between(1, 3) }, () => random.pick(LOSSES));
        note(`the user loses ${losses.join(" ")}`);
        await stalls.outage(async () => {
          await sendToRedis(redis, "ACL", "SETUSER", USER, ...losses);
          await delay(random.between(100, 2000));
          await sendToRedis(redis, "ACL", "SETUSER", USER, ...ALL);
        });
      },
    };
  },
};
