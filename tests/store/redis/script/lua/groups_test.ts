/** Groups, where a test needs the data in Redis. */
import { keyOf } from "../../../../../store/bytes.ts";
import { emptyReport } from "../../../../../store/consistency.ts";
import { openRedisStore } from "../../../../../store/redis/redis_store.ts";
import { deadQueueOf } from "../../../../../store/policy.ts";
import { type Store, StoreUnavailable } from "../../../../../store/store.ts";
import { assert } from "../../../../deps.ts";
import { eventually } from "../../../../support/eventually.ts";
import { redisTest } from "../../../../support/programs.ts";
import { startCluster } from "../../../../support/redis_cluster.ts";
import { startRedis } from "../../../../support/redis_server.ts";
import { connect, type Wire } from "../../../../support/wire.ts";
import {
  assertStates,
  bytes,
  claimOne,
  consume,
  drainMany,
  newQueue,
  pushGroup,
  pushWith,
  reclaimUntilBlocked,
  reclaimUntilTotal,
  samePartition,
  sleep,
} from "../../../contract/suite.ts";

const open = (url: string): Promise<Store> =>
  openRedisStore(url, { timeoutMs: 60_000, report: () => {} }, { replicas: 0, timeoutMs: 1000 });

function withStore(name: string, body: (store: Store, direct: Wire) => Promise<void>): void {
  redisTest(name, async () => {
    await using redis = await startRedis();
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    const store = await open(redis.url);
    await using _closing = { [Symbol.asyncDispose]: () => store.close() };
    await body(store, direct);
  });
}

async function assertNoKeys(direct: Wire, reason: string): Promise<void> {
  assert.deepEqual(await direct.command("KEYS", "*"), ["okq:layout"], reason);
}

/** Pushes nine events of three groups, to a queue whose groups have two places. Removes or moves all of them. */
const ENDS: Record<string, (store: Store, queue: Uint8Array, ids: string[]) => Promise<unknown>> = {
  ack: (store, queue, ids) => Promise.all(ids.map((id) => store.ack(queue, bytes(id)))),
  "ack in the opposite order": (store, queue, ids) =>
    Promise.all(ids.toReversed().map((id) => store.ack(queue, bytes(id)))),
  "ack of leased events": (store, queue) => consume(store, queue),
  "claim without a lease": (store, queue) => drainMany(store, queue),
  "pop without a lease": (store, queue, ids) => Promise.all(ids.map(() => store.pop(queue, 0))),
  flush: (store, queue) => store.flush(queue),
  async bury(store, queue, ids) {
    await Promise.all(ids.map((id) => store.bury(queue, bytes(id))));
    assert.equal((await drainMany(store, deadQueueOf(queue))).length, ids.length);
  },
  async move(store, queue, ids) {
    const other = samePartition(queue);
    while ((await store.move(queue, other, 100, 0)).moved > 0);
    await assertStates(store, other, "3/0/0/6");
    assert.equal((await consume(store, other)).length, ids.length);
  },
  async moveEvent(store, queue, ids) {
    const other = samePartition(queue);
    for (const id of ids.toReversed()) assert.equal(await store.moveEvent(queue, other, bytes(id)), "moved");
    assert.equal((await consume(store, other)).length, ids.length);
  },
};

withStore("Groups leave no keys behind, whatever ends their events", async (store, direct) => {
  for (const [end, run] of Object.entries(ENDS)) {
    const queue = newQueue();
    await store.setPolicy(queue, { groupLimit: 2 });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      for (const group of ["a", "a\0", "\xff"]) {
        const id = `${group}${i}`;
        ids.push(id);
        await pushWith(store, queue, id, { group: bytes(group) });
      }
    }
    await store.setPolicy(queue, { groupLimit: 3 });
    await reclaimUntilBlocked(store, queue, 0);
    await store.setPolicy(queue, null);
    await run(store, queue, ids);
    await store.reclaim();
    await assertNoKeys(direct, end);
  }
  const queue = newQueue();
  for (let i = 0; i < 300; i++) await pushWith(store, queue, `${i}`, { group: bytes(`${i % 3}`), ttlMs: 5 });
  await reclaimUntilTotal(store, queue, 0);
  await assertNoKeys(direct, "time to live");
});

withStore(
  "What a missing permission interrupts leaves no event of a group behind, and no group stuck",
  async (store, direct) => {
    const commands = [
      "exists",
      "hmget",
      "zmscore",
      "zrange",
      "lpush",
      "rpush",
      "ltrim",
      "zadd",
      "zrem",
      "hset",
      "hdel",
      "sadd",
    ];
    for (const command of commands) {
      const queue = newQueue();
      await store.setPolicy(queue, { groupLimit: 2 });
      await pushGroup(store, queue, "a", "a1", "a2", "a3", "a4", "a5", "a6");
      await pushGroup(store, queue, "b", "b1", "b2", "b3");
      await pushWith(store, queue, "late", { group: bytes("b"), delayMs: 1 });
      await store.claim(queue, 3, 600_000);
      await store.setPolicy(queue, { groupLimit: 1 });
      await sleep(2);
      await direct.command("ACL", "SETUSER", "default", `-${command}`);
      const steps: (() => Promise<unknown>)[] = [
        () => store.push(queue, bytes("a7"), bytes("c-a7"), "left", { group: bytes("a") }),
        () => store.push(queue, bytes("c1"), bytes("c-c1"), "right", { group: bytes("c") }),
        () => store.ack(queue, bytes("a1")),
        () => store.ack(queue, bytes("a4")),
        () => store.claim(queue, 1, 600_000),
        () => store.nack(queue, bytes("b1")),
        () => store.pop(queue, 0),
        () => store.reclaim(),
      ];
      const outcomes = await Promise.allSettled(steps.map((step) => step()));
      await direct.command("ACL", "SETUSER", "default", `+${command}`);
      for (const outcome of outcomes) {
        const isKnown = outcome.status === "fulfilled";
        assert.ok(isKnown || outcome.reason instanceof StoreUnavailable, isKnown ? "" : `${outcome.reason}`);
      }
      await eventually(async () => {
        try {
          await store.reclaim();
          return (await store.claim(queue, 0, 1)).length === 0;
        } catch {
          return false;
        }
      });
      const seen = new Set<string>();
      await eventually(async () => {
        await store.reclaim();
        for (const { id } of (await store.list(queue, "processing", "0", 100)).events) await store.redo(queue, id);
        for (const { id } of await store.claim(queue, 100, 600_000)) {
          seen.add(keyOf(id));
          await store.ack(queue, id);
        }
        return (await store.status(queue)).total === 0;
      });
      for (const id of ["a2", "a3", "a5", "a6", "b3", "late"]) {
        assert.ok(
          seen.has(id),
          `${command}: ${[...seen]} without ${id}`,
        );
      }
      await store.setPolicy(queue, null);
      await store.reclaim();
      const keys = await direct.command("KEYS", "okq:*:*:*") as string[];
      assert.deepEqual(keys.filter((key) => /:(groups|blocked|events):/.test(key)), [], command);
    }
  },
);

withStore(
  "check finds groups whose state differs from their events, and blocked events that are gone",
  async (store, direct) => {
    const queue = bytes("jobs");
    await pushGroup(store, queue, "a", "a1", "a2", "a3");
    await pushGroup(store, queue, "b", "b1", "b2");
    await claimOne(store, queue);
    assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
    const [groups] = await direct.command("KEYS", "okq:*:groups:jobs") as string[];
    const [events] = await direct.command("KEYS", "okq:*:events:jobs") as string[];
    await direct.command("HDEL", groups, "b");
    assert.deepEqual((await store.check()).orphans, { ...emptyReport().orphans, wrongCounts: 1 });
    await direct.command("HDEL", events, "a3");
    assert.deepEqual((await store.check()).orphans, { ...emptyReport().orphans, missingContents: 1, wrongCounts: 1 });
  },
);

withStore("After a limit was raised by much, all blocked events of one group become ready", async (store) => {
  const queue = bytes("jobs");
  const ids = Array.from({ length: 1001 }, (_, i) => String(i));
  await pushGroup(store, queue, "a", ...ids);
  await store.setPolicy(queue, { groupLimit: 1000 });
  await reclaimUntilBlocked(store, queue, 1);
  assert.deepEqual(await consume(store, queue), ids);
});

withStore("A group goes on behind a long gap in its line", async (store) => {
  const queue = bytes("jobs");
  const ids = Array.from({ length: 6000 }, (_, i) => String(i));
  await Promise.all(ids.map((id) => pushGroup(store, queue, "a", id)));
  await Promise.all(ids.slice(1, -1).map((id) => store.ack(queue, bytes(id))));
  await assertStates(store, queue, "1/0/0/1");
  await store.ack(queue, bytes(ids[0]));
  await reclaimUntilBlocked(store, queue, 0);
  assert.deepEqual(await consume(store, queue), ids.slice(-1));
});

withStore("More events leave their groups at once than a call may remove", async (store) => {
  const keys = Array.from({ length: 3000 }, (_, i) => String(i));
  const leave: Record<string, (queue: Uint8Array, key: string) => Promise<unknown>> = {
    ack: (queue, key) => store.ack(queue, bytes(`${key}a`)),
    pop: (queue) => store.pop(queue, 0),
  };
  for (const [name, run] of Object.entries(leave)) {
    const queue = bytes(name);
    await Promise.all(keys.map((key) => pushGroup(store, queue, key, `${key}a`, `${key}b`)));
    const results = await Promise.all(keys.map((key) => run(queue, key)));
    assert.equal(results.filter(Boolean).length, keys.length);
    await assertStates(store, queue, "3000/0/0/0");
  }
  const queue = bytes("ack");
  const claimed = (await Promise.all(Array.from({ length: 30 }, () => store.claim(queue, 100, 600_000)))).flat();
  assert.equal(new Set(claimed.map(({ id }) => keyOf(id))).size, keys.length);
  const acked = await Promise.all(claimed.map(({ id, receipt }) => store.ack(queue, id, receipt)));
  assert.equal(acked.filter(Boolean).length, keys.length);
  assert.equal((await store.status(queue)).total, 0);
});

redisTest("Groups keep their order on every master of a Cluster", async () => {
  await using cluster = await startCluster();
  const store = await open(cluster.url);
  await using _closing = { [Symbol.asyncDispose]: () => store.close() };
  const queues = Array.from({ length: 12 }, (_, i) => bytes(`q-${i}`));
  await Promise.all(queues.map(async (queue) => {
    await pushGroup(store, queue, "a", "a1", "a2", "a3");
    await pushGroup(store, queue, "b", "b1", "b2");
    assert.deepEqual(await consume(store, queue), ["a1", "b1", "a2", "b2", "a3"]);
  }));
});
