/** Which operations share a transaction, and what becomes of them when one fails, or all. */
import { QueueCounters } from "../../../../store/counters.ts";
import { EventOperations } from "../../../../store/sqlite/operations/events.ts";
import { GroupCommit } from "../../../../store/sqlite/database/group_commit.ts";
import { MEMORY, openDatabase } from "../../../../store/sqlite/database/database.ts";
import { Policies } from "../../../../store/sqlite/operations/policies.ts";
import { QueueTable } from "../../../../store/sqlite/tables/queue_table.ts";
import { EventTable } from "../../../../store/sqlite/tables/event_table.ts";
import { QueueFull, StoreUnavailable } from "../../../../store/store.ts";
import { assert } from "../../../deps.ts";
import { bytes } from "../../contract/suite.ts";

const JOBS = bytes("jobs");

/** A store laid open. `commits` counts transactions, `told` the events that listeners were told of. */
function inPieces() {
  const db = openDatabase(MEMORY);
  const seen = { commits: 0, told: 0, reports: [] as string[] };
  const policies = new Policies(db);
  const counts = new QueueCounters();
  const queues = new QueueTable(db, policies, counts, (_key, events) => seen.told += events);
  const committed = queues.committed.bind(queues);
  queues.committed = () => {
    seen.commits++;
    committed();
  };
  const rows = new EventTable(db, queues, policies);
  const events = new EventOperations(db, rows);
  const commit = new GroupCommit(db, rows, (level) => seen.reports.push(level));
  const push = (id: string, size = 10) =>
    commit.run(() => events.push(JOBS, bytes(id), new Uint8Array(size).fill(1), "left"));
  const total = () => commit.run(() => queues.find(JOBS)?.ready ?? 0);
  return { db, seen, counts, policies, events, commit, push, total };
}

Deno.test("GroupCommit commits what 50 tasks of one turn do, each in microtasks of its own, in one transaction", async () => {
  const { db, seen, push } = inPieces();
  let start = () => {};
  const read = new Promise<void>((resolve) => start = resolve);
  const connections = [...Array(50)].map(async (_, i) => {
    await read;
    if (i % 2 === 0) await null;
    await push(`${i}`);
  });
  await new Promise((resolve) => setTimeout(resolve));
  start();
  await Promise.all(connections);
  assert.deepEqual(seen, { commits: 1, told: 50, reports: [] });
  db.close();
});

Deno.test("GroupCommit resolves all promises of a transaction in one drain of microtasks, after the commit", async () => {
  const { db, seen, push } = inPieces();
  const order: string[] = [];
  setTimeout(() => order.push("next turn"));
  await Promise.all([...Array(100)].map((_, i) => push(`${i}`).then(() => order.push(`${seen.commits}`))));
  assert.deepEqual(order, [...Array(100)].map(() => "1"));
  await new Promise((resolve) => setTimeout(resolve));
  db.close();
});

Deno.test("GroupCommit lets an operation that fails fail alone, and as it is", async () => {
  const { db, seen, commit, events, push, total } = inPieces();
  await push("before");
  const mistake = new TypeError("A mistake");
  const results = await Promise.allSettled([
    push("1"),
    commit.run(() => {
      events.push(JOBS, bytes("undone"), bytes(""), "left");
      throw mistake;
    }),
    push("2"),
    push("1"),
    // STRICT refuses it: an error of SQLite's that is a mistake all the same.
    commit.run(() => db.exec("INSERT INTO queues VALUES (1000, 'text', 'x', 0, 0, 0)")),
    push("3"),
  ]);
  assert.deepEqual(results.map((result) => result.status === "fulfilled" ? result.value : "failed"), [
    true,
    "failed",
    true,
    false,
    "failed",
    true,
  ]);
  assert.equal((results[1] as PromiseRejectedResult).reason, mistake);
  assert.ok(!((results[4] as PromiseRejectedResult).reason instanceof StoreUnavailable));
  assert.equal(await total(), 4);
  assert.equal(seen.told, 4);
  assert.equal(await commit.run(() => events.pop(JOBS, 0)).then((event) => event?.contents.length), 10);
  assert.equal(await push("undone"), true);
  assert.equal(await total(), 4);
  db.close();
});

Deno.test("GroupCommit undoes what a transaction that fails did to policies, pauses and counts", async () => {
  const { db, counts, policies, commit, push } = inPieces();
  const [kept, gone] = [bytes("kept"), bytes("gone")];
  const change = (name: Uint8Array, maxLength: number) => {
    policies.change(name, { maxLength });
    policies.pause(name, Date.now() + 60_000);
  };
  await Promise.allSettled([
    commit.run(() => change(kept, 1)),
    commit.run(() => {
      change(kept, 2);
      change(gone, 3);
      policies.resume(kept);
      throw new TypeError("A mistake");
    }),
    push("1"),
  ]);
  const seen = await commit.run(() =>
    ["kept", "gone"].map((key) => [policies.of(key).maxLength, policies.isPaused(key)])
  );
  assert.deepEqual(seen, [[1, true], [0, false]]);
  assert.deepEqual(policies.names().map(String), [String(kept)]);
  assert.equal(counts.of(JOBS).pushed, 1);
  db.close();
});

Deno.test("GroupCommit refuses what an operation returns as an error, and keeps what the others did", async () => {
  const { db, seen, commit, push, total } = inPieces();
  const results = await Promise.allSettled([push("1"), commit.run(() => new QueueFull()), push("2")]);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.ok((results[1] as PromiseRejectedResult).reason instanceof QueueFull);
  assert.deepEqual([seen.commits, await total()], [1, 2]);
  db.close();
});

Deno.test("GroupCommit rejects a transaction that finds no room, undoes all of it, and works when there is room", async () => {
  const { db, seen, commit, events, push, total } = inPieces();
  await push("before");
  const pages = Number(Object.values(db.prepare("PRAGMA page_count").get()!)[0]);
  db.exec(`PRAGMA max_page_count = ${pages + 2}`);
  for (let round = 0; round < 2; round++) {
    const results = await Promise.allSettled([push("1"), push("2", 1_000_000), push("3")]);
    for (const result of results) {
      assert.equal(result.status, "rejected");
      assert.ok(result.reason instanceof StoreUnavailable);
      assert.equal(result.reason.outcomeUnknown, false);
      assert.match(result.reason.message, /full/);
    }
    assert.equal(await total(), 1);
  }
  assert.deepEqual(seen.reports, ["warn"]);
  assert.equal(seen.told, 1);
  assert.equal(await commit.run(() => events.ack(JOBS, bytes("before"))), 1);
  assert.deepEqual(seen.reports, ["warn", "info"]);
  db.exec("PRAGMA max_page_count = 1000000");
  assert.deepEqual(await Promise.all([push("1"), push("2", 1_000_000), push("3")]), [true, true, true]);
  assert.equal(await total(), 3);
  db.close();
});
