/** Registrations of okq instances in Redis: signs of life, what a dead instance leaves, what Redis loses. */
import { queueKeys } from "../../../store/redis/keys.ts";
import { openRedisStore } from "../../../store/redis/redis_store.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { redisTest } from "../../support/programs.ts";
import { startCluster } from "../../support/redis_cluster.ts";
import { infoOf, sendToRedis } from "../../support/redis_command.ts";
import { startRedis } from "../../support/redis_server.ts";
import { connect, latin1, type Wire } from "../../support/wire.ts";
import { bytes, countsOf, push } from "../contract/suite.ts";

const JOBS = bytes("jobs");
const OTHER = bytes("other");
const NEW = bytes("new");
/** A time that is past, in microseconds. */
const PAST = 1000;

function withStores(
  name: string,
  body: (stores: [Store, Store], direct: Wire, port: number) => Promise<void>,
): void {
  redisTest(name, async () => {
    await using redis = await startRedis();
    await using closing = new AsyncDisposableStack();
    const open = async () =>
      closing.adopt(
        await openRedisStore(
          redis.url,
          { timeoutMs: 60_000, report: () => {} },
          { replicas: 0, timeoutMs: 1000 },
        ),
        (store) => store.close(),
      );
    const stores: [Store, Store] = [await open(), await open()];
    const direct = closing.use(await connect({ hostname: "127.0.0.1", port: redis.port }));
    await body(stores, direct, redis.port);
  });
}

const consumersKey = (queue: Uint8Array) => queueKeys(queue).find((key) => `${key}`.includes(":consumers:"))!;

/** The only instance. */
async function instanceIn(direct: Wire): Promise<string> {
  const instances = await direct.command("ZRANGE", "okq:instances", "0", "-1") as string[];
  assert.equal(instances.length, 1);
  return instances[0];
}

/** Lets an instance have given its last sign of life long ago. */
async function letDie(direct: Wire, instance: string): Promise<void> {
  assert.equal(await direct.command("ZADD", "okq:instances", "XX", "CH", `${PAST}`, instance), 1);
}

withStores("The consumers of several instances are added up, and go away with the instance", async ([one, two]) => {
  await one.register(JOBS, 2);
  await two.register(JOBS, 3);
  assert.equal(await countsOf(one, JOBS), "0/0/5");
  await two.register(JOBS, 1);
  assert.equal(await countsOf(one, JOBS), "0/0/3");
  await one.register(JOBS, 0);
  assert.equal(await countsOf(one, JOBS), "0/0/1");
});

withStores(
  "One call shows that an instance is alive, however many queues it has registered",
  async ([store], _, port) => {
    const queues = Array.from({ length: 1000 }, (_, i) => bytes(`q${i}`));
    await Promise.all(queues.map((queue) => store.register(queue, 1)));
    await sendToRedis({ port }, "CONFIG", "RESETSTAT");
    for (let i = 0; i < 10; i++) await store.renew();
    const commands = Number((await infoOf({ port }, "stats")).get("total_commands_processed"));
    assert.ok(commands <= 100, `${commands} commands`);
    assert.equal(await countsOf(store, queues[999]), "0/0/1");
  },
);

withStores(
  "An instance without registrations leaves nothing in Redis, and shows no sign of life",
  async ([store], direct) => {
    await store.renew();
    await store.register(JOBS, 1);
    await store.register(OTHER, 1);
    await store.register(JOBS, 0);
    await instanceIn(direct);
    // The next registration does not wait for the removal of the last one.
    await Promise.all([store.register(OTHER, 0), store.register(JOBS, 2), store.renew()]);
    assert.equal(await countsOf(store, JOBS), "0/0/2");
    await store.renew();
    assert.equal(await countsOf(store, JOBS), "0/0/2");
    await store.register(JOBS, 0);
    await store.renew();
    assert.deepEqual(await direct.command("KEYS", "*"), ["okq:layout"]);
  },
);

withStores(
  "The consumers of a dead instance do not count, and their queues become inactive once they are removed",
  async ([dead, store], direct) => {
    await push(store, OTHER, "1");
    await dead.register(JOBS, 3);
    await dead.register(OTHER, 1);
    await letDie(direct, await instanceIn(direct));
    await store.register(OTHER, 2);
    assert.equal(await countsOf(store, JOBS), "0/0/0");
    assert.equal(await countsOf(store, OTHER), "1/0/2");
    assert.equal((await store.active()).length, 2);
    await store.forgetDead();
    assert.deepEqual((await store.active()).map(latin1), ["other"]);
    await store.register(OTHER, 0);
    await store.pop(OTHER, 0);
    assert.deepEqual(await direct.command("KEYS", "*"), ["okq:layout"]);
  },
);

withStores(
  "An instance of which Redis has an earlier sign of life registers anew, and counts once",
  async ([store, other], direct) => {
    await store.register(JOBS, 1);
    await store.register(OTHER, 1);
    const instance = await instanceIn(direct);
    await letDie(direct, instance);
    await store.renew();
    assert.equal(await countsOf(other, JOBS), "0/0/1");
    assert.equal(await countsOf(other, OTHER), "0/0/1");
    await other.forgetDead();
    assert.equal(await countsOf(other, OTHER), "0/0/1");
    assert.notEqual(await instanceIn(direct), instance);
  },
);

withStores(
  "One instance removes what a dead one has left, and another takes over after a minute",
  async ([dead, store], direct) => {
    await dead.register(JOBS, 1);
    const instance = await instanceIn(direct);
    const [seconds] = await direct.command("TIME") as string[];
    // Another has begun and died: a second ago, then more than a minute ago.
    await direct.command("ZADD", "okq:instances", `${-1_000_000 * (Number(seconds) - 1)}`, instance);
    await store.forgetDead();
    assert.equal((await store.active()).length, 1);
    assert.equal(await instanceIn(direct), instance);
    await direct.command("ZADD", "okq:instances", `${-1_000_000 * (Number(seconds) - 61)}`, instance);
    await store.forgetDead();
    assert.deepEqual(await direct.command("KEYS", "*"), ["okq:layout"]);
  },
);

withStores("An instance that was taken for dead registers all its queues again", async ([store, other], direct) => {
  const queues = Array.from({ length: 300 }, (_, i) => bytes(`q${i}`));
  await Promise.all(queues.map((queue, i) => store.register(queue, 1 + i)));
  await letDie(direct, await instanceIn(direct));
  await other.forgetDead();
  assert.deepEqual(await direct.command("KEYS", "*"), ["okq:layout"]);
  await store.renew();
  for (const [i, queue] of queues.entries()) assert.equal(await countsOf(other, queue), `0/0/${1 + i}`);
  await Promise.all(queues.map((queue) => store.register(queue, 0)));
  assert.deepEqual(await direct.command("KEYS", "*"), ["okq:layout"]);
});

withStores("Registrations that FLUSHALL has removed come back with the next sign of life", async ([store], direct) => {
  await store.register(JOBS, 1);
  await store.register(OTHER, 2);
  await direct.command("FLUSHALL");
  await store.renew();
  assert.deepEqual([await countsOf(store, JOBS), await countsOf(store, OTHER)], ["0/0/1", "0/0/2"]);
  await direct.command("FLUSHALL");
  await Promise.all([store.register(JOBS, 3), store.register(NEW, 1)]);
  assert.deepEqual([await countsOf(store, JOBS), await countsOf(store, OTHER)], ["0/0/3", "0/0/2"]);
  assert.equal(await countsOf(store, NEW), "0/0/1");
  await store.renew();
  await instanceIn(direct);
});

withStores(
  "Registrations that a failover has lost come back with the next sign of life",
  async ([store, other], direct) => {
    await store.register(JOBS, 1);
    await store.register(OTHER, 1);
    const instance = await instanceIn(direct);
    const aliveUntil = await direct.command("ZSCORE", "okq:instances", instance) as string;
    await store.register(JOBS, 2);
    await store.register(OTHER, 0);
    await store.register(NEW, 1);
    // As a replica has it that took over before these three changes arrived.
    await direct.command("ZADD", "okq:instances", aliveUntil, instance);
    for (const queue of [JOBS, OTHER]) await direct.command("HSET", consumersKey(queue), instance, "1");
    await direct.command("DEL", consumersKey(NEW));
    await direct.command("SADD", "okq:queues", OTHER);
    await direct.command("SREM", "okq:queues", NEW);
    await store.renew();
    assert.deepEqual(await Promise.all([JOBS, OTHER, NEW].map((queue) => countsOf(other, queue))), [
      "0/0/2",
      "0/0/0",
      "0/0/1",
    ]);
    await other.forgetDead();
    assert.deepEqual((await other.active()).map(latin1).sort(), ["jobs", "new"]);
  },
);

redisTest("In a Cluster an instance shows in each partition that it uses that it is alive", async () => {
  await using cluster = await startCluster();
  const open = () =>
    openRedisStore(cluster.url, { timeoutMs: 60_000, report: () => {} }, { replicas: 0, timeoutMs: 1000 });
  await using closing = new AsyncDisposableStack();
  const [store, other] = [await open(), await open()].map((store) => closing.adopt(store, (store) => store.close()));
  const queues = Array.from({ length: 300 }, (_, i) => bytes(`q${i}`));
  await Promise.all(queues.map((queue) => store.register(queue, 1)));
  await store.renew();
  for (const { port } of cluster.servers) await sendToRedis({ port }, "FLUSHALL");
  await store.renew();
  for (const queue of queues) assert.equal(await countsOf(other, queue), "0/0/1");
  await other.forgetDead();
  assert.equal((await other.active()).length, 300);
  await Promise.all(queues.map((queue) => store.register(queue, 0)));
  assert.deepEqual(await other.active(), []);
});
