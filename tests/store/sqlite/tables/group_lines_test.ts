import { keyOf } from "../../../../store/bytes.ts";
import { QueueCounters } from "../../../../store/counters.ts";
import { emptyReport } from "../../../../store/consistency.ts";
import { deadQueueOf } from "../../../../store/policy.ts";
import { MEMORY, openDatabase } from "../../../../store/sqlite/database/database.ts";
import { GroupCommit } from "../../../../store/sqlite/database/group_commit.ts";
import { FIRST_POSITION } from "../../../../store/sqlite/database/layout.ts";
import { EventOperations } from "../../../../store/sqlite/operations/events.ts";
import { openSqliteStore } from "../../../../store/sqlite/sqlite_store.ts";
import { Tables } from "../../../../store/sqlite/tables/tables.ts";
import { assert } from "../../../deps.ts";
import { sql, testWithFile } from "../../../support/sqlite_file.ts";
import {
  assertStates,
  bytes,
  claimIds,
  consume,
  countsOf,
  fail,
  newQueue,
  pushGroup,
  pushWith,
  reclaimUntilBlocked,
  reclaimUntilReady,
  sleep,
} from "../../contract/suite.ts";

const JOBS = bytes("jobs");

testWithFile("SqliteStore keeps lines, places, and what takes none", async (path) => {
  const before = await openSqliteStore(path);
  const group = bytes("a");
  await before.setPolicy(JOBS, { groupLimit: 2 });
  await pushGroup(before, JOBS, "a", "a1", "a2", "a3", "a4", "dead");
  await pushWith(before, JOBS, "a0", { group, meta: bytes("meta") }, "right");
  await pushWith(before, JOBS, "late", { group, delayMs: 1 });
  await fail(before, JOBS, "a1", { delayMs: 600_000 });
  await before.bury(JOBS, bytes("dead"));
  await before.close();

  const after = await openSqliteStore(path);
  await assertStates(after, JOBS, "1/0/2/3");
  assert.deepEqual(await claimIds(after, JOBS), ["a2"]);
  await reclaimUntilBlocked(after, JOBS, 4); // late has joined
  await pushGroup(after, JOBS, "a", "a5");
  await after.ack(JOBS, bytes("a1"));
  await after.ack(JOBS, bytes("a2"));
  assert.deepEqual(await consume(after, JOBS), ["a0", "a3", "a4", "late", "a5"]);
  const dead = deadQueueOf(JOBS);
  await pushGroup(after, dead, "a", "1");
  await assertStates(after, dead, "2/0/0/0");
  assert.deepEqual((await after.check()).orphans, emptyReport().orphans);
  await after.close();
});

testWithFile("reclaim gives free places also if groupLimit was raised before a restart", async (path) => {
  const before = await openSqliteStore(path);
  await pushGroup(before, JOBS, "a", "a1", "a2", "a3");
  await before.setPolicy(JOBS, { groupLimit: 2 });
  await before.close();
  const after = await openSqliteStore(path);
  await reclaimUntilReady(after, JOBS, 2);
  assert.deepEqual(await claimIds(after, JOBS), ["a1", "a2"]);
  await after.close();
});

Deno.test("a transaction that is rolled back frees no place and takes none", async () => {
  const db = openDatabase(MEMORY);
  const tables = new Tables(db, new QueueCounters(), () => {});
  const events = new EventOperations(tables);
  const commit = new GroupCommit(db, tables, () => {});
  const options = { group: bytes("a") };
  const push = (id: string) => events.push(JOBS, bytes(id), bytes(""), "left", options);
  for (const id of ["1", "2", "3"]) await commit.run(() => push(id));
  const counts = () =>
    commit.run(() => {
      const queue = tables.queues.find(JOBS)!;
      const { ready, blocked } = queue;
      const group = tables.groups.of(queue.id, options.group);
      return {
        ready,
        blocked,
        group: { ready: group.ready, out: group.out, line: [group.line.size, group.line.first] },
      };
    });
  const before = await counts();
  const line = [2, FIRST_POSITION - 2];
  assert.deepEqual(before, { ready: 1, blocked: 2, group: { ready: 1, out: 0, line } });
  const changes: (() => unknown)[] = [
    () => push("4"),
    () => events.ack(JOBS, bytes("1")),
    () => events.ack(JOBS, bytes("2")),
    () => events.pop(JOBS, 60_000),
    () => events.pop(JOBS, 0),
    () => events.flush(JOBS),
    () => {
      tables.setPolicy(JOBS, { groupLimit: 2 });
      tables.events.lines.fillPlaces(tables.queues.find(JOBS)!, 10);
    },
  ];
  for (const change of changes) {
    await assert.rejects(
      commit.run(() => {
        change();
        throw new Error("undone");
      }),
      { message: "undone" },
    );
    assert.deepEqual(await counts(), before);
  }
  const next = () => commit.run(() => keyOf((events.pop(JOBS, 0) as { id: Uint8Array }).id));
  assert.deepEqual([await next(), await next(), await next()], ["1", "2", "3"]);
  commit.close();
  db.close();
});

Deno.test("an acknowledgement goes past 250 expired events of a group at most", async () => {
  const store = await openSqliteStore(":memory:");
  const queue = newQueue();
  await pushGroup(store, queue, "a", "a1");
  const ids = Array.from({ length: 1000 }, (_, i) => bytes(`x${i}`));
  await Promise.all(ids.map((id) => store.push(queue, id, id, "left", { group: bytes("a"), ttlMs: 5 })));
  await pushGroup(store, queue, "a", "a2");
  await sleep(10);
  await store.ack(queue, bytes("a1"));
  const { orphans, events } = await store.check();
  assert.deepEqual([orphans, events], [emptyReport().orphans, 751]);
  assert.deepEqual(await consume(store, queue), ["a2"]);
  await store.close();
});

Deno.test("ackAll leaves large contents beyond 2 MiB to reclaim", async () => {
  const store = await openSqliteStore(":memory:", { maxClaimBytes: 1 });
  const ids = Array.from({ length: 9 }, (_, i) => bytes(`${i}`));
  for (const id of ids) await store.push(JOBS, id, new Uint8Array(1024 * 1024), "left", { group: id });
  await pushGroup(store, JOBS, "8", "next");
  const claimed = [];
  for (const _ of ids) claimed.push(...await store.claim(JOBS, 1, 600_000));
  assert.equal(await store.ackAll(JOBS, claimed), 9);
  assert.equal(await countsOf(store, JOBS), "1/0/0");
  assert.ok((await store.check()).flushed >= 7);
  assert.equal(await store.push(JOBS, ids[8], bytes(""), "left"), true);
  for (let calls = 0; (await store.check()).flushed > 0; calls++) {
    await store.reclaim();
    assert.ok(calls < 20, "each call deletes some");
  }
  assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
  assert.deepEqual((await consume(store, JOBS)).sort(), ["8", "next"]);
  await store.close();
});

testWithFile("SQLite in a file: check finds blocked events without a place before them", async (path) => {
  const store = await openSqliteStore(path);
  await pushGroup(store, JOBS, "a", "a1", "a2");
  await pushGroup(store, JOBS, "b", "b1", "b2");
  await store.close();
  sql(path, "UPDATE events SET group_key = x'63' WHERE id = CAST('a1' AS BLOB)");
  sql(path, "UPDATE events SET turn = NULL WHERE id = CAST('b2' AS BLOB)");
  const reader = await openSqliteStore(path, { readOnly: true });
  assert.deepEqual((await reader.check()).orphans, { ...emptyReport().orphans, unreachable: 2 });
  await reader.close();
});
