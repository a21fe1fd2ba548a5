import { openRedisStore } from "../../../store/redis/redis_store.ts";
import { assert } from "../../deps.ts";
import { redisTest } from "../../support/programs.ts";
import { infoOf, sendToRedis } from "../../support/redis_command.ts";
import { startRedis } from "../../support/redis_server.ts";
import { latin1 } from "../../support/wire.ts";
import { bytes, push } from "../contract/suite.ts";

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

redisTest(
  "findReady asks for few queues where most are empty, and a paused one has all asked no more often",
  async () => {
    await using redis = await startRedis();
    const store = await openRedisStore(
      redis.url,
      { timeoutMs: 60_000, report: () => {} },
      { replicas: 0, timeoutMs: 1000 },
    );
    await using _closing = { [Symbol.asyncDispose]: () => store.close() };
    const queues = Array.from({ length: 1000 }, (_, i) => bytes(`q${i}`));
    const commandsOf = async (expected: number) => {
      await sendToRedis(redis, "CONFIG", "RESETSTAT");
      let found = 0;
      await store.findReady(queues, () => found++);
      assert.equal(found, expected);
      return Number((await infoOf(redis, "stats")).get("total_commands_processed"));
    };
    const atFirst = await commandsOf(0);
    assert.ok(atFirst <= 5, `${atFirst} commands for 1,000 empty queues`);
    await push(store, queues[123], "1");
    await store.pause(queues[123], 0);
    await push(store, queues[900], "1");
    const afterwards = await commandsOf(1);
    assert.ok(afterwards <= 60, `${afterwards} commands for two queues with events among 1,000`);
    await Promise.all(queues.map((queue) => store.push(queue, bytes("2"), bytes(""), "left")));
    await commandsOf(999);
  },
);
