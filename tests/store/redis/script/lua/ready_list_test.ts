/** Removal from the middle of long ready lists: tombstones, new events with their ids, sweeping. */
import { queueKeys } from "../../../../../store/redis/keys.ts";
import { openRedisStore } from "../../../../../store/redis/redis_store.ts";
import type { Store } from "../../../../../store/store.ts";
import { assert } from "../../../../deps.ts";
import { redisTest } from "../../../../support/programs.ts";
import { startRedis } from "../../../../support/redis_server.ts";
import { connect, type Wire } from "../../../../support/wire.ts";
import { bytes, claimOne, countsOf, getEvent, push, shown, sleep } from "../../../contract/suite.ts";

const JOBS = bytes("jobs");
const [READY, , , , , , TOMBSTONES] = queueKeys(JOBS).map(String);

/** Longer than lists from which Redis removes entries one by one. */
const LENGTH = 3_000;

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`);

function withLongQueue(name: string, length: number, body: (store: Store, direct: Wire) => Promise<void>): void {
  redisTest(name, async () => {
    await using redis = await startRedis();
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    const options = { timeoutMs: 60_000, report: () => {} };
    const store = await openRedisStore(redis.url, options, { replicas: 0, timeoutMs: 1000 });
    try {
      await Promise.all(range(0, length).map((id) => store.push(JOBS, bytes(id), bytes(`c-${id}`), "left")));
      await direct.command("CONFIG", "RESETSTAT");
      await body(store, direct);
    } finally {
      await store.close();
    }
  });
}

const ackAll = (store: Store, ids: string[]) => Promise.all(ids.map((id) => store.ack(JOBS, bytes(id))));

async function idsOf(store: Store, count: number): Promise<string[]> {
  const events = await Promise.all(Array.from({ length: count }, () => store.pop(JOBS, 0)));
  return events.map((event) => event === null ? "nil" : new TextDecoder().decode(event.id));
}

async function callsOf(direct: Wire, command: string): Promise<number> {
  const stats = String(await direct.command("INFO", "commandstats"));
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

withLongQueue("Acknowledging waiting events never walks through a long list", 20_000, async (store, direct) => {
  const middle = range(9_000, 10_000);
  assert.deepEqual(await ackAll(store, middle), middle.map(() => 1));
  for (const command of ["lrem", "lpos"]) assert.equal(await callsOf(direct, command), 0);
  assert.deepEqual(await ackAll(store, middle), middle.map(() => 0));
  assert.equal(await countsOf(store, JOBS), "19000/0/0");
  assert.equal(await store.ready(JOBS), 19_000);
  assert.deepEqual(await idsOf(store, 19_001), [...range(0, 9_000), ...range(10_000, 20_000), "nil"]);
  assert.deepEqual(await direct.command("KEYS", "okq:*:jobs"), []);
  assert.deepEqual(await store.active(), []);
});

withLongQueue("Waiting events of a long list expire without a walk through it", LENGTH, async (store, direct) => {
  const short = range(LENGTH, LENGTH + 500);
  await Promise.all(short.map((id) => store.push(JOBS, bytes(id), bytes(id), "left", { ttlMs: 1 })));
  await push(store, JOBS, "last");
  await sleep(5);
  await store.reclaim();
  assert.equal((await store.status(JOBS)).expired, 500);
  assert.equal(await callsOf(direct, "lrem"), 0);
  assert.deepEqual(await idsOf(store, LENGTH + 2), [...range(0, LENGTH), "last", "nil"]);
});

withLongQueue("An id that is pushed again is delivered where it was pushed last, once", LENGTH, async (store) => {
  for (let round = 0; round < 3; round++) {
    await ackAll(store, ["5", "6", "2990"]);
    assert.equal(await store.push(JOBS, bytes("5"), bytes(`${round}`), "left"), true);
    assert.equal(await store.push(JOBS, bytes("6"), bytes(`${round}`), "right"), true);
    assert.equal(await store.push(JOBS, bytes("6"), bytes("again"), "right"), false);
    await store.push(JOBS, bytes("2990"), bytes("expires"), "left", { ttlMs: 600_000 });
  }
  assert.equal(shown(await store.peek(JOBS, "right")), "6=2");
  assert.equal(shown(await store.peek(JOBS, "left")), "2990=expires");
  assert.equal(await store.ready(JOBS), LENGTH);
  assert.equal((await getEvent(store, JOBS, "5")).state, "ready");
  const listed: string[] = [];
  for (let cursor = ""; cursor !== "0";) {
    const page = await store.list(JOBS, "ready", cursor || "0", 100);
    listed.push(...page.events.map(({ id }) => new TextDecoder().decode(id)));
    cursor = page.cursor;
  }
  const order = ["6", ...range(0, 5), ...range(7, 2990), ...range(2991, LENGTH), "5", "2990"];
  assert.deepEqual(listed, order);
  // Every way back to the list.
  const six = await claimOne(store, JOBS);
  assert.equal(await store.nack(JOBS, bytes("6"), six.receipt, { delayMs: 0 }), 1);
  await claimOne(store, JOBS);
  assert.equal(await store.redo(JOBS, bytes("6")), 1);
  await store.claim(JOBS, 1, 1);
  await sleep(5);
  await store.reclaim();
  await claimOne(store, JOBS);
  await store.nack(JOBS, bytes("6"), undefined, { delayMs: 1 });
  await sleep(5);
  await store.reclaim();
  assert.deepEqual((await store.check()).orphans.duplicated, 0);
  assert.deepEqual(await idsOf(store, LENGTH + 1), [...order, "nil"]);
});

withLongQueue("Many tombstones are swept, a part at a time", 40_000, async (store, direct) => {
  const [first, second] = [range(100, 15_100), range(20_000, 35_000)];
  await ackAll(store, [...first, ...second]);
  await store.push(JOBS, bytes("30000"), bytes(""), "left");
  await store.reclaim();
  assert.equal(await direct.command("LLEN", READY), 10_001);
  assert.equal(await direct.command("EXISTS", TOMBSTONES), 0);
  const report = await store.check();
  assert.deepEqual([report.events, report.orphans.duplicated, report.orphans.unreachable], [10_001, 0, 0]);
  const order = [...range(0, 100), ...range(15_100, 20_000), ...range(35_000, 40_000), "30000", "nil"];
  assert.deepEqual(await idsOf(store, 10_002), order);
});

withLongQueue("A queue of which nothing but tombstones is left is not active", LENGTH, async (store, direct) => {
  await ackAll(store, range(0, LENGTH));
  assert.equal(await store.ready(JOBS), 0);
  assert.equal(await store.pop(JOBS), null);
  await store.reclaim();
  assert.deepEqual(await store.active(), []);
  assert.deepEqual(await direct.command("KEYS", "okq:*:jobs"), []);
});

withLongQueue("One pop passes any number of tombstones", 12_000, async (store) => {
  await ackAll(store, range(0, 11_999));
  assert.equal(shown(await store.pop(JOBS, 0)), "11999=c-11999");
  assert.equal(await store.pop(JOBS, 0), null);
});

withLongQueue("Moving out of the middle of a long list moves each event once", LENGTH, async (store) => {
  const other = bytes("other{jobs}");
  await push(store, other, ...range(0, 50));
  await ackAll(store, range(60, 70));
  let skipped = 0;
  let moved = 0;
  for (;;) {
    const step = await store.move(JOBS, other, 250, skipped);
    if (step.moved + step.skipped === 0) break;
    skipped += step.skipped;
    moved += step.moved;
  }
  assert.deepEqual([moved, skipped], [LENGTH - 60, 50]);
  assert.deepEqual(await idsOf(store, 51), [...range(0, 50), "nil"]);
  assert.equal(await store.ready(other), LENGTH - 10);
});
