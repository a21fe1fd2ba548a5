import { openRedisStore } from "../../../store/redis/redis_store.ts";
import { assert } from "../../deps.ts";
import { redisTest } from "../../support/programs.ts";
import { infoOf } from "../../support/redis_command.ts";
import { startRedis } from "../../support/redis_server.ts";
import { bytes, latin1 } from "../../support/wire.ts";

redisTest("active reads the names of many queues in small steps", async () => {
  await using redis = await startRedis();
  const store = await openRedisStore(
    redis.url,
    { timeoutMs: 60_000, report: () => {} },
    { replicas: 0, timeoutMs: 1000 },
  );
  const queues = Array.from({ length: 10_000 }, (_, i) => `q${i}`);
  await Promise.all(queues.map((queue) => store.push(bytes(queue), bytes("1"), bytes("x"), "left")));
  const active = await store.active();
  assert.deepEqual(active.map(latin1).sort(), queues.sort());
  const stats = await infoOf(redis, "commandstats");
  const [, calls] = /^calls=(\d+)/.exec(stats.get("cmdstat_sscan") ?? "")!;
  assert.ok(Number(calls) >= 10, `${calls} calls for 10,000 names`);
  assert.equal(stats.get("cmdstat_sunion"), undefined);
  await store.close();
});
