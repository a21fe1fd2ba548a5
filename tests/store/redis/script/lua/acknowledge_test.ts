/** Ids of acknowledged events, where a test needs the data in Redis or several instances. */
import { openRedisStore } from "../../../../../store/redis/redis_store.ts";
import type { Store } from "../../../../../store/store.ts";
import { assert } from "../../../../deps.ts";
import { eventually } from "../../../../support/eventually.ts";
import { redisTest } from "../../../../support/programs.ts";
import { startCluster } from "../../../../support/redis_cluster.ts";
import { startRedis } from "../../../../support/redis_server.ts";
import { connect } from "../../../../support/wire.ts";
import { bytes, claimOne, drainMany, push } from "../../../contract/suite.ts";

const JOBS = bytes("jobs");

const open = (url: string): Promise<Store> =>
  openRedisStore(url, { timeoutMs: 60_000, report: () => {} }, { replicas: 0, timeoutMs: 1000 });

const pushAgain = (store: Store, id: string) => store.push(JOBS, bytes(id), bytes(""), "left");

redisTest("The reclaimer forgets any number of acknowledged ids, and leaves no key of them", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  const keys = async () => (await direct.command("KEYS", "*") as string[]).sort();
  const remembered = () => direct.command("ZCARD", "okq:{159}:done:jobs");
  const store = await open(redis.url);
  await using _closing = { [Symbol.asyncDispose]: () => store.close() };
  await store.setPolicy(JOBS, { rememberMs: 60_000 });
  await push(store, JOBS, "later");
  await drainMany(store, JOBS);
  await store.setPolicy(JOBS, { rememberMs: 300 });
  const events = (from: number) =>
    Array.from({ length: 1000 }, (_, i) => ({ id: bytes(`${from + i}`), contents: bytes("") }));
  for (let from = 0; from < 6000; from += 1000) assert.equal(await store.pushAll(JOBS, events(from), "left"), null);
  await drainMany(store, JOBS);
  assert.equal(await remembered(), 6001);
  await eventually(async () => {
    await store.reclaim();
    assert.equal(await remembered(), 1);
  });
  assert.deepEqual(await direct.command("ZRANGE", "okq:timers", "0", "-1"), ["jobs"]);
  assert.deepEqual(Object.values((await store.check()).orphans).filter((count) => count > 0), []);
  assert.equal(await pushAgain(store, "later"), false);
  await store.setPolicy(JOBS, { rememberMs: 0 });
  assert.deepEqual(await keys(), ["okq:layout"]);
  await store.setPolicy(JOBS, { rememberMs: 60_000 });
  await push(store, JOBS, "1");
  await drainMany(store, JOBS);
  await store.flush(JOBS);
  await store.setPolicy(JOBS, null);
  assert.deepEqual(await keys(), ["okq:layout"]);
});

redisTest("An id that one instance acknowledged is a duplicate for another, on every master of a Cluster", async () => {
  await using cluster = await startCluster();
  await using stack = new AsyncDisposableStack();
  const stores = [await open(cluster.url), await open(cluster.url)];
  for (const store of stores) stack.defer(() => store.close());
  const [here, there] = stores;
  const queues = Array.from({ length: 12 }, (_, i) => bytes(`q-${i}`));
  await Promise.all(queues.map(async (queue) => {
    await there.setPolicy(queue, { rememberMs: 60_000 });
    await push(here, queue, "1");
    const { id, receipt } = await claimOne(here, queue);
    assert.equal(await here.ackAll(queue, [{ id, receipt }]), 1);
    assert.equal(await there.push(queue, id, bytes(""), "left"), false);
    const both = [bytes("2"), id].map((id) => ({ id, contents: new Uint8Array(5000) }));
    assert.deepEqual(await there.pushAll(queue, both, "left"), id);
    assert.equal((await there.get(queue, id))?.state, "done");
    assert.equal((await there.status(queue)).total, 0);
  }));
});
