import { openSqliteStore } from "../../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../../deps.ts";
import { bytes, countsOf, getEvent, lease, push, pushWith } from "../../contract/suite.ts";

const JOBS = bytes("jobs");
const HOUR_MS = 3_600_000;

Deno.test("SqliteStore ends leases, delays and registrations at their time, however the host's clock is set", async () => {
  const realNow = Date.now;
  const store = await openSqliteStore(":memory:");
  try {
    await push(store, JOBS, "leased");
    await lease(store, JOBS, 1, 60_000);
    await pushWith(store, JOBS, "delayed", { delayMs: 60_000, ttlMs: 120_000 });
    await store.register(JOBS, 1);
    for (const jump of [HOUR_MS, -HOUR_MS]) {
      Date.now = () => realNow() + jump;
      assert.equal((await store.reclaim()).ready, 0);
      assert.equal(await countsOf(store, JOBS), "2/1/1");
      for (const id of ["leased", "delayed"]) {
        const { dueMs } = await getEvent(store, JOBS, id);
        assert.ok(dueMs > 0 && dueMs <= 60_000, `${dueMs} ms are left`);
      }
    }
  } finally {
    Date.now = realNow;
    await store.close();
  }
});
