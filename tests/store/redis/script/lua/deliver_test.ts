/** Large contents: they are only read where they are delivered or moved, and a call does a bounded part of the work. */
import { openRedisStore } from "../../../../../store/redis/redis_store.ts";
import type { Store } from "../../../../../store/store.ts";
import { assert } from "../../../../deps.ts";
import { redisTest } from "../../../../support/programs.ts";
import { startRedis } from "../../../../support/redis_server.ts";
import { connect, type Wire } from "../../../../support/wire.ts";
import { bytes, countsOf, getEvent, sleep } from "../../../contract/suite.ts";

const JOBS = bytes("jobs");
const DEAD = bytes("jobs:dead");
const SIZE = 300_000;
const COUNT = 30;

/** Declares a test with a queue of `COUNT` events that have `SIZE` bytes each. */
function withLargeEvents(name: string, body: (store: Store, direct: Wire) => Promise<void>): void {
  redisTest(name, async () => {
    await using redis = await startRedis();
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    const options = { timeoutMs: 60_000, report: () => {}, maxClaimBytes: 4 * SIZE };
    const store = await openRedisStore(redis.url, options, { replicas: 0, timeoutMs: 1000 });
    try {
      await Promise.all(ids.map((id) => store.push(JOBS, bytes(id), contentsOf(id), "left")));
      await direct.command("CONFIG", "RESETSTAT");
      await body(store, direct);
    } finally {
      await store.close();
    }
  });
}

const ids = Array.from({ length: COUNT }, (_, i) => `${i}`);
const contentsOf = (id: string) => new Uint8Array(SIZE).fill(Number(id) + 1);

/** The number of times that Redis has run a command since the statistics were reset. */
async function callsOf(direct: Wire, command: string): Promise<number> {
  const stats = String(await direct.command("INFO", "commandstats"));
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

async function claimAll(store: Store): Promise<{ id: Uint8Array; receipt: Uint8Array }[]> {
  const claimed = [];
  while (claimed.length < COUNT) claimed.push(...await store.claim(JOBS, 1000, 60_000));
  return claimed;
}

withLargeEvents("A claim takes events up to its limit of bytes, and leaves the others ready", async (store) => {
  const [first, second] = await Promise.all([store.claim(JOBS, 1000, 60_000), store.claim(JOBS, 1000, 60_000)]);
  assert.deepEqual([first.length, second.length], [4, 4]);
  for (const [i, { contents }] of [...first, ...second].entries()) assert.deepEqual(contents, contentsOf(`${i}`));
  assert.equal(await countsOf(store, JOBS), `${COUNT}/8/0`);
});

withLargeEvents("Ends, extensions and statistics of deliveries do not read large contents", async (store, direct) => {
  const claimed = await claimAll(store);
  await using monitor = await connect(direct.server);
  assert.equal(await monitor.command("MONITOR"), "+OK");
  await Promise.all(claimed.map(({ id, receipt }) => store.touch(JOBS, id, 30_000, receipt)));
  await Promise.all(claimed.slice(0, 10).map(({ id, receipt }) => store.redo(JOBS, id, receipt)));
  await Promise.all(claimed.slice(10, 20).map(({ id, receipt }) => store.nack(JOBS, id, receipt, { delayMs: 60_000 })));
  await Promise.all(claimed.slice(20).map(({ id, receipt }) => store.ack(JOBS, id, receipt)));
  for (const state of ["ready", "processing", "delayed"] as const) await store.list(JOBS, state, "0", 100);
  const { ready, delayed, oldestMs } = await store.status(JOBS);
  assert.deepEqual([ready, delayed, oldestMs > 0], [10, 10, true]);
  assert.equal((await store.list(JOBS, "ready", "0", 1)).events[0].size, SIZE);
  await direct.command("ECHO", "end");
  for (;;) {
    const line = `${await monitor.shown()}`;
    if (line.includes('"end"')) break;
    assert.ok(!line.includes(":contents:") || /"(HDEL|EXISTS|evalsha)"/i.test(line), line);
  }
});

withLargeEvents(
  "Dead letters, moves and buried events keep large contents, a few in each call",
  async (store, direct) => {
    await store.setPolicy(JOBS, { maxAttempts: 1 });
    await claimAll(store);
    for (const id of ids) await store.touch(JOBS, bytes(id), 1);
    await sleep(5);
    await direct.command("CONFIG", "RESETSTAT");
    await store.reclaim();
    assert.equal(await store.ready(DEAD), COUNT);
    // The script reads contents of a megabyte and a bit more in a call.
    const calls = await callsOf(direct, "evalsha");
    assert.ok(calls >= COUNT * SIZE / (1024 * 1024 + SIZE), `${calls} calls`);
    let moved = 0;
    while (moved < COUNT) moved += (await store.move(DEAD, JOBS, 1000, 0)).moved;
    assert.equal(await store.bury(JOBS, bytes("7")), "buried");
    assert.deepEqual((await getEvent(store, DEAD, "7")).contents, contentsOf("7"));
    for (const id of ids) {
      const event = await store.pop(id === "7" ? DEAD : JOBS, 0);
      assert.ok(event && event.contents.every((byte) => byte === event.contents[0]) && event.contents.length === SIZE);
    }
    assert.deepEqual(await direct.command("KEYS", "okq:*:contents:*"), []);
  },
);

withLargeEvents(
  "No contents are left behind, and an id with small contents does not get earlier ones",
  async (store, direct) => {
    for (const id of ids) await store.pop(JOBS, Number(id) % 2 ? 0 : 60_000);
    await Promise.all(ids.map((id) => store.ack(JOBS, bytes(id))));
    assert.deepEqual(await direct.command("KEYS", "okq:*:contents:*"), []);
    await Promise.all([
      store.push(JOBS, bytes("a"), contentsOf("1"), "left"),
      store.ack(JOBS, bytes("a")),
      store.push(JOBS, bytes("a"), bytes("small"), "left"),
      store.ack(JOBS, bytes("a")),
      store.push(JOBS, bytes("a"), contentsOf("2"), "left"),
      store.push(JOBS, bytes("a"), bytes("known"), "left"),
      store.push(JOBS, bytes("b"), contentsOf("3"), "left"),
      store.push(JOBS, bytes("b"), contentsOf("4"), "left"),
    ]);
    assert.deepEqual((await store.pop(JOBS, 0))!.contents, contentsOf("2"));
    assert.deepEqual((await store.pop(JOBS, 0))!.contents, contentsOf("3"));
    await store.push(JOBS, bytes("c"), contentsOf("5"), "left", { ttlMs: 1 });
    await store.push(JOBS, bytes("d"), contentsOf("6"), "left");
    await store.flush(JOBS);
    assert.deepEqual(await direct.command("KEYS", "okq:*:jobs"), []);
  },
);
