/** Returning events when Redis refuses writes, and the turns of queues. */
import { openRedisStore } from "../../../../../store/redis/redis_store.ts";
import { type Store, StoreUnavailable } from "../../../../../store/store.ts";
import { assert } from "../../../../deps.ts";
import { redisTest } from "../../../../support/programs.ts";
import { startRedis } from "../../../../support/redis_server.ts";
import { connect, type Wire } from "../../../../support/wire.ts";
import { bytes, countsOf, drain, newQueue, push, shown, sleep } from "../../../contract/suite.ts";

function withStore(name: string, body: (store: Store, direct: Wire) => Promise<void>): void {
  redisTest(name, async () => {
    await using redis = await startRedis();
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    const options = { timeoutMs: 60_000, report: () => {} };
    const store = await openRedisStore(redis.url, options, { replicas: 0, timeoutMs: 1000 });
    try {
      await body(store, direct);
    } finally {
      await store.close();
    }
  });
}

withStore("A full Redis refuses pushes, and does everything that ends or returns deliveries", async (store, direct) => {
  const [queue, dead, held] = [newQueue(), newQueue(), newQueue()];
  const names = ["ack", "nack", "later", "redo", "touch", "ends", "bury", "waits"];
  await push(store, queue, ...names);
  const receipts = new Map<string, Uint8Array>();
  for (const event of await store.claim(queue, 7, 60_000)) {
    receipts.set(new TextDecoder().decode(event.id), event.receipt);
  }
  await store.touch(queue, bytes("ends"), 1);
  await push(store, dead, "1");
  await store.setPolicy(dead, { maxAttempts: 1 });
  await store.claim(dead, 1, 1);
  await store.push(held, bytes("delayed"), bytes(""), "left", { delayMs: 1 });
  await store.push(held, bytes("expires"), bytes(""), "left", { ttlMs: 1 });
  await sleep(5);
  assert.equal(await direct.command("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1"), "+OK");
  const refused = (error: unknown) => error instanceof StoreUnavailable && !error.outcomeUnknown;
  await assert.rejects(store.push(queue, bytes("new"), bytes("new"), "left"), refused);
  // Each in a batch of its own, so that none lets another through.
  assert.equal(await store.ack(queue, bytes("ack"), receipts.get("ack")), 1);
  assert.equal(await store.nack(queue, bytes("nack"), receipts.get("nack"), { reason: bytes("why") }), 1);
  assert.equal(await store.nack(queue, bytes("later"), receipts.get("later"), { delayMs: 60_000 }), 1);
  assert.equal(await store.redo(queue, bytes("redo"), receipts.get("redo")), 1);
  assert.equal(await store.touch(queue, bytes("touch"), 60_000, receipts.get("touch")), 1);
  assert.equal(await store.bury(queue, bytes("bury")), "buried");
  await store.register(queue, 1);
  await store.reclaim();
  assert.equal(await countsOf(store, queue), "6/1/1");
  assert.deepEqual(await drain(store, queue), ["ends", "redo", "nack", "waits"]);
  assert.deepEqual([await countsOf(store, dead), await store.ready(bytes(`${new TextDecoder().decode(dead)}:dead`))], [
    "0/0/0",
    1,
  ]);
  assert.deepEqual(await drain(store, held), ["delayed"]);
  await store.flush(queue);
  await direct.command("CONFIG", "SET", "maxmemory", "0");
  await push(store, queue, "again");
});

withStore("What a missing permission interrupts leaves events ready or leased", async (store, direct) => {
  for (const command of ["lpush", "rpush", "ltrim", "zadd", "zrem", "hset", "hdel", "sadd", "publish"]) {
    const queue = newQueue();
    await push(store, queue, "1", "2");
    await store.claim(queue, 1, 60_000);
    await direct.command("ACL", "SETUSER", "default", `-${command}`);
    const outcomes = await Promise.allSettled([
      store.push(queue, bytes("3"), bytes("c-3"), "left"),
      store.pop(queue, 60_000),
      store.nack(queue, bytes("1")),
    ]);
    await direct.command("ACL", "SETUSER", "default", `+${command}`);
    for (const outcome of outcomes) {
      const isKnown = outcome.status === "fulfilled";
      assert.ok(isKnown || outcome.reason instanceof StoreUnavailable, isKnown ? "" : `${outcome.reason}`);
    }
    // Whatever was done, every event that was stored can be delivered again.
    while ((await store.push(queue, bytes("end"), bytes(""), "left").catch(() => false)) === false) await sleep(10);
    const seen = new Set<string>();
    for (const id of ["1", "2", "3"]) await store.redo(queue, bytes(id));
    for (let event; (event = await store.pop(queue, 60_000)) !== null;) seen.add(shown(event));
    assert.ok(seen.has("1=c-1") && seen.has("2=c-2"), `${command}: ${[...seen]}`);
    const [pushed] = outcomes;
    if (pushed.status === "fulfilled") assert.ok(seen.has("3=c-3"), command);
  }
});

withStore("A queue with many ended leases does not keep another one waiting", async (store, direct) => {
  const [busy, other] = [bytes("busy"), bytes("other")];
  const count = 20_000;
  await Promise.all(Array.from({ length: count }, (_, i) => store.push(busy, bytes(`${i}`), bytes(""), "left")));
  for (let claimed = 0; claimed < count;) claimed += (await store.claim(busy, 1000, 1)).length;
  await store.push(other, bytes("1"), bytes(""), "left", { delayMs: 1 });
  await sleep(5);
  await direct.command("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "100000");
  await direct.command("SLOWLOG", "RESET"); // what was slow on a busy machine
  const { lateMs } = await store.reclaim();
  assert.ok(lateMs > 0);
  assert.deepEqual([await store.ready(busy), await store.ready(other)], [count, 1]);
  // Of the calls in the order of their time, the first that made an event of the other queue ready was among the first.
  const calls = (await direct.command("SLOWLOG", "GET", "-1") as unknown[][])
    .map(([, , , command]) => command as string[]).filter(([name]) => /^(FCALL|EVALSHA)$/i.test(name)).reverse();
  const own = calls.findIndex((command) => command.some((word) => word.endsWith(":ready:other")));
  assert.ok(own >= 0 && own < 5 && calls.length > count / 1000, `${own} of ${calls.length}`);
});

withStore("Thousands of due queues of one partition are all reclaimed in one round", async (store) => {
  const queues = Array.from({ length: 3_000 }, (_, i) => bytes(`{tag}${i}`));
  await Promise.all(queues.map((queue) => store.push(queue, bytes("1"), bytes(""), "left", { delayMs: 1 })));
  await sleep(5);
  assert.equal((await store.reclaim()).ready, queues.length);
  assert.equal(await store.ready(queues[2_999]), 1);
});
