import { QueueCounters } from "../../../../store/counters.ts";
import { MEMORY, openDatabase } from "../../../../store/sqlite/database/database.ts";
import { GroupCommit } from "../../../../store/sqlite/database/group_commit.ts";
import { EventOperations } from "../../../../store/sqlite/operations/events.ts";
import { openSqliteStore } from "../../../../store/sqlite/sqlite_store.ts";
import { Tables } from "../../../../store/sqlite/tables/tables.ts";
import { assert } from "../../../deps.ts";
import { eventually } from "../../../support/eventually.ts";
import { testWithFile } from "../../../support/sqlite_file.ts";
import { bytes, claimIds, push } from "../../contract/suite.ts";

const JOBS = bytes("jobs");

Deno.test("a transaction that is rolled back takes nothing from the bucket of a queue, and does not empty it", async () => {
  const db = openDatabase(MEMORY);
  const tables = new Tables(db, new QueueCounters(), () => {});
  const events = new EventOperations(tables);
  const commit = new GroupCommit(db, tables, () => {});
  await commit.run(() => tables.setPolicy(JOBS, { rate: 0.9 }));
  for (const id of ["1", "2"]) await commit.run(() => events.push(JOBS, bytes(id), bytes(""), "left"));
  const room = () => commit.run(() => tables.limits.room("jobs", 0));
  await eventually(async () => await room() === 1);
  for (const change of [() => events.pop(JOBS, 0), () => tables.setPolicy(JOBS, { rate: 0.8 })]) {
    await assert.rejects(
      commit.run(() => {
        change();
        throw new Error("undone");
      }),
      { message: "undone" },
    );
    assert.equal(await room(), 1);
  }
  assert.notEqual(await commit.run(() => events.pop(JOBS, 0)), null);
  assert.equal(await commit.run(() => events.pop(JOBS, 0)), null);
  commit.close();
  db.close();
});

testWithFile("the bucket of a queue is empty when its file is opened", async (path) => {
  const before = await openSqliteStore(path);
  await before.setPolicy(JOBS, { rate: 0.9, maxProcessing: 7 });
  await push(before, JOBS, "1", "2");
  await eventually(async () => await before.ready(JOBS) === 1);
  await before.close();
  const after = await openSqliteStore(path);
  assert.deepEqual(await claimIds(after, JOBS), []);
  const { rate, maxProcessing } = await after.policy(JOBS);
  assert.deepEqual([rate, maxProcessing], [0.9, 7]);
  await eventually(async () => (await claimIds(after, JOBS)).length > 0);
  await after.close();
});
