import { COUNTERS, QueueStats } from "../../../core/metrics/queue_stats.ts";
import { keyOf } from "../../../store/bytes.ts";
import type { QueueStatus, Store } from "../../../store/store.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";

/** A store in memory, with how often it was asked for the figures of a queue. */
async function fixture(): Promise<
  { store: Store; asked: string[]; hold: (queue: string, events: number) => Promise<void> }
> {
  const store = await openSqliteStore(":memory:");
  const asked: string[] = [];
  let id = 0;
  return {
    asked,
    store: {
      active: () => store.active(),
      status: (queue: Uint8Array) => {
        asked.push(keyOf(queue));
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

Deno.test("Each queue has figures of its own where there are places enough", async () => {
  const { store, hold } = await fixture();
  await hold("a", 2);
  await hold("b", 1);
  const figures = new QueueStats(store, 2);
  await figures.refresh();
  assert.deepEqual(shown(figures.tracked), { a: 2, b: 1 });
  assert.deepEqual([figures.others.queues, figures.others.ready], [0, 0]);
  await store.close();
});

Deno.test("The queues with the most events have the places, and all others are one", async () => {
  const { store, hold } = await fixture();
  for (const [queue, events] of [["a", 1], ["b", 5], ["c", 9], ["d", 2]] as const) await hold(queue, events);
  const figures = new QueueStats(store, 2);
  await figures.refresh();
  assert.deepEqual(shown(figures.tracked), { c: 9, b: 5 });
  const { queues, ready, pushed } = figures.others;
  assert.deepEqual([queues, ready, pushed], [2, 3, 3]);
  await hold("d", 7); // not yet twice as many as b
  await figures.refresh(0);
  assert.deepEqual(shown(figures.tracked), { c: 9, b: 5 });
  await hold("d", 11);
  await figures.refresh(0);
  assert.deepEqual(shown(figures.tracked), { c: 9, d: 11 });
  await store.close();
});

Deno.test("An empty queue keeps its place until another needs it", async () => {
  const { store, hold } = await fixture();
  await hold("a", 1);
  const figures = new QueueStats(store, 1);
  await figures.refresh();
  await hold("a", 0);
  await figures.refresh(0);
  assert.deepEqual(shown(figures.tracked), { a: 0 });
  assert.equal(figures.tracked[0].pushed, 1);
  await hold("b", 1);
  await figures.refresh(0);
  assert.deepEqual(shown(figures.tracked), { b: 1 });
  await figures.refresh(0);
  assert.equal(figures.others.queues, 0);
  await store.close();
});

Deno.test("What is counted of all others never becomes less, whoever gets and gives up a place", async () => {
  const { store, hold } = await fixture();
  const figures = new QueueStats(store, 1);
  let before = figures.others;
  for (const [queue, events] of [["a", 1], ["b", 3], ["a", 9], ["c", 12], ["c", 2], ["a", 0], ["b", 80]] as const) {
    await hold(queue, events);
    await figures.refresh(0);
    const { others } = figures;
    for (const name of COUNTERS) assert.ok(others[name] >= before[name], `${name} after ${queue} had ${events}`);
    before = others;
  }
  assert.ok(before.pushed > 0);
  await store.close();
});

Deno.test("Looks at the same time, and soon after, are one", async () => {
  const { store, asked, hold } = await fixture();
  await hold("a", 1);
  const figures = new QueueStats(store, 1);
  await Promise.all([figures.refresh(), figures.refresh()]);
  await figures.refresh();
  assert.deepEqual(asked, ["a"]);
  await store.close();
});

Deno.test("Queues that are new are all asked for, and of very many others some at each look, in turn", async () => {
  const { store, asked, hold } = await fixture();
  await Promise.all(Array.from({ length: 600 }, (_, i) => hold(`q${i}`, 1)));
  const figures = new QueueStats(store, 0);
  await figures.refresh(0);
  assert.deepEqual([asked.length, new Set(asked).size], [600, 600]);
  assert.equal(figures.others.queues, 600);
  for (const looks of [1, 2]) {
    await figures.refresh(0);
    assert.deepEqual([asked.length, new Set(asked.slice(600)).size], [600 + 250 * looks, 250 * looks]);
  }
  await store.close();
});

Deno.test("All queues are those that are active, with their figures, and their history is kept", async () => {
  const { store, hold } = await fixture();
  const figures = new QueueStats(store, 1);
  for (const queue of ["a", "b", "c"]) await hold(queue, 1);
  await figures.refresh(0);
  assert.deepEqual(shown(figures.all), { a: 1, b: 1, c: 1 });
  await hold("a", 0);
  await hold("b", 0);
  await figures.refresh(0);
  assert.deepEqual(shown(figures.all), { c: 1 });
  assert.deepEqual(figures.history.of(bytes("a")).map(({ ready }) => ready), [1]);
  await store.close();
});
