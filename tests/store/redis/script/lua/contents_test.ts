/** Large contents: the script never reads them, and none are left behind or deleted too early. */
import { partitionOf } from "../../../../../store/partition.ts";
import { openRedisStore } from "../../../../../store/redis/redis_store.ts";
import { type Store, StoreUnavailable } from "../../../../../store/store.ts";
import { assert } from "../../../../deps.ts";
import { eventually } from "../../../../support/eventually.ts";
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

const contentsKeys = async (direct: Wire) => (await direct.command("KEYS", "okq:*:contents:*") as unknown[]).length;

/** Redis deletes contents a second after their event. */
const noContentsAreLeft = (direct: Wire) => eventually(async () => assert.equal(await contentsKeys(direct), 0));

/** Commands that name a key of contents, in the order in which they run. */
async function accessesOf(direct: Wire, work: () => Promise<unknown>): Promise<Set<string>> {
  await using monitor = await connect(direct.server);
  assert.equal(await monitor.command("MONITOR"), "+OK");
  await work();
  await direct.command("ECHO", "end");
  const commands = new Set<string>();
  for (;;) {
    const line = `${await monitor.shown()}`;
    if (line.includes('"end"')) return commands;
    if (line.includes(":contents:")) commands.add(/"(\w+)"/.exec(line)![1].toUpperCase());
  }
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
  const accesses = await accessesOf(direct, async () => {
    await Promise.all(claimed.map(({ id, receipt }) => store.touch(JOBS, id, 30_000, receipt)));
    await Promise.all(claimed.slice(0, 10).map(({ id, receipt }) => store.redo(JOBS, id, receipt)));
    const later = { delayMs: 60_000 };
    await Promise.all(claimed.slice(10, 20).map(({ id, receipt }) => store.nack(JOBS, id, receipt, later)));
    await Promise.all(claimed.slice(20).map(({ id, receipt }) => store.ack(JOBS, id, receipt)));
    for (const state of ["ready", "processing", "delayed"] as const) await store.list(JOBS, state, "0", 100);
    const { ready, delayed, oldestMs } = await store.status(JOBS);
    assert.deepEqual([ready, delayed, oldestMs > 0], [10, 10, true]);
    assert.equal((await store.list(JOBS, "ready", "0", 1)).events[0].size, SIZE);
  });
  assert.deepEqual(accesses, new Set(["UNLINK"]));
  assert.equal(await contentsKeys(direct), 20);
});

withLargeEvents("Dead letters, moves and buried events keep large contents where they are", async (store, direct) => {
  await store.setPolicy(JOBS, { maxAttempts: 1 });
  await claimAll(store);
  const accesses = await accessesOf(direct, async () => {
    for (const id of ids) await store.touch(JOBS, bytes(id), 1);
    await sleep(5);
    await store.reclaim();
    assert.equal(await store.ready(DEAD), COUNT);
    assert.equal((await store.move(DEAD, JOBS, 1000, 0)).moved, COUNT);
    assert.equal(await store.bury(JOBS, bytes("7")), "buried");
  });
  assert.deepEqual(accesses, new Set());
  assert.deepEqual((await getEvent(store, DEAD, "7")).contents, contentsOf("7"));
  for (const id of ids) {
    const event = await store.pop(id === "7" ? DEAD : JOBS, 0);
    assert.ok(event && event.contents.every((byte) => byte === event.contents[0]) && event.contents.length === SIZE);
  }
  assert.equal(await contentsKeys(direct), 0);
});

withLargeEvents(
  "A moved event keeps contents and time to live if its id belonged to an expired event",
  async (store) => {
    await store.push(DEAD, bytes("0"), contentsOf("9"), "left", { ttlMs: 1 });
    await store.push(JOBS, bytes("expires"), contentsOf("8"), "right", { ttlMs: 60_000 });
    await sleep(5);
    assert.equal((await store.move(JOBS, DEAD, 2, 0)).moved, 2);
    assert.ok((await getEvent(store, DEAD, "expires")).expiresMs! > 0);
    assert.deepEqual((await getEvent(store, DEAD, "0")).contents, contentsOf("0"));
  },
);

withLargeEvents("An event removed behind its delivery in one batch or the next still has contents", async (store) => {
  const popped = [store.pop(JOBS, 60_000), store.ack(JOBS, bytes("0")), store.peek(JOBS, "right"), store.pop(JOBS, 0)];
  await Promise.resolve();
  const flushed = store.flush(JOBS);
  for (const [i, id] of [[0, "0"], [2, "1"], [3, "1"]] as const) {
    const event = await popped[i];
    assert.ok(event && typeof event === "object");
    assert.deepEqual(event.contents, contentsOf(id));
  }
  await flushed;
});

withLargeEvents("Refused pushes leave no contents", async (store, direct) => {
  await store.setPolicy(JOBS, { maxLength: COUNT + 1 });
  const pushes = [
    store.push(JOBS, bytes("0"), contentsOf("1"), "left"),
    store.push(JOBS, bytes("0"), contentsOf("1"), "right", { ttlMs: 60_000 }),
    store.push(JOBS, bytes("new"), contentsOf("1"), "left"),
    store.push(JOBS, bytes("full"), contentsOf("1"), "left"),
    store.push(JOBS, bytes("full"), contentsOf("1"), "left", { delayMs: 60_000 }),
  ];
  const results = await Promise.allSettled(pushes);
  assert.deepEqual(results.map((result) => result.status === "fulfilled" ? result.value : "refused"), [
    false,
    false,
    true,
    "refused",
    "refused",
  ]);
  assert.equal(await contentsKeys(direct), COUNT + 1);
});

withLargeEvents(
  "A refused pushAll leaves no contents, and one beyond a batch is a single step",
  async (store, direct) => {
    const events = (prefix: string, size: number) =>
      Array.from({ length: 1000 }, (_, i) => ({ id: bytes(`${prefix}${i}`), contents: new Uint8Array(size) }));
    const [held, late] = [events("held", 2000), events("late", 1024)];
    held[999].id = bytes("0");
    const later = { delayMs: 60_000, meta: bytes("meta") };
    for (const options of [{}, later]) assert.deepEqual(await store.pushAll(JOBS, held, "left", options), bytes("0"));
    await store.setPolicy(JOBS, { maxLength: COUNT + 1001 });
    const counts: Promise<string>[] = [];
    const added = await Promise.all([
      store.push(JOBS, bytes("before"), bytes(""), "left"),
      (counts.push(countsOf(store, JOBS)), store.pushAll(JOBS, late, "left", later)),
      (counts.push(countsOf(store, JOBS)), store.pushAll(JOBS, events("full", 2000), "left").catch(String)),
      (counts.push(countsOf(store, JOBS)), store.pushAll(JOBS, events("late", 2000), "right", later)),
    ]);
    assert.deepEqual(added, [true, null, "QueueFull: The queue is full", bytes("late0")]);
    const total = COUNT + 1001;
    assert.deepEqual(await Promise.all(counts), [`${COUNT + 1}/0/0`, `${total}/0/0`, `${total}/0/0`]);
    assert.equal(await contentsKeys(direct), COUNT + 1000); // with meta these are large, too
    const late999 = await getEvent(store, JOBS, "late999");
    assert.deepEqual([late999.size, late999.meta, late999.state], [1024, bytes("meta"), "delayed"]);
  },
);

withLargeEvents("Only the push fails whose contents Redis refuses or has lost", async (store, direct) => {
  await claimAll(store);
  assert.equal(await direct.command("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1"), "+OK");
  const [pushed, acked] = await Promise.allSettled([
    store.push(JOBS, bytes("new"), contentsOf("1"), "left"),
    store.ack(JOBS, bytes("0")),
  ]);
  assert.ok(pushed.status === "rejected" && pushed.reason instanceof StoreUnavailable && !pushed.reason.outcomeUnknown);
  assert.match(pushed.reason.message, /OOM/);
  assert.deepEqual(acked, { status: "fulfilled", value: 1 });
  await direct.command("CONFIG", "SET", "maxmemory", "0");
  assert.equal(await store.push(JOBS, bytes("new"), contentsOf("1"), "left"), true);
});

withLargeEvents("pushAll stores nothing if Redis refuses the contents of one event", async (store, direct) => {
  await direct.command("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1");
  const events = [{ id: bytes("small"), contents: bytes("") }, { id: bytes("large"), contents: contentsOf("1") }];
  await assert.rejects(store.pushAll(JOBS, events, "left"), StoreUnavailable);
  await direct.command("CONFIG", "SET", "maxmemory", "0");
  assert.equal(await countsOf(store, JOBS), `${COUNT}/0/0`);
  assert.equal(await store.pushAll(JOBS, events, "right", { ttlMs: 60_000 }), null);
  assert.deepEqual((await store.pop(JOBS, 0))!.contents, contentsOf("1"));
});

withLargeEvents(
  "No contents are left behind, and an id with small contents does not get earlier ones",
  async (store, direct) => {
    for (const id of ids) await store.pop(JOBS, Number(id) % 2 ? 0 : 60_000);
    await Promise.all(ids.map((id) => store.ack(JOBS, bytes(id))));
    await noContentsAreLeft(direct);
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
    await noContentsAreLeft(direct);
  },
);

withLargeEvents(
  "The reclaimer deletes contents that a flush has left, but none of a later event with the same id",
  async (store, direct) => {
    await store.push(JOBS, bytes("expires"), contentsOf("5"), "left", { ttlMs: 1 });
    await store.flush(JOBS);
    assert.deepEqual(await direct.command("KEYS", "okq:*:jobs"), [`okq:{${partitionOf(JOBS)}}:flushed:jobs`]);
    assert.equal((await store.check()).flushed, COUNT + 1);
    await store.push(JOBS, bytes("0"), contentsOf("1"), "left");
    await store.reclaim();
    await store.push(JOBS, bytes("1"), contentsOf("2"), "left");
    await store.flush(JOBS);
    await store.push(JOBS, bytes("1"), contentsOf("3"), "left");
    await store.flush(JOBS);
    await store.push(JOBS, bytes("1"), contentsOf("4"), "left");
    await store.reclaim();
    await eventually(async () => assert.equal(await contentsKeys(direct), 1));
    assert.deepEqual(Object.values((await store.check()).orphans).filter((count) => count > 0), []);
    assert.deepEqual((await store.pop(JOBS, 0))!.contents, contentsOf("4"));
    assert.deepEqual(await direct.command("KEYS", "okq:*:jobs"), []);
  },
);

withLargeEvents("Large meta is delivered with no contents, too", async (store) => {
  const meta = new Uint8Array(4096).fill(1);
  for (const id of ["a", "b"]) await store.push(JOBS, bytes(id), bytes(""), "right", { meta });
  assert.deepEqual((await store.pop(JOBS, 0))!.contents, bytes(""));
  assert.deepEqual((await store.claim(JOBS, 1))[0].meta, meta);
});
