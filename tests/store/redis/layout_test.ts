import { openRedisStore } from "../../../store/redis/redis_store.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { startCluster } from "../../support/redis_cluster.ts";
import { redisTest } from "../../support/programs.ts";
import { sendToRedis } from "../../support/redis_command.ts";
import { startRedis } from "../../support/redis_server.ts";
import { serveForTest } from "../../support/stores.ts";
import { connect } from "../../support/wire.ts";

redisTest("The version of the layout is written again after FLUSHALL", async () => {
  await using redis = await startRedis();
  await using _server = await serveForTest(redis.url);
  const version = await sendToRedis(redis, "GET", "okq:layout");
  await sendToRedis(redis, "FLUSHALL");
  await eventually(async () => assert.equal(await sendToRedis(redis, "GET", "okq:layout"), version));
  const options = { timeoutMs: 60_000, report: () => {}, readOnly: true };
  const checked = await openRedisStore(redis.url, options, { replicas: 0, timeoutMs: 1000 });
  assert.equal((await checked.check()).events, 0);
  await checked.close();
});

redisTest("okq starts on a Redis that is full, and events can be taken from it", async () => {
  await using redis = await startRedis();
  const before = await serveForTest(redis.url);
  {
    await using client = await connect(before.addr);
    await client.command("QLPUSH", "q", "id", "contents");
  }
  await before.close();
  await sendToRedis(redis, "CONFIG", "SET", "maxmemory", "1");
  await using server = await serveForTest(redis.url);
  await using client = await connect(server.addr);
  assert.match(`${await client.command("QLPUSH", "q", "other", "contents")}`, /^-UNAVAILABLE Nothing was done: .*OOM/);
  assert.deepEqual(await client.command("QRPOP", "q", "NOACK"), ["id", "contents"]);
});

redisTest("Data of a Cluster is refused on a single Redis, and the other way round", async () => {
  const options = { timeoutMs: 60_000, report: () => {} };
  const open = (url: string, readOnly = false) =>
    openRedisStore(url, { ...options, readOnly }, { replicas: 0, timeoutMs: 1000 });
  const swapped = async (redis: { port: number }, url: string, mark: string, message: RegExp) => {
    await (await open(url)).close();
    const own = await sendToRedis(redis, "GET", "okq:layout");
    await sendToRedis(redis, "SET", "okq:layout", mark);
    for (const readOnly of [false, true]) await assert.rejects(open(url, readOnly), message);
    return own;
  };
  await using redis = await startRedis();
  await using cluster = await startCluster();
  const slot = Number(await cluster.send(cluster.servers[0], "CLUSTER", "KEYSLOT", "okq:layout"));
  const { server } = await cluster.ownerOf(slot);
  const ofCluster = /written for a Cluster, and --store names a single Redis; .* drain its queues, then delete/;
  const ofSingle = /written for a single Redis, and --store names a Cluster; .* drain its queues, then delete/;
  assert.equal(await swapped(redis, redis.url, "8 cluster", ofCluster), "8");
  assert.equal(await swapped(server, cluster.url, "8", ofSingle), "8 cluster");
});
