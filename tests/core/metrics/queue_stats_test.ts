import { COUNTERS, QueueStats } from "../../../core/metrics/queue_stats.ts";
import { keyOf } from "../../../store/bytes.ts";
import type { QueueStatus, Store } from "../../../store/store.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";

/** A store in memory that records which statuses are read. */
async function fixture(): Promise<
  { store: Store; reads: string[]; hold: (queue: string, events: number) => Promise<void> }
> {
  const store = await openSqliteStore(":memory:");
  const reads: string[] = [];
  let id = 0;
  return {
    reads,
    store: {
      active: () => store.active(),
      counts: () => store.counts(),
      status: (queue: Uint8Array) => {
        reads.push(keyOf(queue));
        return store.status(queue);
      },
      close: () => store.close(),
    } as Store,
    async hold(queue, events) {
      await store.flush(bytes(queue));
      const pushes = Array.from(
        { length: events },
        () => store.push(bytes(queue), bytes(`${id++}`), bytes("x"), "left"),
      );
      await Promise.all(pushes);
    },
  };
}

const shown = (rows: QueueStatus[]) => Object.fromEntries(rows.map(({ queue, ready }) => [keyOf(queue), ready]));

Deno.test("QueueStats tracks all queues while there are slots", async () => {
  const { store, hold } = await fixture();
  await hold("a", 2);
  await hold("b", 1);
  const stats = new QueueStats(store, 2);
  await stats.refresh();
  assert.deepEqual(shown(stats.tracked), { a: 2, b: 1 });
  assert.deepEqual([stats.untracked.queues, stats.untracked.ready], [0, 0]);
  await store.close();
});

Deno.test("QueueStats tracks the queues with the most events and sums up the others", async () => {
  const { store, hold } = await fixture();
  for (const [queue, events] of [["a", 1], ["b", 5], ["c", 9], ["d", 2]] as const) await hold(queue, events);
  const stats = new QueueStats(store, 2);
  await stats.refresh();
  assert.deepEqual(shown(stats.tracked), { c: 9, b: 5 });
  const { queues, ready, pushed } = stats.untracked;
  assert.deepEqual([queues, ready, pushed], [2, 3, 3]);
  await hold("d", 7); // not yet twice as many as b
  await stats.refresh(0);
  assert.deepEqual(shown(stats.tracked), { c: 9, b: 5 });
  await hold("d", 11);
  await stats.refresh(0);
  assert.deepEqual(shown(stats.tracked), { c: 9, d: 11 });
  await store.close();
});

Deno.test("QueueStats tracks an empty queue until another needs its slot", async () => {
  const { store, hold } = await fixture();
  await hold("a", 1);
  const stats = new QueueStats(store, 1);
  await stats.refresh();
  await hold("a", 0);
  await stats.refresh(0);
  assert.deepEqual(shown(stats.tracked), { a: 0 });
  assert.equal(stats.tracked[0].pushed, 1);
  await hold("b", 1);
  await stats.refresh(0);
  assert.deepEqual(shown(stats.tracked), { b: 1 });
  await stats.refresh(0);
  assert.equal(stats.untracked.queues, 0);
  await store.close();
});

Deno.test("QueueStats never lowers the counters of the untracked queues", async () => {
  const { store, hold } = await fixture();
  const stats = new QueueStats(store, 1);
  let before = stats.untracked;
  for (const [queue, events] of [["a", 1], ["b", 3], ["a", 9], ["c", 12], ["c", 2], ["a", 0], ["b", 80]] as const) {
    await hold(queue, events);
    await stats.refresh(0);
    const { untracked } = stats;
    for (const name of COUNTERS) assert.ok(untracked[name] >= before[name], `${name} after ${queue} had ${events}`);
    before = untracked;
  }
  assert.ok(before.pushed > 0);
  await store.close();
});

Deno.test("QueueStats counts everything once, with more queues than the store has counts for", async () => {
  const { store, hold } = await fixture();
  const stats = new QueueStats(store, 1);
  const queues = 21_000;
  await Promise.all(Array.from({ length: queues }, (_, i) => hold(`q${i}`, 1)));
  const total = () => stats.tracked[0].pushed + stats.untracked.pushed;
  for (let i = 0; i < 90; i++) await stats.refresh(0); // reads each queue twice
  assert.equal(total(), queues);
  await hold("q5", 1);
  for (let i = 0; i < 90; i++) await stats.refresh(0);
  assert.equal(total(), queues + 1);
  await store.close();
});

Deno.test("QueueStats counts a queue once that is displaced, becomes inactive, and is tracked again", async () => {
  const { store, hold } = await fixture();
  const stats = new QueueStats(store, 1);
  await hold("a", 1);
  await stats.refresh(0);
  await hold("b", 10);
  await stats.refresh(0);
  await hold("a", 0);
  await stats.refresh(0);
  await hold("a", 30);
  await stats.refresh(0);
  assert.deepEqual(shown(stats.tracked), { a: 30 });
  assert.equal(stats.untracked.pushed, 0);
  await hold("c", 1);
  await hold("b", 11);
  await stats.refresh(0);
  assert.equal(stats.untracked.pushed, 12);
  await store.close();
});

Deno.test("QueueStats refreshes once for concurrent and for recent requests", async () => {
  const { store, reads, hold } = await fixture();
  await hold("a", 1);
  const stats = new QueueStats(store, 1);
  await Promise.all([stats.refresh(), stats.refresh()]);
  await stats.refresh(60_000);
  assert.deepEqual(reads, ["a"]);
  await store.close();
});

Deno.test("QueueStats reads all new queues, and a batch of the untracked ones per refresh, in turn", async () => {
  const { store, reads, hold } = await fixture();
  await Promise.all(Array.from({ length: 600 }, (_, i) => hold(`q${i}`, 1)));
  const stats = new QueueStats(store, 0);
  await stats.refresh(0);
  assert.deepEqual([reads.length, new Set(reads).size], [600, 600]);
  assert.equal(stats.untracked.queues, 600);
  for (const refreshes of [1, 2]) {
    await stats.refresh(0);
    assert.deepEqual([reads.length, new Set(reads.slice(600)).size], [600 + 250 * refreshes, 250 * refreshes]);
  }
  await store.close();
});

Deno.test("QueueStats lists all active queues and keeps their history", async () => {
  const { store, hold } = await fixture();
  const stats = new QueueStats(store, 1);
  for (const queue of ["a", "b", "c"]) await hold(queue, 1);
  await stats.refresh(0);
  assert.deepEqual(shown(Array.from(stats.all(), ([, status]) => status)), { a: 1, b: 1, c: 1 });
  await hold("a", 0);
  await hold("b", 0);
  await stats.refresh(0);
  assert.deepEqual(shown(Array.from(stats.all(), ([, status]) => status)), { c: 1 });
  assert.deepEqual(stats.history.of(bytes("a")).map(({ ready }) => ready), [1]);
  await store.close();
});

Deno.test("QueueStats serves others while it goes through many queues", async () => {
  const { store, hold } = await fixture();
  const names = Array.from({ length: 20_000 }, (_, i) => `q${i}`);
  await Promise.all(names.map((name) => hold(name, 1)));
  // Without the store's own turns: what QueueStats does of itself is left.
  const active = await store.active();
  const statuses = new Map(
    await Promise.all(names.map(async (name) => [name, await store.status(bytes(name))] as const)),
  );
  store.active = () => Promise.resolve(active);
  store.status = (queue) => Promise.resolve(statuses.get(keyOf(queue))!);
  const stats = new QueueStats(store, 10);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await stats.refresh(0);
  clearInterval(timer);
  assert.ok(turns > 0);
  assert.deepEqual([stats.tracked.length, stats.untracked.queues], [10, 19_990]);
  await store.close();
});

Deno.test("QueueStats takes nothing over from a refresh that fails", async () => {
  const { store, hold } = await fixture();
  const stats = new QueueStats(store, 1);
  await hold("a", 3);
  await hold("b", 1);
  await stats.refresh(0);
  await hold("a", 5);
  const status = store.status.bind(store);
  store.status = (queue) => keyOf(queue) === "b" ? Promise.reject(new Error("unavailable")) : status(queue);
  await assert.rejects(stats.refresh(0), /unavailable/);
  store.status = status;
  await stats.refresh(0);
  assert.deepEqual([stats.tracked[0].pushed, stats.untracked.pushed], [8, 1]);
  await store.close();
});
