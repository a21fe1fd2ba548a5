/** Policies, pauses, lists and moves of the Redis store, where a test needs the data in Redis or several instances. */
import { partitionOf } from "../../../../store/partition.ts";
import { queueKeys } from "../../../../store/redis/keys.ts";
import { openRedisStore } from "../../../../store/redis/redis_store.ts";
import { MAX_STEP_EVENTS } from "../../../../store/limits.ts";
import type { Store } from "../../../../store/store.ts";
import { assert } from "../../../deps.ts";
import { redisTest } from "../../../support/programs.ts";
import { startCluster } from "../../../support/redis_cluster.ts";
import { startRedis } from "../../../support/redis_server.ts";
import { connect, type Wire } from "../../../support/wire.ts";
import { bytes, claimOne, drain, fail, getEvent, push } from "../../contract/suite.ts";

const open = (url: string): Promise<Store> =>
  openRedisStore(url, { timeoutMs: 60_000, report: () => {} }, { replicas: 0, timeoutMs: 1000 });

/** Declares a test with its own Redis, `count` stores on it and a connection to it. */
function withStores(count: number, name: string, body: (stores: Store[], direct: Wire) => Promise<void>): void {
  redisTest(name, async () => {
    await using redis = await startRedis();
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    await using stack = new AsyncDisposableStack();
    const stores = await Promise.all(Array.from({ length: count }, () => open(redis.url)));
    for (const store of stores) stack.defer(() => store.close());
    await body(stores, direct);
  });
}

const JOBS = bytes("jobs");
const keys = async (direct: Wire) => (await direct.command("KEYS", "*") as string[]).sort();

withStores(
  1,
  "RedisStore leaves no key of policies and pauses that were reset",
  async ([store], direct) => {
    await store.setPolicy(JOBS, { maxAttempts: 1, deadQueue: bytes("dead {jobs}") });
    await store.pause(JOBS, 60_000);
    await store.setPolicy(JOBS, { leaseMs: 5 });
    assert.ok((await keys(direct)).length > 1);
    await store.setPolicy(JOBS, null);
    await store.resume(JOBS);
    assert.deepEqual(await keys(direct), ["okq:layout"]);
    await store.setPolicy(JOBS, { maxAttempts: 1 });
    await push(store, JOBS, "1");
    await fail(store, JOBS, "1", { reason: bytes("why") });
    await store.ack(bytes("jobs:dead"), bytes("1"));
    await store.setPolicy(JOBS, { maxAttempts: 0 });
    await store.reclaim();
    assert.deepEqual(await keys(direct), ["okq:layout"]);
  },
);

withStores(2, "RedisStore retries with the dead queue that another instance has just set", async ([here, there]) => {
  const [first, second] = [bytes("first{jobs}"), bytes("second{jobs}")];
  await push(here, JOBS, "1", "2", "3", "4", "5");
  const ends: [policy: Parameters<Store["setPolicy"]>[1], dead: Uint8Array][] = [
    [{ maxAttempts: 1, deadQueue: first }, first],
    [{ deadQueue: second }, second],
    [{ deadQueue: null }, bytes("jobs:dead")],
  ];
  for (const [i, [policy, dead]] of ends.entries()) {
    await there.setPolicy(JOBS, policy);
    await fail(here, JOBS, `${i + 1}`);
    assert.equal((await getEvent(here, dead, `${i + 1}`)).attempts, 1);
  }
  // Events cannot move to a dead queue in another partition: they are requeued.
  const elsewhere = bytes("elsewhere");
  assert.notEqual(partitionOf(elsewhere), partitionOf(JOBS));
  await there.setPolicy(JOBS, { deadQueue: elsewhere });
  await fail(here, JOBS, "4");
  assert.equal((await getEvent(here, JOBS, "4")).attempts, 1);
  await there.setPolicy(JOBS, { deadQueue: first });
  await fail(here, JOBS, "4");
  assert.equal((await getEvent(here, first, "4")).attempts, 2);
});

withStores(1, "RedisStore refuses to move events to a queue in another partition", async ([store]) => {
  await push(store, JOBS, "1");
  await assert.rejects(store.move(JOBS, bytes("elsewhere"), 1, 0), /another partition/);
  assert.equal(await store.ready(JOBS), 1);
});

/** A script that fills a queue. */
const FILL = `
local active, timers, ready, events, _, leases = unpack(KEYS)
local head = struct.pack('>I7', 1000000) .. '\\0\\1\\0'
for i = 1, 20000 do
  redis.call('LPUSH', ready, 'r' .. i)
  redis.call('HSET', events, 'r' .. i, head)
end
for i = 1, 10000 do
  redis.call('ZADD', leases, 1e15, 'p' .. i)
  redis.call('HSET', events, 'p' .. i, head)
end
redis.call('SADD', active, 'jobs')
redis.call('ZADD', timers, 1e15, 'jobs')`;

withStores(
  1,
  "RedisStore continues a list after the last listed event, wherever that is now",
  async ([store], direct) => {
    await direct.command("EVAL", FILL, "11", "okq:queues", "okq:timers", ...queueKeys(JOBS));
    // From the middle of the list, then after an event that is no longer there.
    const first = await store.list(JOBS, "ready", "0", MAX_STEP_EVENTS);
    assert.equal(first.events.length, MAX_STEP_EVENTS);
    const [, stamp] = first.cursor.split("-");
    const middle = `r10000-${stamp}-${Array.from(bytes("r10000"), (byte) => byte.toString(16)).join("")}`;
    const page = await store.list(JOBS, "ready", middle, 3);
    assert.deepEqual(page.events.map(({ id }) => new TextDecoder().decode(id)), ["r10001", "r10002", "r10003"]);
    const taken = await claimOne(store, JOBS);
    assert.equal(new TextDecoder().decode(taken.id), "r1");
    const moved = await store.list(JOBS, "ready", middle, 1);
    assert.equal(new TextDecoder().decode(moved.events[0].id), "r10001");
    await store.ack(JOBS, bytes("r10000"));
    const again = await store.list(JOBS, "ready", middle, 1);
    assert.equal(new TextDecoder().decode(again.events[0].id), "r2");
    const processing = await store.list(JOBS, "processing", "0", MAX_STEP_EVENTS);
    assert.ok(processing.events.length >= MAX_STEP_EVENTS / 2 && processing.events.length < MAX_STEP_EVENTS * 2);
    assert.notEqual(processing.cursor, "0");
  },
);

redisTest("RedisStore moves events to dead queues and back on every master of a Cluster", async () => {
  await using cluster = await startCluster();
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await open(cluster.url), (store) => store.close());
  const queues = Array.from({ length: 12 }, (_, i) => bytes(`q-${i}`));
  await Promise.all(queues.map(async (queue, i) => {
    const dead = bytes(i % 2 ? `q-${i}:dead` : `x{q-${i}}`);
    await store.setPolicy(queue, { maxAttempts: 1, deadQueue: i % 2 ? null : dead });
    await push(store, queue, "1", "2");
    await fail(store, queue, "1");
    await store.touch(queue, (await claimOne(store, queue)).id, 0);
  }));
  await store.reclaim();
  for (const [i, queue] of queues.entries()) {
    const dead = bytes(i % 2 ? `q-${i}:dead` : `x{q-${i}}`);
    assert.deepEqual(await store.move(dead, queue, 1000, 0), { moved: 2, skipped: 0 });
    assert.deepEqual(await drain(store, queue), ["1", "2"]);
  }
});
