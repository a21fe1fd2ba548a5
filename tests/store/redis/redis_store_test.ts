import { keyOf } from "../../../store/bytes.ts";
import { openRedisStore } from "../../../store/redis/redis_store.ts";
import type { Store, StoreOptions } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { hasRedis, sharedRedis, startRedis } from "../../support/redis_server.ts";
import { sendToRedis } from "../../support/redis_command.ts";
import { eventually } from "../../support/eventually.ts";
import { storeContract, storeOperations } from "../contract/contract.ts";
import { bytes, push, pushGroup } from "../contract/suite.ts";
import { watchQueue } from "../contract/watch.ts";
import { connect } from "../../support/wire.ts";

const open = (url: string, options?: Partial<StoreOptions>): Promise<Store> =>
  openRedisStore(url, { timeoutMs: 60_000, report: () => {}, ...options }, { replicas: 0, timeoutMs: 1000 });

if (hasRedis) {
  const redis = await sharedRedis();
  await sendToRedis(
    redis,
    "ACL",
    "SETUSER",
    "scripts",
    "on",
    ">p",
    "~*",
    "&*",
    "+@all",
    "-@scripting",
    "+eval",
    "+evalsha",
  );
  const openEmpty = async (user: string, options?: Partial<StoreOptions>) => {
    await sendToRedis(redis, "FLUSHALL"); // a lease of another test could end during this one
    return await open(redis.url.replace("//", `//${user}`), options);
  };
  storeContract("RedisStore", (options) => openEmpty("", options));
  storeOperations("RedisStore without functions", (options) => openEmpty("scripts:p@", options));
}

const ignore = !hasRedis;

Deno.test({ name: "RedisStore leaves no key behind when all is acknowledged", ignore }, async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  const store = await open(redis.url);
  const queue = new TextEncoder().encode("jobs");
  await Promise.all(["1", "2", "3"].map((id) => store.push(queue, new TextEncoder().encode(id), queue, "left")));
  await store.register(queue, 2);
  await store.ack(queue, (await store.pop(queue, 60_000))!.id);
  await store.pop(queue, 0);
  const three = new TextEncoder().encode("3");
  await store.pop(queue, 60_000);
  await store.nack(queue, three, undefined, { reason: queue });
  await store.ack(queue, three);
  for (const end of ["pop", "ack", "flush"] as const) {
    await store.push(queue, three, queue, "left", { ttlMs: 60_000 });
    await store.push(queue, queue, queue, "left", { ttlMs: 60_000, delayMs: 60_000 });
    if (end === "flush") await store.flush(queue);
    else await Promise.all([end === "pop" ? store.pop(queue, 0) : store.ack(queue, three), store.ack(queue, queue)]);
    const held = (await direct.command("KEYS", "*") as string[]).filter((key) =>
      !/:(consumers|queues|timers|instances|layout)/.test(key)
    );
    assert.deepEqual(held, []);
  }
  await store.register(queue, 0);
  assert.deepEqual(await direct.command("KEYS", "*"), ["okq:layout"]);
  await store.close();
});

Deno.test(
  { name: "RedisStore notifies every instance of events whose turn in their group has come", ignore },
  async () => {
    await using redis = await startRedis();
    const [one, two] = [await open(redis.url), await open(redis.url)];
    const queue = bytes("jobs");
    for (const [i, free] of [one, two].entries()) {
      await pushGroup(one, queue, "a", `${i}-1`, `${i}-2`, `${i}-3`);
      const [{ id, receipt }] = await two.claim(queue, 1, 600_000);
      const seen = [await watchQueue(one, queue), await watchQueue(two, queue)];
      await free.ack(queue, id, receipt);
      await eventually(() => seen.every(({ sum }) => sum === 1));
      assert.equal(await free.ready(queue), 1);
      for (const { stop } of seen) await stop();
      await one.flush(queue);
    }
    for (const store of [one, two]) await store.close();
  },
);

Deno.test({ name: "RedisStore exceeds no limit of a queue through several instances", ignore }, async () => {
  await using redis = await startRedis();
  const stores = [await open(redis.url), await open(redis.url), await open(redis.url)];
  const queue = bytes("jobs");
  await stores[0].setPolicy(queue, { maxProcessing: 4 });
  const ids = Array.from({ length: 300 }, (_, i) => `${i}`);
  await push(stores[0], queue, ...ids);
  let processing = 0;
  const finished: string[] = [];
  const consume = async (store: Store) => {
    const seen = await watchQueue(store, queue);
    while (finished.length < ids.length) {
      const before = seen.sum;
      const claimed = await store.claim(queue, 3, 600_000);
      processing += claimed.length;
      assert.ok(processing <= 4, `${processing} events are being processed`);
      for (const { id, receipt } of claimed) {
        // Before the acknowledgement is sent: another claim may be answered before it is.
        processing--;
        finished.push(keyOf(id));
        assert.equal(await store.ack(queue, id, receipt), 1);
      }
      if (claimed.length === 0) await eventually(() => seen.sum > before || finished.length === ids.length);
    }
    await seen.stop();
  };
  await Promise.all(stores.map(consume));
  assert.deepEqual(finished.toSorted(), ids.toSorted());
  for (const store of stores) await store.close();
});

Deno.test({ name: "RedisStore refuses data of an unknown layout", ignore }, async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  for (const layout of ["1", "6", "999"]) {
    await direct.command("SET", "okq:layout", layout);
    const drain = new RegExp(`okq data has layout ${layout}, .* drain its queues, then delete the key okq:layout$`);
    await assert.rejects(open(redis.url), drain);
  }
});

Deno.test({ name: "RedisStore fails one operation alone and not its batch", ignore }, async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  const store = await open(redis.url);
  const [bad, good] = ["bad", "good"].map((name) => new TextEncoder().encode(name));
  await store.push(bad, good, good, "left");
  const key = (await direct.command("KEYS", "okq:*:ready:bad") as string[])[0];
  await direct.command("SET", key, "no list");
  const results = await Promise.allSettled([
    store.push(good, bad, bad, "left"),
    store.push(bad, bad, bad, "left"),
    store.push(good, good, good, "left"),
  ]);
  assert.deepEqual(results.map((result) => result.status), ["fulfilled", "rejected", "fulfilled"]);
  assert.equal(await store.ready(good), 2);
  await store.close();
});

Deno.test({ name: "RedisStore sends its script again after Redis has lost it", ignore }, async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  const store = await open(redis.url);
  const queue = new TextEncoder().encode("jobs");
  await store.push(queue, new Uint8Array([1]), queue, "left");
  await direct.command("SCRIPT", "FLUSH");
  assert.equal(await store.push(queue, new Uint8Array([2]), queue, "left"), true);
  await store.close();
});
