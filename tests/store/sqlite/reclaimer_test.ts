import { emptyReport } from "../../../store/consistency.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import type { Store } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { bytes, drain, lease, push, pushWith, shown, sleep } from "../contract/suite.ts";

const JOBS = bytes("jobs");
const NOTHING = { ready: 0, lateMs: 0 };

Deno.test("reclaim returns the number of events that became ready", async () => {
  const store = await openSqliteStore(":memory:");
  assert.deepEqual(await store.reclaim(), NOTHING);
  await push(store, JOBS, "1", "2", "3");
  await lease(store, JOBS, 2, 1);
  await sleep(5);
  const results = await Promise.all([store.reclaim(), store.reclaim()]);
  assert.deepEqual(results.map(({ ready }) => ready), [2, 0]);
  assert.deepEqual(await store.reclaim(), NOTHING);
  await store.close();
});

Deno.test("reclaim of 20,000 leases lets other operations run in between, and the earliest is next for them", async () => {
  const store = await openSqliteStore(":memory:");
  const ids = [...Array(20_000)].map((_, i) => `${i}`);
  await Promise.all(ids.map((id) => store.push(JOBS, bytes(id), bytes(""), "left")));
  await Promise.all(ids.map(() => store.pop(JOBS, 1)));
  await sleep(5);
  let reclaiming = true;
  let timers = 0;
  const popped: string[] = [];
  const popping = (async () => {
    for (; reclaiming; timers++) {
      await sleep(0);
      const event = await store.pop(JOBS, 0);
      if (event !== null) popped.push(shown(event));
    }
  })();
  const [first, second] = await Promise.all([store.reclaim(), store.reclaim()]);
  reclaiming = false;
  await popping;
  assert.equal(first.ready + second.ready, ids.length);
  assert.ok(timers >= 5, `${timers} timers ran`);
  assert.deepEqual(popped, ids.slice(0, popped.length).map((id) => `${id}=`));
  assert.deepEqual(await drain(store, JOBS), ids.slice(popped.length));
  await store.close();
});

Deno.test("close ends a reclaim between two steps", async () => {
  const store = await openSqliteStore(":memory:");
  const ids = [...Array(10_000)].map((_, i) => bytes(`${i}`));
  await Promise.all(ids.map((id) => store.push(JOBS, id, id, "left")));
  await Promise.all(ids.map(() => store.pop(JOBS, 1)));
  await sleep(5);
  const reclaiming = store.reclaim();
  await store.close();
  assert.ok((await reclaiming).ready < ids.length);
});

Deno.test("reclaim says how late it was for what was due first", async () => {
  const store = await openSqliteStore(":memory:");
  await push(store, JOBS, "1", "2");
  await pushWith(store, bytes("other"), "1", { ttlMs: 600_000 });
  const since = performance.now();
  await lease(store, JOBS, 1, 1);
  await sleep(30);
  await lease(store, JOBS, 1, 1);
  await sleep(5);
  const { ready, lateMs } = await store.reclaim();
  assert.equal(ready, 2);
  assert.ok(lateMs >= 30 && lateMs <= performance.now() - since, `${lateMs} ms`);
  await lease(store, JOBS, 1, 1);
  await store.ack(JOBS, bytes("1"));
  await sleep(5);
  assert.deepEqual(await store.reclaim(), NOTHING);
  await store.close();
});

/** What 20,000 events of one queue and one of another wait for; whatever is due in the other is due last. */
const DUE: Record<string, (store: Store, queue: Uint8Array, ids: string[]) => Promise<unknown>> = {
  leases: async (store, queue, ids) => {
    await push(store, queue, ...ids);
    await Promise.all(ids.map(() => store.pop(queue, 1)));
  },
  delays: (store, queue, ids) => Promise.all(ids.map((id) => pushWith(store, queue, id, { delayMs: 1 }))),
  "times to live": async (store, queue, ids) => {
    await pushWith(store, queue, "kept", {}, "right");
    await Promise.all(ids.map((id) => pushWith(store, queue, id, { ttlMs: 1 })));
  },
};

for (const [name, make] of Object.entries(DUE)) {
  Deno.test(`reclaim of 20,000 ${name} in one queue does not hold up those of another`, async () => {
    const store = await openSqliteStore(":memory:");
    const other = bytes("other");
    await make(store, JOBS, [...Array(20_000)].map((_, i) => `${i}`));
    await sleep(5);
    await make(store, other, ["1"]);
    await sleep(5);
    const remaining = async (queue: Uint8Array) => {
      const { total, processing, delayed } = await store.status(queue);
      return name === "times to live" ? total - 1 : processing + delayed;
    };
    const reclaiming = store.reclaim();
    let left: number[];
    do {
      left = await Promise.all([remaining(JOBS), remaining(other)]);
      await sleep(0);
    } while (left[1] > 0);
    assert.ok(left[0] > 10_000, `${left[0]} were left when the other queue had its turn`);
    await reclaiming;
    assert.deepEqual(await Promise.all([remaining(JOBS), remaining(other)]), [0, 0]);
    await store.close();
  });
}

Deno.test("reclaim ends what is due in 3,000 queues in one call", async () => {
  let transactions = 0;
  const store = await openSqliteStore(":memory:", { observe: () => transactions++ });
  const queues = [...Array(3000)].map((_, i) => bytes(`${i}`));
  await Promise.all(queues.map((queue, i) => pushWith(store, queue, "1", i % 2 > 0 ? { delayMs: 1 } : { ttlMs: 1 })));
  await Promise.all(queues.map((queue) => store.pause(queue, 1)));
  await sleep(5);
  transactions = 0;
  assert.equal((await store.reclaim()).ready, 1500);
  assert.ok(transactions >= 12, `${transactions} transactions`); // as many queues share one as take some milliseconds
  const statuses = await Promise.all(queues.map((queue) => store.status(queue)));
  assert.deepEqual(statuses.map(({ total, paused }) => total > 0 || paused ? 1 : 0), statuses.map((_, i) => i % 2));
  assert.ok(statuses.every(({ paused }) => !paused));
  await store.close();
});

Deno.test("Operations remove thousands of expired events in steps, between which the event loop turns", async () => {
  const other = bytes("other");
  const operations: Record<string, (store: Store) => Promise<unknown>> = {
    peek: async (store) => shown(await store.peek(JOBS, "right")),
    pop: async (store) => shown(await store.pop(JOBS, 0)),
    claim: async (store) => shown((await store.claim(JOBS, 10, 0))[0]),
    status: async (store) => `${(await store.status(JOBS)).total}=c-kept`,
    move: async (store) => `${(await store.move(JOBS, other, 250, 0)).moved}=c-kept`,
  };
  for (const [name, run] of Object.entries(operations)) {
    let turns = 0;
    const store = await openSqliteStore(":memory:");
    await push(store, JOBS, "kept");
    await Promise.all([...Array(2000)].map((_, i) => pushWith(store, JOBS, `${i}`, { ttlMs: 1 }, "right")));
    await sleep(5);
    let done = false;
    const turning = (async () => {
      for (; !done; turns++) await sleep(0);
    })();
    assert.match(`${await run(store)}`, /^(kept|1)=c-kept$/, name);
    done = true;
    await turning;
    assert.ok(turns >= 4, `${name}: ${turns} turns`);
    assert.equal((await store.status(JOBS)).expired, 2000);
    await store.close();
  }
});

Deno.test("reclaim gives delayed events and events whose leases end in the same call positions of their own", async () => {
  const store = await openSqliteStore(":memory:");
  await push(store, JOBS, "a", "b");
  // In one turn, so that the delays end before the leases.
  await Promise.all([
    ...["c", "d", "e"].map((id) => pushWith(store, JOBS, id, { delayMs: 1 }, "right")),
    store.pop(JOBS, 2),
    store.pop(JOBS, 2),
  ]);
  await sleep(10);
  assert.equal((await store.reclaim()).ready, 5);
  assert.equal(shown(await store.pop(JOBS, 0)), "a=c-a");
  assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
  assert.deepEqual(await drain(store, JOBS), ["b", "e", "d", "c"]);
  await store.close();
});
