/** Limits of queues that several stores on one Redis use together. */
import { keyOf } from "../../../../../store/bytes.ts";
import type { Policy } from "../../../../../store/policy.ts";
import { openRedisStore } from "../../../../../store/redis/redis_store.ts";
import type { Store } from "../../../../../store/store.ts";
import { assert } from "../../../../deps.ts";
import { eventually } from "../../../../support/eventually.ts";
import { redisTest } from "../../../../support/programs.ts";
import { startCluster } from "../../../../support/redis_cluster.ts";
import { startRedis } from "../../../../support/redis_server.ts";
import { connect, type Wire } from "../../../../support/wire.ts";
import { bytes, claimOne, drain, newQueue, push } from "../../../contract/suite.ts";

const JOBS = bytes("jobs");
/** Fills no bucket within a test. */
const SLOW = 0.000_1;
const RATE = 4;
/** Of the clocks of Redis and of the test. */
const ROUNDING_MS = 2;

const open = (url: string): Promise<Store> =>
  openRedisStore(url, { timeoutMs: 60_000, report: () => {} }, { replicas: 0, timeoutMs: 1000 });

/** Declares a test with its own Redis, two stores on it and a connection to it. */
function withStores(name: string, body: (here: Store, there: Store, direct: Wire) => Promise<void>): void {
  redisTest(name, async () => {
    await using redis = await startRedis();
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    await using stack = new AsyncDisposableStack();
    const [here, there] = [await open(redis.url), await open(redis.url)];
    for (const store of [here, there]) stack.defer(() => store.close());
    await body(here, there, direct);
  });
}

/** What a store tells the listeners of a queue. */
async function watched(store: Store, queue: Uint8Array = JOBS) {
  const seen = { sum: 0, stop: () => Promise.resolve() };
  seen.stop = await store.watch(queue, (events) => seen.sum += events);
  return seen;
}

/** Resolves when a store has got the notifications that were sent before. */
async function settled(from: Store, to: Store, queue: Uint8Array = newQueue()): Promise<void> {
  const marker = await watched(to, queue);
  await push(from, queue, "1");
  await eventually(() => marker.sum === 1);
  await marker.stop();
}

withStores("Two stores lease no more events together than maxProcessing", async (here, there) => {
  await here.setPolicy(JOBS, { maxProcessing: 5 });
  await push(here, JOBS, ...Array.from({ length: 60 }, (_, i) => `${i}`));
  const finished: string[] = [];
  const work = async (store: Store) => {
    while (finished.length < 60) {
      const claimed = await store.claim(JOBS, 3, 60_000);
      assert.ok((await here.status(JOBS)).processing <= 5);
      finished.push(...claimed.map(({ id }) => keyOf(id)));
      assert.equal(await store.ackAll(JOBS, claimed), claimed.length);
    }
  };
  await Promise.all([here, here, here, there, there, there].map(work));
  assert.equal(new Set(finished).size, 60);
});

withStores("Two stores deliver no more events together than the rate allows", async (here, there, direct) => {
  await push(here, JOBS, ...Array.from({ length: 40 }, (_, i) => `${i}`));
  const clock = async () => {
    const [seconds, microseconds] = await direct.command("TIME") as string[];
    return Number(seconds) + Number(microseconds) / 1e6;
  };
  const since = await clock();
  await there.setPolicy(JOBS, { rate: 100 });
  const got: string[] = [];
  const work = async (store: Store) => {
    while (got.length < 40) {
      const claimed = await store.claim(JOBS, 2, 0);
      got.push(...claimed.map(({ id }) => keyOf(id)));
      if (claimed.length > 0) assert.ok(got.length <= (await clock() - since) * 100 + 1);
    }
  };
  await Promise.all([here, there].map(work));
  assert.equal(new Set(got).size, 40);
});

withStores(
  "A store tells its listeners when the rate allows an event that another store pushed",
  async (here, there) => {
    const seen = await watched(here);
    const since = performance.now();
    await here.setPolicy(JOBS, { rate: RATE });
    await push(there, JOBS, ...Array.from({ length: 9 }, (_, i) => `${i}`));
    await eventually(() => seen.sum > 0);
    assert.ok(performance.now() - since >= 1000 / RATE - ROUNDING_MS);
    // Another store takes what the bucket has: the next call tells when there is more.
    const taken = await there.claim(JOBS, 9);
    const before = seen.sum;
    taken.push(...await here.claim(JOBS, 1)); // none, unless that took long
    await eventually(() => seen.sum > before);
    assert.equal(keyOf((await claimOne(here, JOBS)).id), `${taken.length}`);
    await seen.stop();
  },
);

withStores("A limited queue notifies no listener of any store, until the limit is lifted", async (here, there) => {
  const changes: Partial<Policy>[] = [{ maxProcessing: 1 }, { rate: SLOW }];
  for (const change of changes) {
    await push(here, JOBS, "leased");
    await claimOne(here, JOBS);
    await here.setPolicy(JOBS, change);
    const watches = [await watched(here), await watched(there)];
    await push(there, JOBS, "1", "2", "3");
    await here.touch(JOBS, bytes("leased"), 60_000);
    await there.pause(JOBS, 0);
    await there.resume(JOBS);
    assert.deepEqual(await here.claim(JOBS, 10), []);
    for (const store of [here, there]) await settled(store === here ? there : here, store);
    assert.deepEqual(watches.map(({ sum }) => sum), [0, 0]);
    await there.setPolicy(JOBS, null);
    await eventually(() => watches.every(({ sum }) => sum === 3));
    for (const { stop } of watches) await stop();
    await here.flush(JOBS);
  }
});

withStores("Every store tells its listeners of an end of a lease that makes room", async (here, there) => {
  await here.setPolicy(JOBS, { maxProcessing: 2 });
  await push(here, JOBS, "1", "2", "3", "4");
  await here.claim(JOBS, 2, 60_000);
  const watches = [await watched(here), await watched(there)];
  await there.ack(JOBS, bytes("1"));
  await eventually(() => watches.every(({ sum }) => sum === 1));
  // An event that is delivered in the call that makes room leaves none.
  await Promise.all([there.ack(JOBS, bytes("2")), there.claim(JOBS, 2, 60_000)]);
  for (const store of [here, there]) await settled(store === here ? there : here, store);
  assert.deepEqual(watches.map(({ sum }) => sum), [1, 1]);
  for (const { stop } of watches) await stop();
});

withStores(
  "With both limits, every store is told when the rate allows what a lease made room for",
  async (here, there) => {
    await push(here, JOBS, "1", "2");
    await here.pop(JOBS, 60_000);
    await here.setPolicy(JOBS, { maxProcessing: 1, rate: 20 });
    await eventually(async () => (await there.status(JOBS)).limited);
    const seen = await watched(there);
    await Promise.all([here.setPolicy(JOBS, { rate: 20 }), here.ack(JOBS, bytes("1"))]);
    await eventually(() => seen.sum === 1);
    assert.equal((await claimOne(there, JOBS)).attempt, 1);
    await seen.stop();
  },
);

withStores("No key is left of limits that were reset", async (here, _, direct) => {
  await push(here, JOBS, "1", "2");
  await here.setPolicy(JOBS, { rate: 1000, maxProcessing: 1 });
  await eventually(async () => await here.pop(JOBS, 0) !== null);
  assert.equal((await here.policy(JOBS)).rate, 1000);
  await here.setPolicy(JOBS, { rate: 0, maxProcessing: 0 });
  assert.deepEqual(await drain(here, JOBS), ["2"]);
  assert.deepEqual(await direct.command("KEYS", "*"), ["okq:layout"]);
});

redisTest("Limits hold, and their ends are told, on every master of a Cluster", async () => {
  await using cluster = await startCluster();
  await using stack = new AsyncDisposableStack();
  const [here, there] = [await open(cluster.url), await open(cluster.url)];
  for (const store of [here, there]) stack.defer(() => store.close());
  await Promise.all(Array.from({ length: 12 }, async (_, i) => {
    const queue = bytes(`q-${i}`);
    const seen = await watched(there, queue);
    await here.setPolicy(queue, { maxProcessing: 1, rate: 50 });
    await push(here, queue, "1", "2");
    await eventually(() => seen.sum > 0);
    assert.equal((await there.claim(queue, 2, 60_000)).length, 1);
    assert.deepEqual(await here.claim(queue, 2, 60_000), []);
    assert.equal((await here.status(queue)).limited, true);
    await settled(here, there, bytes(`marker {q-${i}}`)); // what was told before
    const before = seen.sum;
    await here.ack(queue, bytes("1"));
    await eventually(() => seen.sum > before);
    assert.equal((await there.claim(queue, 2, 60_000)).length, 1);
    await seen.stop();
  }));
});
