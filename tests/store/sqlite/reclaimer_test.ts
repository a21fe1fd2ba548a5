import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../deps.ts";
import { bytes, drain, lease, push, shown, sleep } from "../contract/suite.ts";

const JOBS = bytes("jobs");

Deno.test("reclaim returns the number of events that became ready", async () => {
  const store = await openSqliteStore(":memory:");
  assert.equal(await store.reclaim(), 0);
  await push(store, JOBS, "1", "2", "3");
  await lease(store, JOBS, 2, 1);
  await sleep(5);
  assert.deepEqual(await Promise.all([store.reclaim(), store.reclaim()]), [2, 0]);
  assert.equal(await store.reclaim(), 0);
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
  assert.equal(first + second, ids.length);
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
  assert.ok(await reclaiming < ids.length);
});
