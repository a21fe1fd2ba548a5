/** `store check` on Redis: orphans of each kind, and a Cluster. */
import { emptyReport, type Inconsistency } from "../../../store/consistency.ts";
import { partitionOf } from "../../../store/partition.ts";
import { contentsKey, queueKeys, sharedKeys } from "../../../store/redis/keys.ts";
import { openRedisStore } from "../../../store/redis/redis_store.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { startCluster } from "../../support/redis_cluster.ts";
import { redisTest } from "../../support/programs.ts";
import { startRedis } from "../../support/redis_server.ts";
import { connect, type Wire } from "../../support/wire.ts";
import { type OrphanFixture, orphanTests } from "../contract/consistency.ts";
import { bytes, push } from "../contract/suite.ts";

const open = (url: string, readOnly = false): Promise<Store> =>
  openRedisStore(url, { timeoutMs: 60_000, report: () => {}, readOnly }, { replicas: 0, timeoutMs: 1000 });

/** Shares a partition with the queue that the tests use. */
const OTHER = bytes("other{tag}");
const PARTITION = partitionOf(OTHER);
const SHARED = sharedKeys();

function orphanMakers(direct: Wire): OrphanFixture["make"] {
  const act = async (...command: (string | Uint8Array)[]) => {
    const reply = await direct.command(...command);
    assert.ok(!`${reply}`.startsWith("-"), `${command[0]}: ${reply}`);
  };
  const key = (queue: Uint8Array, index: number) => queueKeys(queue)[index];
  const event = Uint8Array.of(0, 0, 0, 0, 0, 0, 1);
  return {
    missingContents: (queue) => act("RPUSH", key(queue, 0), "9"),
    unreachable: (queue) => act("HSET", key(queue, 1), "9", event),
    duplicated: (queue) => act("RPUSH", key(queue, 0), "1"),
    emptyQueues: () => act("SADD", SHARED.queues, OTHER),
    async missingQueues() {
      await act("RPUSH", key(OTHER, 0), "1");
      await act("HSET", key(OTHER, 1), "1", event);
    },
    strayTimers: () => act("ZADD", SHARED.timers, "1", OTHER),
    missingTimers: (queue) => act("ZREM", SHARED.timers, queue),
    wrongCounts: (queue) => act("HSET", key(queue, 9), "a", Uint8Array.from({ length: 24 }, (_, i) => i === 3 ? 1 : 0)),
    unknown: () => act("SET", `okq:{${PARTITION}}:what`, "is this"),
  };
}

const KINDS = Object.entries(orphanMakers(undefined!)).filter(([, make]) => make).map(([kind]) =>
  kind as Inconsistency
);

orphanTests(KINDS, (name, body) =>
  redisTest(`RedisStore: ${name}`, async () => {
    await using redis = await startRedis();
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    await body({ open: () => open(redis.url), make: orphanMakers(direct) });
  }));

redisTest("RedisStore: check reports a wrong type where large contents would be", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await open(redis.url), (store) => store.close());
  await store.push(OTHER, bytes("id"), new Uint8Array(5000), "left");
  await store.push(bytes("queue"), bytes("id"), bytes("small"), "left");
  await direct.command("SET", queueKeys(bytes("queue"))[2] as string, "no hash");
  assert.equal((await store.check()).orphans.unknown, 1);
});

redisTest("RedisStore: check finds large contents that are missing, or belong to no event", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await open(redis.url), (store) => store.close());
  const large = new Uint8Array(5000);
  for (const id of ["1", "2"]) await store.push(OTHER, bytes(id), large, "left");
  const [missing] = await direct.command("KEYS", "okq:*:contents:*") as string[];
  await direct.command("DEL", missing);
  await direct.command("SET", contentsKey(PARTITION, "nobody's"), "contents");
  await direct.command("SET", contentsKey(PARTITION, "unused"), "contents", "EX", "60");
  assert.deepEqual((await store.check()).orphans, { ...emptyReport().orphans, missingContents: 1, unreachable: 1 });
});

redisTest(
  "RedisStore: check finds timetables without a time or a record, and queues that count them wrong",
  async () => {
    await using redis = await startRedis();
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    await using stack = new AsyncDisposableStack();
    const store = stack.adopt(await open(redis.url), (store) => store.close());
    for (const name of ["1", "2", "3"]) {
      const rule = { expression: "* * * * *", zone: "UTC", group: null, meta: null };
      const times = { nextAt: Date.UTC(2100, 0), lastAt: null };
      await store.setTimetable({ queue: OTHER, name: bytes(name), contents: bytes("c"), ...rule, ...times });
    }
    const fieldOf = (name: string) => Uint8Array.of(0, OTHER.length, ...OTHER, ...bytes(name));
    assert.equal(await direct.command("HDEL", SHARED.timetables, fieldOf("1")), 1);
    assert.equal(await direct.command("ZREM", SHARED.schedule, fieldOf("2")), 1);
    const { orphans, timetables } = await store.check();
    const found = { ...emptyReport().orphans, strayTimers: 1, missingTimers: 1, wrongCounts: 1 };
    assert.deepEqual([orphans, timetables], [found, 2]);
    await direct.command("SET", SHARED.timetables, "no hash");
    assert.ok((await store.check()).orphans.unknown > 0);
  },
);

redisTest("RedisStore: check counts remembered ids whose queue has no policy to remember them", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await open(redis.url), (store) => store.close());
  await store.setPolicy(OTHER, { rememberMs: 60_000, maxLength: 9 });
  for (const id of ["1", "2"]) {
    await push(store, OTHER, id);
    await store.ack(OTHER, bytes(id));
  }
  assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
  await direct.command("HDEL", queueKeys(OTHER)[1], ""); // the record of the policy
  assert.equal((await store.check()).orphans.unknown, 2);
});

redisTest("RedisStore: check counts keys of another type, and of another partition, as strange", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await open(redis.url), (store) => store.close());
  await push(store, bytes("jobs"), "1");
  await direct.command("SET", queueKeys(OTHER)[1], "no hash");
  await direct.command("SET", SHARED.instances.replace("okq", `okq:{${PARTITION}}`), "of a Cluster");
  await direct.command("RPUSH", `okq:{${PARTITION + 1}}:ready:other{tag}`, "1");
  const { orphans, events } = await store.check();
  assert.deepEqual([orphans, events], [{ ...emptyReport().orphans, unknown: 3 }, 1]);
});

redisTest(
  "RedisStore: check counts a policy of a queue that is not active, and takes no policy for an event",
  async () => {
    await using redis = await startRedis();
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    await using stack = new AsyncDisposableStack();
    const store = stack.adopt(await open(redis.url), (store) => store.close());
    await store.setPolicy(OTHER, { maxLength: 1 });
    await store.pause(OTHER, 60_000);
    assert.deepEqual(await store.check(), { ...emptyReport(), queues: 1 });
    await direct.command("SREM", SHARED.queues, OTHER);
    const { orphans, events } = await store.check();
    assert.deepEqual([orphans, events], [{ ...emptyReport().orphans, missingQueues: 1 }, 0]);
  },
);

redisTest("RedisStore: check counts ids that a queue of 100,000 holds twice", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await open(redis.url), (store) => store.close());
  const queue = bytes("jobs");
  const ids = Array.from({ length: 100_000 }, (_, i) => bytes(`${i}`));
  await Promise.all(ids.map((id) => store.push(queue, id, id, "left")));
  const [ready, events] = queueKeys(queue);
  for (const id of ["7", "50000", "99999"]) await direct.command("RPUSH", ready, id);
  for (const id of ["a", "b"]) await direct.command("LPUSH", ready, id);
  for (const id of ["c", "d", "e", "f"]) await direct.command("HSET", events, id, "0000001");
  const { orphans } = await store.check();
  assert.deepEqual(orphans, { ...emptyReport().orphans, duplicated: 3, missingContents: 2, unreachable: 4 });
});

redisTest("RedisStore: opened read-only, it writes nothing to a Redis without okq data", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await assert.rejects(open(redis.url, true), /holds no okq data/);
  assert.deepEqual(await direct.command("KEYS", "*"), []);
  await (await open(redis.url)).close();
  await (await open(redis.url, true)).close();
  await direct.command("SET", "okq:layout", "999");
  await assert.rejects(open(redis.url, true), /okq data has layout 999/);
});

redisTest("RedisStore: check reads every master of a Cluster", async () => {
  await using cluster = await startCluster();
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await open(cluster.url), (store) => store.close());
  const queues = Array.from({ length: 30 }, (_, i) => bytes(`q-${i}`));
  for (const queue of queues) await push(store, queue, "1", "2");
  for (const queue of queues.slice(0, 10)) await store.pop(queue, 60_000);
  assert.deepEqual(await store.check(), { ...emptyReport(), queues: 30, events: 60, processing: 10 });
  // One stray key on each master.
  for (const { server, id } of await cluster.masters()) {
    const key = await findKeyOn(
      id,
      async (key) => Number(await cluster.send(server, "CLUSTER", "KEYSLOT", key)),
      cluster,
    );
    await cluster.send(server, "SET", key, "is this");
  }
  assert.equal((await store.check()).orphans.unknown, 3);
});

/** A key that okq does not know and that this master has. */
async function findKeyOn(
  id: string,
  slotOf: (key: string) => Promise<number>,
  cluster: Awaited<ReturnType<typeof startCluster>>,
): Promise<string> {
  for (let i = 0;; i++) {
    const key = `okq:what:${i}`;
    if ((await cluster.ownerOf(await slotOf(key))).id === id) return key;
  }
}
